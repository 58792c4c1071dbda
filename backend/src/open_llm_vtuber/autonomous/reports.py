"""Pure: what is told of mood, triggers and run-down."""

from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.personality import Mood, Personality
from open_llm_vtuber.autonomous.roster import Entry, Roster
from open_llm_vtuber.autonomous.rundown import ShowPlan
from open_llm_vtuber.autonomous.triggers import Trigger
from open_llm_vtuber.protocol.autonomous_parts import (
    Autonomous,
    AutonomousSummary,
    FireReport,
    MoodState,
    NextFire,
    RundownState,
    TriggerReport,
)
from open_llm_vtuber.units import Seconds


def mood_state(mood: Mood) -> MoodState:
    """Return a mood as it is told."""
    return MoodState(name=mood.name, valence=round(mood.valence, 2), arousal=round(mood.arousal, 2))


def summarised(
    roster: Roster, plan: ShowPlan | None, last: FireReport | None, now: Now, *, is_enabled: bool
) -> AutonomousSummary:
    """Return it in short."""
    first = roster.first() if is_enabled else None
    return AutonomousSummary(
        enabled=is_enabled,
        triggers=len(roster),
        faulty=sum(bool(entry.fault) for entry in roster),
        next=NextFire(trigger=first[0], at=_at(first[1], now)) if first else None,
        segment=plan.segment.name if plan and plan.segment else None,
        last=last,
    )


def described(
    roster: Roster,
    plan: ShowPlan | None,
    personality: Personality,
    recent: tuple[FireReport, ...],
    now: Now,
    *,
    is_enabled: bool,
) -> Autonomous:
    """Return all of it."""
    return Autonomous(
        enabled=is_enabled,
        mood=mood_state(personality.mood(now.loop)),
        traits=personality.traits.model_dump(),
        style=personality.style,
        triggers=tuple(_trigger(entry, now, is_enabled=is_enabled) for entry in roster),
        rundown=_rundown(plan, now) if plan else None,
        recent=recent,
    )


def _trigger(entry: Entry, now: Now, *, is_enabled: bool) -> TriggerReport:
    trigger = entry.trigger
    written = {} if isinstance(trigger, Trigger) else trigger.model_dump(mode="json", exclude_defaults=True)
    return TriggerReport(
        name=entry.name,
        kind=entry.kind,
        enabled=not entry.is_off,
        settings=written and {**written, "kind": entry.kind},
        next_at=_at(entry.due, now) if is_enabled and entry.due is not None else None,
        last_at=entry.last.isoformat(timespec="milliseconds") if entry.last else None,
        fires=entry.fires,
        outcome=entry.outcome,
        fault=entry.fault,
    )


def _rundown(plan: ShowPlan, now: Now) -> RundownState:
    return RundownState(
        segment=plan.segment.name if plan.segment else None,
        index=plan.index,
        ends_at=None if plan.ends is None else _at(plan.ends, now),
        segments=tuple(segment.name for segment in plan.segments),
    )


def _at(loop: Seconds, now: Now) -> str:
    return now.on_the_wall(loop).isoformat(timespec="milliseconds")
