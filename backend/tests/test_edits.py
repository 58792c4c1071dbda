"""Settings edited on air: one file says what counts, everybody is told, and nobody overwrites another's edit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from open_llm_vtuber import config
from open_llm_vtuber.conf_file import ConfFile
from open_llm_vtuber.config import PERSONA, Settings
from open_llm_vtuber.edits import Edits, edited, with_edits
from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.protocol.settings_messages import SettingsChanged, SettingsChecked, SettingsNow
from open_llm_vtuber.settings.sections import defaults
from open_llm_vtuber.show.commands import AnyCommand
from open_llm_vtuber.show.settings_commands import (
    DescribeSettings,
    EditSection,
    HearOfFault,
    RereadSettings,
    TakeSettings,
    UndoLastEdit,
)
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.unasked import checked

TEXT = "character_config:\n  persona_prompt: A\nsystem_config:\n  port: 1\n"


class Told:
    """Shows that only listen."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, AnyCommand]] = []
        self.holds: asyncio.Event | None = None

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        if show == "nowhere":
            raise ProtocolError("There is no such show.", code="not-found")
        self.commands.append((show, command))
        if self.holds and isinstance(command, TakeSettings):
            await self.holds.wait()
        return ()

    tell = LocalShows.tell
    subscribe = LocalShows.subscribe


@dataclass
class Scene:
    edits: Edits
    shows: Told
    file: Path
    reports: list[str]
    taken: list[str] = field(default_factory=list)
    """The personas that the cast was told of."""

    async def now(self) -> SettingsNow:
        (answer,) = await self.edits.ask("main", DescribeSettings())
        assert isinstance(answer, SettingsNow)
        return answer

    async def edit(self, value: Any, revision: str | None = None, **fields: Any) -> ServerMessage:
        revision = revision or (await self.now()).revision
        command = EditSection(client="me", section="persona", revision=revision, value=value, **fields)
        (answer,) = await self.edits.ask("main", command)
        return answer

    def told(self, kind: type = TakeSettings) -> list[Any]:
        return [command for _, command in self.shows.commands if isinstance(command, kind)]


@asynccontextmanager
async def scene(folder: Path, text: str | None = TEXT) -> AsyncIterator[Scene]:
    file = folder / "conf.yaml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    running = config.load(file, {}) if text is not None else Settings(file=file)
    shows, reports, taken = Told(), list[str](), list[str]()

    async def prepare(new: Settings) -> Callable[[], None]:
        return lambda: taken.append(new.character_config.persona_prompt)

    edits = Edits(
        shows,
        config.overridden(running, port=7),
        lambda path: ConfFile(path, folder / "data", checked, defaults(PERSONA, ()), {}),
        prepare=prepare,
        triggers=lambda _: ({"kind": "idle"},),
        open_shows=lambda: ("main", "guest"),
        report=reports.append,
    )
    async with edits:
        yield Scene(edits, shows, file, reports, taken)


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await main()

    asyncio.run(limited())


