"""What an edit of the settings concerns: the cast, shows that are built later, and every show there is."""

from collections.abc import Callable
from pathlib import Path

from open_llm_vtuber.casting import Casting
from open_llm_vtuber.conf_file import ConfFile
from open_llm_vtuber.config import PERSONA, Settings
from open_llm_vtuber.edits import Edits
from open_llm_vtuber.settings.sections import defaults
from open_llm_vtuber.show_builder import ShowBuilder
from open_llm_vtuber.shows import LocalShows, Shows
from open_llm_vtuber.unasked import USUAL_TRIGGERS, as_written, checked, unasked


def edits_of(
    shows: Shows,
    settings: Settings,
    casting: Casting,
    builder: ShowBuilder,
    local: LocalShows,
    report: Callable[[str], None],
) -> Edits:
    """Return what edits the configuration file, and lets the shows of now and of later go by it."""

    def opened(file: Path) -> ConfFile:
        usual = defaults(PERSONA, as_written(USUAL_TRIGGERS))
        return ConfFile(file, settings.system_config.data_dir, checked, usual)

    async def prepare(new: Settings) -> Callable[[], None]:
        take_persona, will = await casting.prepared(new), unasked(new, report, None)

        def take() -> None:
            take_persona()
            builder.take(new, will)

        return take

    return Edits(
        shows,
        settings,
        opened,
        prepare=prepare,
        triggers=lambda new: as_written(checked(new).triggers),
        open_shows=lambda: local.open,
        report=report,
    )
