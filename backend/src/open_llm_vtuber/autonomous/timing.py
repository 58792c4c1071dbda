"""Pure: when a trigger is due next, what keeps it from firing, and what a fire changes."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from open_llm_vtuber.autonomous.moments import Now, is_quiet, next_time, zone
from open_llm_vtuber.autonomous.pulse import WINDOW, ChatPulse
from open_llm_vtuber.autonomous.triggers import (
    ChatTrigger,
    CronTrigger,
    DateTrigger,
    EventTrigger,
    IdleTrigger,
    IntervalTrigger,
    RandomTrigger,
    TriggerConfig,
)
from open_llm_vtuber.units import Seconds

HOUR: Seconds = 3600.0
ON_TIME: Seconds = 1.0
"""A fire that comes later than this was missed."""
CORRECTED = timedelta(hours=3)
"""A clock that is set back by more than this was wrong before, as Debian's cron(8) has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerState:
    """What a trigger has behind it. Times are the loop's."""

    since: Seconds
    """When it was switched on: intervals count from there."""
    seen: datetime
    """Up to here the wall clock's times are dealt with."""
    chance: float = 0.5
    """Drawn anew for each fire: 0 ≤ chance < 1."""
    slot: int = 0
    """The last interval that is dealt with."""
    handled: Seconds | None = None
    """When it last fired or was kept from it."""
    fired: tuple[Seconds, ...] = ()
    """The fires of the last hour, as far as somebody counts them; the last one always."""
    holds: bool = False
    """Chat's criterion holds already, so that it does not fire again before it has ended."""

    @property
    def last_fired(self) -> Seconds | None:
        """When it last fired."""
        return self.fired[-1] if self.fired else None


@dataclass(slots=True, kw_only=True)
class Scene:
    """What is going on, as far as triggers ask for it."""

    zone: ZoneInfo
    chat_at: Seconds
    """When somebody last wrote."""
    speech_at: Seconds
    """When she last spoke."""
    pulse: ChatPulse
    speaks: bool = False
    mode: str = "orphiq"
    is_live: bool | None = None
    """None: nobody knows."""
    pace: float = 1.0
    """0.5-1: by how much her mood shortens her silences."""
    liveliness: float = 1.0
    """0.5-1: by how much her mood shortens the pauses of what comes by chance."""


def next_fire(trigger: TriggerConfig, state: TriggerState, now: Now, scene: Scene) -> Seconds | None:
    """Return the loop's time at which to look at it next: it is due then, or not before; None: something must happen.

    May lie in the past: then it was missed.
    """
    match trigger:
        case IntervalTrigger():
            jitter = (2 * state.chance - 1) * trigger.jitter_s
            return state.since + (state.slot + 1) * trigger.interval_s + jitter
        case IdleTrigger():
            return _silent_since(trigger, state, now, scene) + trigger.after_s * scene.pace
        case CronTrigger():
            due = next_time(trigger.cron, state.seen, zone_of(trigger, scene))
            return None if due is None else now.at(due)
        case DateTrigger():
            due = moment(trigger, scene)
            return None if due <= state.seen else now.at(due)
        case RandomTrigger():
            begin = state.since if state.handled is None else state.handled
            return begin - math.log(1.0 - state.chance) * trigger.mean_s * scene.liveliness
        case ChatTrigger():
            return _chat_due(trigger, state, now, scene)
        case EventTrigger():
            return None
        case _:
            assert_never(trigger)


def _silent_since(trigger: IdleTrigger, state: TriggerState, now: Now, scene: Scene) -> Seconds:
    begins = [state.since, -math.inf if state.handled is None else state.handled]
    if trigger.silence_of in ("chat", "both"):
        begins.append(scene.chat_at)
    if trigger.silence_of in ("speech", "both"):
        begins.append(now.loop if scene.speaks else scene.speech_at)
    return max(begins)


def _chat_due(trigger: ChatTrigger, state: TriggerState, now: Now, scene: Scene) -> Seconds | None:
    """Return when a criterion can come to hold without a further message."""
    if state.holds:
        return None
    if trigger.rate_below_per_min is not None:
        # Before a whole minute has been listened to, a low rate says nothing.
        return max(scene.pulse.falls_below(trigger.rate_below_per_min, now.loop), state.since + WINDOW)
    if trigger.unanswered_s is not None and (asked := scene.pulse.question()):
        return asked[0] + trigger.unanswered_s
    return None


