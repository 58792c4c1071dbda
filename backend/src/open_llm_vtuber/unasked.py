"""Makes for each show that which it does unasked: a scheduler, from the configuration's section `autonomous`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.settings import SECTION, USUAL_TRIGGERS, AutonomousSettings, read
from open_llm_vtuber.autonomous.triggers import TriggerConfig
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import Fault
from open_llm_vtuber.settings.explained import nearest

__all__ = ("USUAL_TRIGGERS", "Staging", "Unasked", "as_written", "checked", "unasked")

Unasked = Callable[[str], Autonomy | None]
"""Show → what it does unasked; None where that is switched off."""


@dataclass(frozen=True, slots=True)
class Staging:
    """What a rehearsal has instead of chance, of the time of day, and of a store that lasts."""

    seed: int
    wall: Callable[[], datetime]


def unasked(settings: Settings, report: Callable[[str], None], staging: Staging | None) -> Unasked:
    """Return what makes a show's scheduler. Raises ConfigError."""
    written = checked(settings)
    if not settings.features.autonomous:
        return lambda _: None
    # Whoever connects for a talk is not talked at; a client may switch it on.
    private = written.model_copy(update={"enabled": False, "rundown": None})

    def scheduler(name: str) -> EventScheduler:
        on_stage = written if name in settings.shows else private
        if staging:
            return EventScheduler(on_stage, report=report, wall=staging.wall, seed=staging.seed)
        return EventScheduler(on_stage, report=report)

    return scheduler


def checked(settings: Settings) -> AutonomousSettings:
    """Return what the section `autonomous` says. Raises ConfigError that names every fault at once."""
    written = read(settings.autonomous, settings.folder, settings.source)
    if missing := [*missing_sheets(written, settings)]:
        raise settings.source.wrong(missing)
    return written


def as_written(triggers: Iterable[TriggerConfig]) -> tuple[Mapping[str, Any], ...]:
    """Return triggers as a configuration has them."""
    return tuple(
        {"kind": each.kind, **each.model_dump(mode="json", exclude_defaults=True)} for each in triggers
    )


def missing_sheets(written: AutonomousSettings, settings: Settings) -> Iterator[Fault]:
    """Yield a fault for each trigger that plays a cue sheet which there is not: it would break on air."""
    for number, trigger in enumerate(written.triggers):
        name = trigger.action.cue_sheet
        if name is not None and name not in settings.cue_sheets:
            known = ", ".join(settings.cue_sheets) or "none"
            place = (SECTION, "triggers", number, "action", "cue_sheet")
            sentence = f"there is no cue sheet {name!r}"
            fix = nearest(name, settings.cue_sheets) or f"There are: {known}."
            yield settings.source.fault(sentence, place, fix)
