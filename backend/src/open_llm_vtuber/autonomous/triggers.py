"""The triggers: when she does something of her own accord, under which conditions, and what."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from open_llm_vtuber.autonomous.moments import CronLine, QuietHours, ZoneName
from open_llm_vtuber.autonomous.templates import Template
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.units import Milliseconds, Seconds

A_YEAR: Seconds = 366 * 24 * 3600.0
Span = Annotated[float, Field(gt=0, le=A_YEAR, allow_inf_nan=False)]
NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"


class _Written(BaseModel):
    """Something that an operator has written: an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _as_a_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Action(_Written):
    """What a trigger does: exactly one thing."""

    prompt: Template | None = None
    """She is asked for a line, which is checked for repetition before she says it."""
    say: Annotated[tuple[Template, ...], BeforeValidator(_as_a_list)] = ()
    """One of these lines, as it is written."""
    expression: Template | Annotated[int, Field(ge=0)] | None = None
    """Index or name of a face; `{mood}` is the face of her mood."""
    duration: Milliseconds = Field(Milliseconds(4_000), ge=0, le=3_600_000)
    """How long the face lasts."""
    motion: tuple[str, Annotated[int, Field(ge=0)]] | Literal["any"] | None = None
    """Group and index; `any` leaves the choice to her mood."""
    cue_sheet: str | None = Field(default=None, min_length=1)
    """The name of a configured list of actions."""

    @model_validator(mode="after")
    def _one_thing(self) -> "Action":
        named = [name for name in ("prompt", "say", "expression", "motion", "cue_sheet") if self.has(name)]
        if len(named) != 1:
            raise ValueError(
                "an action is one of prompt, say, expression, motion and cue_sheet"
                + (f", not {' and '.join(named)}" if named else "")
            )
        return self

    def has(self, name: str) -> bool:
        """Whether that is what it does."""
        return getattr(self, name) not in (None, ())

    @property
    def speaks(self) -> bool:
        """Whether she needs the floor for it."""
        return self.has("prompt") or self.has("say")


class _Trigger(_Written):
    """What all triggers have in common: their conditions."""

    is_patient: ClassVar[bool] = True
    """Whether it waits for her to finish instead of being left out, where the file does not say."""

    name: str = Field(default="", pattern=r"^$|" + NAME)
    """Made from the kind where it is missing."""
    action: Action
    enabled: bool = True
    mode: tuple[Mode, ...] = ()
    """The backend modes in which it may fire; none named means all."""
    live: bool | None = None
    """Only while the channel is known to be live, or only while it is known not to be."""
    cooldown_s: float = Field(default=0.0, ge=0, le=A_YEAR)
    """How long it rests after it has fired."""
    max_per_hour: int | None = Field(default=None, ge=1, le=3_600)
    """In any sixty minutes."""
    quiet_hours: tuple[QuietHours, ...] = ()
    timezone: ZoneName | None = None
    missed: Literal["drop", "merge"] | None = None
    """What becomes of a fire that cannot be now: it is left out, or all that were missed become one, later."""
    late_s: Span = 120.0
    """How much later a missed fire may still come."""

    @property
    def waits(self) -> bool:
        """Whether a fire that cannot be now comes later."""
        return self.is_patient if self.missed is None else self.missed == "merge"


class IntervalTrigger(_Trigger):
    """Every so often, each time earlier or later by up to `jitter_s`."""

    is_patient: ClassVar[bool] = True

    kind: Literal["interval"] = "interval"
    interval_s: Span
    jitter_s: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _stays_in_order(self) -> "IntervalTrigger":
        if self.jitter_s > self.interval_s / 2:
            raise ValueError("jitter_s may be at most half of interval_s")
        return self


class IdleTrigger(_Trigger):
    """After so much silence: of chat, of speech, or of both. A talkative mood shortens it."""

    is_patient: ClassVar[bool] = False

    kind: Literal["idle"] = "idle"
    after_s: Span
    silence_of: Literal["chat", "speech", "both"] = "both"


class CronTrigger(_Trigger):
    """At times of the wall clock, as a cron line names them."""

    kind: Literal["cron"] = "cron"
    cron: CronLine


class DateTrigger(_Trigger):
    """Once, at a date and time; without an offset it is in the time zone."""

    kind: Literal["date"] = "date"
    at: datetime