def criterion_holds(trigger: ChatTrigger, state: TriggerState, now: Seconds, scene: Scene) -> bool:
    """Whether chat is just now as the trigger wants it."""
    pulse = scene.pulse
    if trigger.rate_above_per_min is not None:
        return pulse.rate(now) > trigger.rate_above_per_min
    if trigger.rate_below_per_min is not None:
        return now - state.since >= WINDOW and pulse.rate(now) < trigger.rate_below_per_min
    if trigger.keywords:
        return pulse.mentions(trigger.keywords, trigger.within_s, now) >= trigger.times
    if trigger.unanswered_s is not None:
        asked = pulse.question()
        return asked is not None and now - asked[0] >= trigger.unanswered_s
    if trigger.sentiment_above is not None:
        return pulse.mood(now) > trigger.sentiment_above
    return trigger.sentiment_below is not None and pulse.mood(now) < trigger.sentiment_below


def zone_of(trigger: TriggerConfig, scene: Scene) -> ZoneInfo:
    """Return the time zone that a trigger's times are in."""
    return zone(trigger.timezone) if trigger.timezone else scene.zone


def moment(trigger: DateTrigger, scene: Scene) -> datetime:
    """Return the moment of a date, with a zone."""
    return trigger.at if trigger.at.tzinfo else trigger.at.replace(tzinfo=zone_of(trigger, scene))


def obstacle(trigger: TriggerConfig, state: TriggerState, now: Now, scene: Scene) -> str | None:
    """Return which condition keeps it from firing now, or None."""
    if not trigger.enabled:
        return "disabled"
    if trigger.mode and scene.mode not in trigger.mode:
        return "mode"
    if trigger.live is not None and scene.is_live is not None and scene.is_live is not trigger.live:
        return "live" if scene.is_live else "not-live"
    if any(is_quiet(span, now.wall, zone_of(trigger, scene)) for span in trigger.quiet_hours):
        return "quiet-hours"
    if state.last_fired is not None and now.loop - state.last_fired < trigger.cooldown_s:
        return "cooldown"
    # An hour is closed at both ends: of two fires exactly an hour apart both count.
    recent = sum(now.loop - fire <= HOUR for fire in state.fired)
    if trigger.max_per_hour is not None and recent >= trigger.max_per_hour:
        return "max-per-hour"
    return None


def is_too_late(trigger: TriggerConfig, state: TriggerState, due: Seconds, now: Now, scene: Scene) -> bool:
    """Whether a fire that was due then is to be left out now. Of several that were missed the last one counts."""
    grace = trigger.late_s if trigger.waits else ON_TIME
    if now.loop - due <= grace:
        return False
    match trigger:
        case CronTrigger():
            last = next_time(trigger.cron, now.wall - timedelta(seconds=grace), zone_of(trigger, scene))
            return last is None or last > now.wall
        case IntervalTrigger():
            return (now.loop - state.since) % trigger.interval_s > grace
        case _:
            return True


def by_the_right_clock(state: TriggerState, now: Now) -> TriggerState:
    """Return the state after the wall's clock was set.

    Set back a little it repeats nothing; one that was wrong is not waited for.
    """
    return replace(state, seen=now.wall) if state.seen - now.wall > CORRECTED else state


def handled(trigger: TriggerConfig, state: TriggerState, now: Now, chance: float) -> TriggerState:
    """Return the state once everything that was due until now is dealt with, whether it fired or not.

    All that was missed is dealt with at once: nothing is ever made up for.
    """
    slot = state.slot
    if isinstance(trigger, IntervalTrigger):
        slot = max(slot + 1, math.floor((now.loop - state.since) / trigger.interval_s))
    holds = isinstance(trigger, ChatTrigger) and trigger.unanswered_s is None
    return replace(state, slot=slot, seen=now.wall, handled=now.loop, chance=chance, holds=holds)


def fired(trigger: TriggerConfig, state: TriggerState, now: Seconds) -> TriggerState:
    """Return the state after a fire."""
    kept = tuple(fire for fire in state.fired if now - fire <= HOUR) if trigger.max_per_hour else ()
    return replace(state, fired=(*kept, now))
