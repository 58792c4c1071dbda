"""An engine that was chosen does its work once, before it is written down."""

import asyncio
from contextlib import aclosing

from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.first_run.choices import Engine
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.ports import LanguageModel, SpeechSynthesizer
from open_llm_vtuber.show.speech import wav
from open_llm_vtuber.stimulus import PromptMessage, TextOptions
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.units import Seconds

LIMIT: Seconds = 40.0
"""A little longer than engines wait on their own: their sentence says more than ours."""
QUESTION = "Say hello to your viewers in one short sentence."
LONGEST_ANSWER = 200
ENOUGH = 80
"""Characters after which it is hung up on."""


async def answer(
    engine: Engine, key: str, persona: str, table: EngineTable[LanguageModel] = LLM_ENGINES
) -> str:
    """Return how a language model's answer begins, as one line. Raises EngineError or ConfigError."""
    options = {
        **_with(engine, key),
        "max_retries": 0,
        "key_setting": "the key",
        "address_setting": "the address",
    }
    prompt = [PromptMessage(role="system", content=persona), PromptMessage(role="user", content=QUESTION)]
    said = ""
    try:
        async with (
            asyncio.timeout(LIMIT),
            table.build(engine.name, options) as llm,
            aclosing(llm.stream(prompt, TextOptions())) as pieces,
        ):
            async for piece in pieces:
                said += piece if isinstance(piece, str) else ""
                if len(said) > ENOUGH:
                    break
    except TimeoutError:
        raise _too_slow(engine) from None
    if not said.strip():
        raise EngineError("It answered without a single word.", engine=engine.name, retryable=True)
    return bounded(one_line(said), LONGEST_ANSWER)


async def sample(
    engine: Engine, key: str, text: str, table: EngineTable[SpeechSynthesizer] = TTS_ENGINES
) -> bytes:
    """Return a WAV in which a voice says the text. Raises EngineError or ConfigError."""
    try:
        async with asyncio.timeout(LIMIT), table.build(engine.name, _with(engine, key)) as voice:
            async with aclosing(voice.synthesize(text)) as chunks:
                pcm = b"".join([chunk async for chunk in chunks])
            rate = voice.sample_rate
    except TimeoutError:
        raise _too_slow(engine) from None
    if not pcm:
        raise EngineError("It spoke without any sound.", engine=engine.name, retryable=True)
    return wav(pcm, rate)


def _with(engine: Engine, key: str) -> dict[str, object]:
    return {**engine.options, **({engine.key_option: key} if engine.key_option else {})}


def _too_slow(engine: Engine) -> EngineError:
    return EngineError(
        f"Nothing came within {LIMIT:.0f} seconds: try again, or choose another.",
        engine=engine.name,
        retryable=True,
    )
