"""What she wants to say and cannot yet: at most one thing of each trigger. Pure: time is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from open_llm_vtuber.autonomous.content_generator import Content
from open_llm_vtuber.autonomous.triggers import TriggerConfig
from open_llm_vtuber.units import Seconds

OPERATOR, PLAN, EVENT, CLOCK, CHAT, IDLE = 5, 4, 3, 2, 1, 0
"""Which of several wants comes first."""
RANKS: Mapping[str, int] = {"event": EVENT, "cron": CLOCK, "date": CLOCK, "chat": CHAT}
"""Kind of trigger → rank; the others are idle talk."""
FRESH: Seconds = 5.0
"""Also what does not wait may be said this much later: the moment between two turns is no refusal."""


@dataclass(slots=True, kw_only=True)
class Want:
    """Something to say."""

    name: str
    """The trigger that wants it."""
    rank: int
    since: Seconds
    late_s: Seconds = FRESH
    """How much later it may still be said."""
    prompt: str | None = None
    """What a line is wanted about, …"""
    lines: tuple[str, ...] = ()
    """… or the lines to choose from."""
    facts: Mapping[str, str] = field(default_factory=dict)
    is_forced: bool = False
    """Somebody has asked for it: no condition keeps it back."""
    client: str | None = None
    """The client that asked."""
    content: Content | None = None
    """Its words, once they are written: a want that was cut short does not pay for them twice."""


class Wants:
    """The wants by name. A newer one of the same name takes the place of the older."""

    def __init__(self) -> None:
        self._wants: dict[str, Want] = {}

    def __len__(self) -> int:
        return len(self._wants)

    def __contains__(self, name: object) -> bool:
        return name in self._wants

    def __iter__(self) -> Iterator[Want]:
        return iter(list(self._wants.values()))

    def put(self, want: Want) -> None:
        """Note a want."""
        self._wants[want.name] = want

    def drop(self, name: str) -> None:
        """Forget what is wanted under that name."""
        self._wants.pop(name, None)

    def drop_late(self, now: Seconds) -> list[Want]:
        """Forget what comes too late, and return it."""
        late = [want for want in self._wants.values() if now - want.since > want.late_s]
        for want in late:
            del self._wants[want.name]
        return late

    def take(self) -> Want | None:
        """Return what is to be said first: the highest rank, of equals the oldest."""
        if not self._wants:
            return None
        first = min(self._wants.values(), key=lambda want: (-want.rank, want.since))
        return self._wants.pop(first.name)


def of_trigger(trigger: TriggerConfig, facts: Mapping[str, str], now: Seconds, *, is_forced: bool) -> Want:
    """Return what a trigger that speaks wants."""
    return Want(
        name=trigger.name,
        rank=OPERATOR if is_forced else RANKS.get(trigger.kind, IDLE),
        since=now,
        late_s=trigger.late_s if trigger.waits or is_forced else FRESH,
        prompt=trigger.action.prompt,
        lines=trigger.action.say,
        facts=facts,
        is_forced=is_forced,
    )
