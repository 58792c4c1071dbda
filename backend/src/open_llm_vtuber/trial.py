"""Every engine is used once before anybody listens: one that starts may still have nobody behind it."""

import asyncio
from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import dataclass

from open_llm_vtuber.errors import EngineError, VTuberError
from open_llm_vtuber.ports import Adapter, SpeechRecognizer, SpeechSynthesizer
from open_llm_vtuber.reply import SpokenSentence
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.units import Seconds

LIMIT: Seconds = 35.0
"""A little longer than engines wait on their own: their sentence says more than ours."""
QUESTION = "Say hello."
WORD = "Hello."
RATTLE = b"\x00\x10\x00\xf0" * 4_000
"""Half a second of sound that an ear takes for more than silence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went with one engine."""

    job: str
    engine: str
    fault: str = ""
    """One sentence; "" when it works."""
    took: str = ""
    """What was waited for and how long, as in `first words in 0.4 s`."""
    is_spare: bool = False
    """Whether the show can do without it."""


async def brain(engine: str, adapter: Adapter) -> Outcome:
    """Let the character begin an answer; it is hung up on after its first words."""
    return await _outcome("llm", engine, "first words", _first_words(engine, adapter))


async def remote_brain(engine: str, adapter: Adapter, *, is_spare: bool) -> Outcome:
    """Do the same with the provider of the mode `external-api`; spare where no show begins in that mode."""
    return await _outcome(
        "external_api", engine, "first words", _first_words(engine, adapter), is_spare=is_spare
    )


async def voice(engine: str, synthesizer: SpeechSynthesizer, *, is_spare: bool = False) -> Outcome:
    """Let a voice say one word. A spare one stands in for another."""
    job = "tts, standing in" if is_spare else "tts"
    return await _outcome(job, engine, "spoke", _word(engine, synthesizer), is_spare=is_spare)


async def ear(engine: str, recognizer: SpeechRecognizer) -> Outcome:
    """Let the ear hear a rattle. What it makes of it does not matter."""
    return await _outcome("asr", engine, "listened", recognizer.transcribe(RATTLE))


async def output(program: str, asked: Awaitable[object]) -> Outcome:
    """See whether a program that is driven is there. The show can do without it."""
    return await _outcome("output", program, "answered", asked, is_spare=True)


async def _outcome(
    job: str, engine: str, what: str, use: Awaitable[object], *, is_spare: bool = False
) -> Outcome:
    clock = asyncio.get_running_loop()
    began = clock.time()
    try:
        async with asyncio.timeout(LIMIT):
            await use
    except VTuberError as error:
        return Outcome(job, engine, fault=str(error), is_spare=is_spare)
    except TimeoutError:
        fault = f"{engine} did not answer within {LIMIT:.0f} seconds."
        return Outcome(job, engine, fault=fault, is_spare=is_spare)
    return Outcome(job, engine, took=f"{what} in {clock.time() - began:.1f} s", is_spare=is_spare)


async def _first_words(engine: str, adapter: Adapter) -> None:
    question = Stimulus(text=QUESTION, source="typed", author="Check")
    async with aclosing(adapter.reply(question)) as pieces:
        async for piece in pieces:
            if isinstance(piece, SpokenSentence) or (isinstance(piece, str) and piece.strip()):
                return
    raise EngineError(f"{engine} answered without a single word.", engine=engine, retryable=True)


async def _word(engine: str, synthesizer: SpeechSynthesizer) -> None:
    async with aclosing(synthesizer.synthesize(WORD)) as chunks:
        if not b"".join([chunk async for chunk in chunks]):
            raise EngineError(f"{engine} spoke without any sound.", engine=engine, retryable=True)