class EventTrigger(_Trigger):
    """When something happens on the channel; `viewers` when there are `min_amount` of them for the first time."""

    kind: Literal["event"] = "event"
    on: EventKind | Literal["viewers"]
    min_amount: int = Field(default=0, ge=0)
    title: str = ""
    """Only a redemption of this reward."""

    @model_validator(mode="after")
    def _a_milestone_has_a_number(self) -> "EventTrigger":
        if self.on == "viewers" and not self.min_amount:
            raise ValueError("on: viewers needs min_amount, the number of viewers to reach")
        return self


CRITERIA = (
    "rate_above_per_min",
    "rate_below_per_min",
    "keywords",
    "unanswered_s",
    "sentiment_above",
    "sentiment_below",
)


class ChatTrigger(_Trigger):
    """When chat becomes like that: exactly one criterion, and it fires once until the criterion ends."""

    is_patient: ClassVar[bool] = False

    kind: Literal["chat"] = "chat"
    rate_above_per_min: Annotated[float, Field(gt=0)] | None = None
    rate_below_per_min: Annotated[float, Field(gt=0)] | None = None
    keywords: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = ()
    times: int = Field(default=3, ge=1, le=1_000)
    """So many messages with one of the keywords …"""
    within_s: float = Field(default=30.0, gt=0, le=60)
    """… in so many seconds."""
    unanswered_s: Annotated[float, Field(gt=0, le=600)] | None = None
    """A question that got no answer for so long."""
    sentiment_above: Annotated[float, Field(ge=-1, lt=1)] | None = None
    """Mean of the last minute, -1 hostile to 1 delighted."""
    sentiment_below: Annotated[float, Field(gt=-1, le=1)] | None = None

    @model_validator(mode="after")
    def _one_criterion(self) -> "ChatTrigger":
        named = [name for name in CRITERIA if getattr(self, name) not in (None, ())]
        if len(named) != 1:
            raise ValueError(f"a chat trigger has exactly one of {', '.join(CRITERIA)}")
        return self

    @property
    def needs_a_clock(self) -> bool:
        """Whether its criterion can come to hold without a further message."""
        return self.rate_below_per_min is not None or self.unanswered_s is not None


class RandomTrigger(_Trigger):
    """By chance, `mean_s` apart on average. A lively mood shortens it."""

    is_patient: ClassVar[bool] = False

    kind: Literal["random"] = "random"
    mean_s: Span


TriggerConfig = Annotated[
    IntervalTrigger | IdleTrigger | CronTrigger | DateTrigger | EventTrigger | ChatTrigger | RandomTrigger,
    Field(discriminator="kind"),
]
"""A trigger as it is written in a file or sent by a client."""


class Trigger(ABC):
    """A trigger that is written in Python.

    Every `interval` seconds `should_trigger` is asked, and on True `execute` is given what an adapter has
    (`generate_text`, `trigger_expression`, `trigger_motion`, `get_character_state`) and what a show has (`say`,
    `play`, `body` …). One that raises or takes too long is switched off, and reported; the others go on.
    """

    name: str = ""
    interval: Seconds = 60.0

    @abstractmethod
    async def should_trigger(self) -> bool:
        """Whether it is time."""

    @abstractmethod
    async def execute(self, adapter: Floor) -> None:
        """Do it."""


def named(triggers: tuple[TriggerConfig, ...]) -> tuple[TriggerConfig, ...]:
    """Return them with a name each: its own, or one made from its kind. Raises ValueError for a name given twice."""
    taken = {trigger.name for trigger in triggers if trigger.name}
    seen: set[str] = set()
    result: list[TriggerConfig] = []
    for trigger in triggers:
        name = trigger.name or free_name(trigger.kind, taken)
        if name in seen:
            raise ValueError(f"two triggers are named {name!r}")
        taken.add(name)
        seen.add(name)
        result.append(trigger if trigger.name else trigger.model_copy(update={"name": name}))
    return tuple(result)


def free_name(kind: str, taken: set[str]) -> str:
    """Return the kind, with the first number behind it that makes it a name of its own."""
    number = 1
    while (name := kind if number == 1 else f"{kind}-{number}") in taken:
        number += 1
    return name
