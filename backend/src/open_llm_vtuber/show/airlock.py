"""The last gate before the air: the guard, a judge where there is one, and a delay in which an operator can say no."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from open_llm_vtuber import course
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import Judge
from open_llm_vtuber.protocol.live_server_messages import SentenceHeld
from open_llm_vtuber.settings.chat import ModerationSettings
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.units import Milliseconds, Seconds

log = logging.getLogger(__name__)

JUDGE_FAILED = "judge-failed"
DROPPED = "operator"


@dataclass(slots=True)
class _Held:
    turn_id: str
    text: str
    until: Seconds
    is_decided: asyncio.Event = field(default_factory=asyncio.Event)
    may_air: bool = True


class Airlock:
    """Lets a sentence on the air or not. What cannot be judged in time is not said."""

    def __init__(
        self,
        guard: Guard,
        publish: Callable[[SentenceHeld], None],
        moderation: ModerationSettings | None = None,
        judge: Judge | None = None,
    ) -> None:
        settings = moderation or ModerationSettings()
        self.guard = guard
        self.judge = judge
        self._set(settings)
        self._publish = publish
        self._held: dict[str, _Held] = {}

    def apply(self, settings: ModerationSettings) -> None:
        """Go by these rules from the next sentence on."""
        self.guard.apply(settings)
        self._set(settings)

    def _set(self, settings: ModerationSettings) -> None:
        self.delay_s = settings.air_delay_s
        self._limit_s = settings.judge.limit_s

    @property
    def held(self) -> tuple[str, ...]:
        """The ids of the sentences that are held."""
        return tuple(self._held)

    async def objection(self, text: str, before: str = "") -> str | None:
        """Return the rule that keeps a sentence off the air, or None."""
        if rule := self.guard.objection(text, before):
            return rule
        if self.judge is None:
            return None
        try:
            async with course.timeout(self._limit_s):
                return await self.judge.objection(text)
        except (EngineError, TimeoutError) as error:
            log.warning("nobody judged a sentence: %s", str(error) or "too late")
            return JUDGE_FAILED

    def hold(self, sentence_id: str, turn_id: str, text: str) -> None:
        """Hold a sentence that is ready from now on for as long as is set, and tell the operators."""
        if self.delay_s <= 0:
            return
        until = course.now() + self.delay_s
        self._held[sentence_id] = _Held(turn_id, text, until)
        air_in_ms = Milliseconds(round(self.delay_s * 1000))
        self._publish(SentenceHeld(id=sentence_id, turn_id=turn_id, text=text, air_in_ms=air_in_ms))

    async def release(self, sentence_id: str) -> str | None:
        """Wait until a sentence may go on air; return the rule that keeps it off the air after all."""
        held = self._held.get(sentence_id)
        if held is None:
            return None
        with suppress(TimeoutError):
            async with course.timeout_at(held.until):
                await held.is_decided.wait()
        self._held.pop(sentence_id, None)
        if not held.may_air:
            return DROPPED
        return self.guard.objection(held.text)  # the rules may be others by now

    def forget(self, turn_id: str) -> None:
        """Hold nothing of a turn any more: it is over."""
        self._held = {key: held for key, held in self._held.items() if held.turn_id != turn_id}

    def decide(self, sentence_id: str, *, allow: bool) -> bool:
        """Let a held sentence on the air now, or never; return whether it was held."""
        held = self._held.get(sentence_id)
        if held is None:
            return False
        held.may_air = allow
        held.is_decided.set()
        return True
