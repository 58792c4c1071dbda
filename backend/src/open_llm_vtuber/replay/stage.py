"""Builds the show of a log again, of parts that do nothing: what they answered comes from the log."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime
from typing import NoReturn

from open_llm_vtuber.adapters.base_adapter import BackendAdapter
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import (
    Adapter,
)
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.reasons import Reasons
from open_llm_vtuber.show.role import Role
from open_llm_vtuber.show_log.plan import Plan, RolePlan, RolePlans
from open_llm_vtuber.show_log.ports import TapedEngine
from open_llm_vtuber.show_log.recording import Parts, build
from open_llm_vtuber.show_log.tape import Tape
from open_llm_vtuber.show_log.taped_show import TapedShow
from open_llm_vtuber.stimulus import ChatRemoval, HistoryLine, Stimulus, TextContext, TextWishes
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.unasked import replayed
from open_llm_vtuber.units import Hertz


def stage(plan: Plan, tape: Tape, reasons: Reasons) -> TapedShow:
    """Build the show of a plan. Raises ConfigError."""

    def autonomy(tape: Tape) -> Autonomy | None:
        return None if plan.autonomous is None else replayed(plan.autonomous, tape.wall, tape.seed)

    nobody = _Nobody()
    parts = Parts(
        role=_role(plan.role),
        store=MemoryStore(),
        repertoire=nobody,
        channel=ChannelSettings(chat=plan.chat, sheets=CueSheets(plan.sheets), may_move=plan.may_move),
        sheets=plan.sheets,
        shared=plan.shared,
        co_host=plan.co_host,
        recognizer=nobody if plan.ears != "none" else None,
        detector=nobody if plan.ears == "all" else None,
        speak_up=plan.speak_up,
        standing=plan.standing,
        books=nobody if plan.has_books else None,
        autonomy=autonomy,
    )
    return build(tape, plan.show, parts, RolePlans(_role), reasons)


def _role(plan: RolePlan) -> Role:
    adapters: Mapping[Mode, Adapter] = {mode: _Silent() for mode in plan.modes}
    nobody = _Nobody(plan.sample_rate)
    return Role(
        billing=plan.billing,
        adapters=adapters,
        voice=nobody,
        providers=plan.providers,
        first_clause=plan.first_clause,
        spoken=plan.spoken or str,
        unavailable=plan.unavailable,
        judge=nobody if plan.is_judged else None,
        reread=lambda: nobody,
    )


class _Silent(BackendAdapter):
    """Gives no words; moves the show's own body."""

    model = ""

    def reply(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        del stimulus
        return _no_words()

    def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        del prompt, context, options
        return _no_words()

    def take_persona(self, persona: str, emotions: Collection[str]) -> None: ...

    def remember(self, stimulus: Stimulus, heard: str) -> None: ...

    def forget(self) -> None: ...

    def recall(self, lines: Sequence[HistoryLine]) -> None: ...

    def take_back(self, removal: ChatRemoval) -> None: ...


async def _no_words() -> AsyncGenerator[str, None]:
    for word in tuple[str, ...]():
        yield word


class _Nobody(TapedEngine):
    """Is never asked: the tape answers. It only has the shape of every other part."""

    def __init__(self, sample_rate: Hertz = Hertz(16_000)) -> None:  # noqa: B008  a number
        self.sample_rate = sample_rate

    def listen(self) -> "_Nobody":
        return self

    def stream_begins(self, at: datetime) -> None: ...

    def _never(self, *_: object, **__: object) -> NoReturn:
        raise AssertionError("a replay asks nobody")

    synthesize = transcribe = hear = objection = shown = configs = backgrounds = become = _never
