"""Starts what listens: the ear with those that stand in for it, and what finds speech in a microphone's sound."""

from collections.abc import Callable
from contextlib import AsyncExitStack

from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.asr.fallback_ear import FallbackEar
from open_llm_vtuber.config import Character
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.ports import SpeechRecognizer, VoiceActivityDetector
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.vad import VAD_ENGINES

EAR = "embedded_asr"
NONE = "none"
Report = Callable[[str], None]


async def ear_of(
    stack: AsyncExitStack, character: Character, providers: dict[str, EngineStatus], report: Report
) -> SpeechRecognizer | None:
    """Start the ear and those that stand in for it; `providers` always says which one listens.

    Without one the show goes on: who talks to her is told.
    """
    asr = character.asr_config
    providers["asr"] = EngineStatus(engine=NONE)
    if asr.asr_model == NONE:
        return None
    pool = await stack.enter_async_context(EnginePool(ASR_ENGINES, (EAR, EAR)))
    try:
        first = await pool.take(asr.asr_model, asr.options(asr.asr_model))
    except (EngineError, ConfigError) as error:
        if asr.asr_model in ASR_ENGINES and asr.asr_model != EAR:
            raise
        providers["asr"] = EngineStatus(engine=NONE, note=f"She cannot hear: {error}")
        report(providers["asr"].note)
        return None
    status = providers["asr"] = first.status
    if status.note:
        report(status.note)
    ears = {status.engine: first.engine}
    for spare in (EAR,) if asr.fallback is None else asr.fallback:
        try:
            if spare not in ears:
                ears[spare] = (await pool.take_as_named(spare, asr.options(spare))).engine
        except EngineError as error:
            report(f"{spare} cannot stand in for {status.engine}: {error}")

    def on_change(engine: str, note: str) -> None:
        providers["asr"] = EngineStatus(engine=engine, note=f"{status.note} {note}".strip())

    return FallbackEar(ears, on_change)


async def detector_of(
    stack: AsyncExitStack, character: Character, report: Report
) -> VoiceActivityDetector | None:
    """Start what finds speech in a microphone's sound."""
    vad = character.vad_config
    if vad.vad_model == NONE:
        return None
    pool = await stack.enter_async_context(EnginePool(VAD_ENGINES, ("silero_vad", "energy_vad")))
    lease = await pool.take(vad.vad_model, vad.options())
    if lease.status.note:
        report(lease.status.note)
    return lease.engine
