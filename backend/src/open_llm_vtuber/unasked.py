"""Makes for each show that which it does unasked: a scheduler, from the configuration's section `autonomous`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.settings import SECTION, USUAL_TRIGGERS, AutonomousSettings, read
from open_llm_vtuber.autonomous.triggers import TriggerConfig
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.config import Settings
from open_llm_vtuber.engines import faults
from open_llm_vtuber.errors import ConfigError, Fault
from open_llm_vtuber.settings.explained import nearest

__all__ = ("USUAL_TRIGGERS", "Staging", "Unasked", "as_written", "checked", "replayed", "unasked")


@dataclass(frozen=True, slots=True)
class Staging:
    """What a rehearsal has instead of chance, of the time of day, and of a store that lasts."""

    seed: int
    wall: Callable[[], datetime]
    log: Path | None = None
    """Where its log is kept, if it is."""


class Unasked:
    """Makes what a show does unasked, from the settings; None where that is switched off."""

    def __init__(
        self,
        written: AutonomousSettings,
        on_stage: Collection[str],
        report: Callable[[str], None],
        staging: Staging | None,
        *,
        is_off: bool,
    ) -> None:
        # Whoever connects for a talk is not talked at; a client may switch it on.
        self._private = written.model_copy(update={"enabled": False, "rundown": None})
        self._written = written
        self._on_stage = on_stage
        self._report = report
        self._staging = staging
        self._is_off = is_off

    def __call__(self, show: str) -> Autonomy | None:
        """Return what that show does unasked."""
        settings = self.settings(show)
        if settings is None:
            return None
        if self._staging:
            staging = self._staging
            return EventScheduler(settings, report=self._report, wall=staging.wall, seed=staging.seed)
        return EventScheduler(settings, report=self._report)

    def settings(self, show: str) -> AutonomousSettings | None:
        """Return the settings of what that show does unasked."""
        if self._is_off:
            return None
        return self._written if show in self._on_stage else self._private

    def taped(self, show: str, wall: Callable[[], datetime], seed: int) -> Autonomy | None:
        """Return the same with a clock and chance that are written down."""
        settings = self.settings(show)
        if settings is None:
            return None
        return EventScheduler(settings, report=self._report, wall=wall, seed=seed)


def replayed(settings: Mapping[str, object], wall: Callable[[], datetime], seed: int) -> Autonomy:
    """Return what a show did unasked, by the settings in its log. Raises ConfigError."""
    try:
        return EventScheduler(AutonomousSettings.model_validate(settings), wall=wall, seed=seed)
    except ValidationError as error:
        raise ConfigError(f"What this show did unasked cannot be read: {faults(error)}.") from None


def unasked(settings: Settings, report: Callable[[str], None], staging: Staging | None) -> Unasked:
    """Return what makes a show's scheduler. Raises ConfigError."""
    written, is_off = checked(settings), not settings.features.autonomous
    return Unasked(written, tuple(settings.shows), report, staging, is_off=is_off)


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