def test_an_edit_is_written_counts_for_cast_and_every_show_and_is_undone(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(tmp_path) as here:
            changed = await here.edit("B")
            assert isinstance(changed, SettingsChanged)
            assert (changed.sections, changed.needs_restart, changed.can_undo) == (("persona",), (), True)
            assert here.taken == ["B"]
            assert [
                (show, each.told) for show, each in here.shows.commands if isinstance(each, TakeSettings)
            ] == [
                ("main", changed),
                ("guest", changed),
            ]
            assert here.told()[0].triggers is None
            (undone,) = await here.edits.ask("main", UndoLastEdit("me"))
            assert isinstance(undone, SettingsChanged)
            assert undone.sections == ("persona",)
            assert here.taken == ["B", "A"]
            assert here.file.read_text() == TEXT

    run(main)


def test_of_two_editors_the_second_is_told_that_he_has_not_seen_the_first_ones_edit(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(tmp_path) as here:
            seen = (await here.now()).revision
            await here.edit("first", seen)
            with pytest.raises(ProtocolError, match="changed meanwhile"):
                await here.edit("second", seen)
            with pytest.raises(ProtocolError, match="changed meanwhile"):
                await here.edits.ask("main", UndoLastEdit("me", seen))
            here.file.write_text(TEXT.replace("A", "by hand"))
            with pytest.raises(ProtocolError, match="changed meanwhile"):
                await here.edit("third", seen)
            assert here.taken == ["first", "by hand"], (
                "what was written by hand counts before an edit is looked at"
            )
            assert "by hand" in here.file.read_text()

    run(main)


def test_a_trial_writes_nothing_and_a_fault_changes_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(tmp_path) as here:
            assert await here.edit("B", is_trial=True) == SettingsChecked(
                section="persona", diff=("-A", "+B")
            )
            with pytest.raises(ConfigError, match="persona_prompt"):
                await here.edit("")
            assert here.taken == []
            assert here.told() == []
            assert here.file.read_text() == TEXT

    run(main)


def test_a_file_that_somebody_saves_counts_by_itself_and_a_faulty_one_is_told_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(tmp_path) as here, asyncio.TaskGroup() as group:
            watching = group.create_task(here.edits.run())

            async def until(condition: Callable[[], object]) -> None:
                while not condition():  # noqa: ASYNC110  a file on a disk has no event
                    await asyncio.sleep(0.02)

            here.file.write_text(
                "character_config: {persona_prompt: B}\nsystem_config: {port: 2, data_dir: x}\n"
            )
            await until(lambda: here.taken)
            assert here.taken == ["B"]
            assert here.told()[0].told.needs_restart == ("system_config.port", "system_config.data_dir")
            assert here.reports[-1].endswith(
                "needs a restart for system_config.port, system_config.data_dir."
            )
            here.file.write_text("character_config: [\n")
            await until(lambda: here.told(HearOfFault))
            here.edits.poke()
            await asyncio.sleep(0.1)
            assert len(here.told(HearOfFault)) == 2, "both shows, once"
            assert "not valid YAML" in here.told(HearOfFault)[0].told.reason
            assert "not valid YAML" in (await here.now()).fault
            with pytest.raises(ConfigError, match="mend it first"):
                await here.edit("C")
            here.file.write_text("character_config: {persona_prompt: C}\n")
            here.edits.poke()
            await until(lambda: here.taken == ["B", "C"])
            assert (await here.now()).fault == ""
            watching.cancel()

    run(main)


def test_what_nobody_was_told_of_because_its_client_left_is_told_later(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(tmp_path) as here, asyncio.TaskGroup() as group:
            revision = (await here.now()).revision
            here.shows.holds = asyncio.Event()
            editing = group.create_task(here.edit("B", revision))
            while not here.told():  # noqa: ASYNC110  the fake has no event
                await asyncio.sleep(0.01)
            editing.cancel()
            await asyncio.wait([editing])
            here.shows.holds = None
            before = len(here.told())
            await here.edits.ask("main", RereadSettings("me"))
            assert [show for show, each in here.shows.commands if isinstance(each, TakeSettings)][
                before:
            ] == [
                "main",
                "guest",
            ]

    run(main)


def test_only_a_show_of_the_configuration_edits_and_only_where_there_is_a_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(tmp_path) as here:
            with pytest.raises(ProtocolError, match="joined a show"):
                await here.edits.ask("guest", DescribeSettings())
            with pytest.raises(ProtocolError, match="no such show"):
                await here.edits.ask("nowhere", DescribeSettings())
        bare = Edits(
            Told(),
            Settings(),
            lambda _: pytest.fail("there is no file"),
            prepare=lambda _: pytest.fail("there is nothing to prepare"),
            triggers=lambda _: (),
            open_shows=tuple,
            report=lambda _: None,
        )
        async with bare:
            await bare.run()
            with pytest.raises(ProtocolError, match="without a configuration file"):
                await bare.ask("main", DescribeSettings())

    run(main)


def test_where_there_is_no_file_the_first_edit_makes_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with scene(tmp_path, None) as here:
            assert (await here.now()).revision == "none"
            await here.edit("B")
            assert "persona_prompt: B" in here.file.read_text()

    run(main)


def test_what_runs_takes_over_only_what_can_be_changed_on_air() -> None:
    running = Settings.model_validate(
        {"system_config": {"port": 1}, "autonomous": {"enabled": True, "triggers": []}}
    )
    new = Settings.model_validate(
        {
            "system_config": {"port": 2},
            "character_config": {"persona_prompt": "B", "conf_name": "Other"},
            "live_config": {
                "chat": {
                    "moderation": {"banned_words": ["x"]},
                    "commands": {"say": {"enabled": False}},
                    "selection": {"max_age_s": 5},
                    "reply_errors": True,
                }
            },
            "cue_sheets": {"hi": [{"say": "Hi!"}]},
        }
    )
    both = with_edits(running, new)
    assert both.system_config.port == 1
    assert both.character_config.persona_prompt == "B"
    assert both.character_config.conf_name == "Mika"
    assert both.live_config.chat.reply_errors is False
    assert both.live_config.chat.commands == new.live_config.chat.commands
    assert both.cue_sheets == new.cue_sheets
    assert both.autonomous == {"enabled": True}
    assert set(edited(running, new)) == {
        "persona",
        "moderation",
        "commands",
        "selection",
        "cue_sheets",
        "triggers",
    }
    assert set(edited(running, running)) == set()
