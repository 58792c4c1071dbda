"""The settings, edited on air: keeps the port to shows, acts on what concerns the file, and passes all else through.

One place says what counts: the configuration file. Whoever changes it (the control room, a program over REST, an editor)
has it checked whole; then it is written, if it is not yet, and every show is told.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, assert_never

from open_llm_vtuber.conf_file import FAULTY, Change, ConfFile
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError, VTuberError
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.protocol.settings_messages import (
    SectionName,
    SettingsChanged,
    SettingsChecked,
    SettingsNow,
    SettingsRefused,
)
from open_llm_vtuber.settings.differences import differing
from open_llm_vtuber.settings.sections import PLACES
from open_llm_vtuber.show.commands import AnyCommand, ChatHappened
from open_llm_vtuber.show.settings_commands import (
    DescribeSettings,
    EditSection,
    HearOfFault,
    RereadSettings,
    SettingsCommand,
    TakeSettings,
    UndoLastEdit,
)
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

T = TypeVar("T")
LOOK_EVERY: Seconds = 1.0
"""How soon a change of the file by somebody else is noticed."""
DISK_LIMIT: Seconds = 15.0
NO_FILE = "This server was started without a configuration file: there is nothing to edit."
OTHERS_SHOW = "Only who has joined a show of the configuration may edit its settings."
LOST_UPDATE = "The settings were changed meanwhile: look at them as they are now, and edit them anew."
Prepare = Callable[[Settings], Awaitable[Callable[[], None]]]
"""Makes ready what new settings need, and returns what lets it count, at once and without a fault."""
Triggers = Callable[[Settings], tuple[Any, ...]]


class Edits:
    """Edits the file of a running server, while it is entered. Without a file it only passes on.

    Entering raises ConfigError where the file cannot be used.
    """

    def __init__(
        self,
        shows: Shows,
        running: Settings,
        open_file: Callable[[Path], ConfFile],
        *,
        prepare: Prepare,
        triggers: Triggers,
        open_shows: Callable[[], Collection[str]],
        report: Callable[[str], None],
    ) -> None:
        """Nothing is read yet. `running` is what the server was started with, `open_shows` names all shows."""
        self._shows = shows
        self._running = running
        self._open_file = open_file
        self._prepare = prepare
        self._triggers = triggers
        self._open_shows = open_shows
        self._report = report
        self._file: ConfFile | None = None
        self._started = self._counted = running
        """What the file said at the start, and what it said when the shows were last told."""
        self._lock = asyncio.Lock()
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="settings")
        self._poked = asyncio.Event()
        self._places: dict[str, str] = {}
        """Client → the show it is attached to."""

    async def __aenter__(self) -> Self:
        path = self._running.file
        if path is not None:
            self._file = await self._in_thread(lambda: self._open_file(path))
            self._started = self._counted = self._file.settings
            self._file.is_touched()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._disk.shutdown(wait=False, cancel_futures=True)

    async def run(self) -> None:
        """Take over what somebody writes into the file, until cancelled."""
        while (file := self._file) is not None:
            is_due = await self._was_poked() or file.settings is not self._counted
            if is_due or await self._in_thread(file.is_touched):
                await self._take_over_by_itself(file)

    def poke(self) -> None:
        """Read the file anew as soon as possible, also where it looks the same."""
        self._poked.set()

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        """Do it and return the answers. Raises ProtocolError, and ConfigError that says why nothing has changed."""
        answers = await self._shows.ask(show, command)  # refuses a show that is unknown
        if not isinstance(command, SettingsCommand):
            return answers
        if self._places.get(show, show) not in self._running.shows:
            raise ProtocolError(OTHERS_SHOW, code="wrong-state")
        if self._file is None:
            raise ProtocolError(NO_FILE, code="not-configured")
        async with self._lock:
            return (await self._act(self._file, command),)

    async def tell(self, show: str, command: ChatHappened) -> None:
        """Hand something over."""
        await self._shows.tell(show, command)

    @asynccontextmanager
    async def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AsyncGenerator[Subscription, None]:
        """Attach a client."""
        async with self._shows.subscribe(show, client, identity, listens_only=listens_only) as place:
            self._places[client] = place.show
            try:
                yield place
            finally:
                del self._places[client]

    async def _act(self, file: ConfFile, command: SettingsCommand) -> ServerMessage:
        match command:
            case RereadSettings():
                return await self._reread(file, command.client)
            case DescribeSettings():
                await self._catch_up(file, mends=False)
                return await self._described(file)
            case EditSection():
                return await self._edit(file, command)
            case UndoLastEdit():
                await self._catch_up(file)
                if command.revision not in (None, file.revision):
                    raise ProtocolError(LOST_UPDATE, code="wrong-state")
                return await self._take(file, await self._in_thread(file.undone), command.client)
            case _:
                assert_never(command)

    async def _edit(self, file: ConfFile, command: EditSection) -> ServerMessage:
        await self._catch_up(file)
        if command.revision != file.revision:
            raise ProtocolError(LOST_UPDATE, code="wrong-state")
        change = await self._in_thread(lambda: file.edited(command.section, command.value, command.text))
        if command.is_trial:
            diff = await self._in_thread(lambda: file.diff(command.section, change))
            return SettingsChecked(section=command.section, diff=diff)
        return await self._take(file, change, command.client)

    async def _described(self, file: ConfFile) -> SettingsNow:
        return SettingsNow(
            file=file.name,
            revision=file.revision,
            can_undo=await self._in_thread(lambda: file.can_undo),
            fault=file.fault,
            needs_restart=self._needs_restart(file.settings),
            sections=dict(await self._in_thread(file.described)),
        )

    async def _catch_up(self, file: ConfFile, *, mends: bool = True) -> None:
        """Take over what was written into the file since the last look. Raises ConfigError where it is faulty."""
        try:
            await self._reread(file, "")
        except ConfigError as error:
            if mends:
                raise ConfigError(FAULTY.format(error)) from error

    async def _take_over_by_itself(self, file: ConfFile) -> None:
        async with self._lock:
            fault = file.fault
            try:
                changed = await self._reread(file, "")
            except VTuberError as error:
                if str(error) != fault:  # once, however often the file is touched
                    self._report(f"The changed configuration is not used: {error}")
                    await self._tell_all(HearOfFault(SettingsRefused(reason=str(error))))
                return
        if changed.sections:
            self._report(f"The changed configuration is used: {', '.join(changed.sections)}.")
        if changed.needs_restart:
            self._report(f"The changed configuration needs a restart for {', '.join(changed.needs_restart)}.")

    async def _reread(self, file: ConfFile, client: str) -> SettingsChanged:
        change = await self._in_thread(file.reread)
        if change is not None:
            return await self._take(file, change, client)
        if file.settings is not self._counted:  # who changed it went away in the middle
            running = with_edits(self._running, file.settings)
            return await self._count(file, running, await self._prepare(running), client)
        return await self._changed(file, ())

    async def _take(self, file: ConfFile, change: Change, client: str) -> SettingsChanged:
        running = with_edits(self._running, change.settings)
        take = await self._prepare(running)
        await self._in_thread(lambda: file.commit(change))
        return await self._count(file, running, take, client)

    async def _count(
        self, file: ConfFile, running: Settings, take: Callable[[], None], client: str
    ) -> SettingsChanged:
        """Let what the file says count, and tell every show; cut short, it is done again by `run`."""
        take()
        self._running = running
        sections = tuple(edited(self._counted, file.settings))
        told = await self._changed(file, sections)
        await self._tell_all(
            TakeSettings(
                client=client,
                told=told,
                chat=running.live_config.chat,
                sheets=running.cue_sheets,
                triggers=self._triggers(running) if "triggers" in sections else None,
            )
        )
        self._counted = file.settings
        return told

    async def _changed(self, file: ConfFile, sections: tuple[SectionName, ...]) -> SettingsChanged:
        return SettingsChanged(
            revision=file.revision,
            sections=sections,
            needs_restart=self._needs_restart(file.settings),
            can_undo=await self._in_thread(lambda: file.can_undo),
        )

    def _needs_restart(self, now: Settings) -> tuple[str, ...]:
        places = [tuple(place) for place in PLACES.values()]
        return tuple(".".join(keys) for keys in differing(self._started, now, places))

    async def _tell_all(self, command: TakeSettings | HearOfFault) -> None:
        for show in tuple(self._open_shows()):
            try:
                await self._shows.ask(show, command)
            except (ProtocolError, EngineError) as error:  # it has ended meanwhile, or its store fails
                log.warning("show %s: %s", show, error)

    async def _was_poked(self) -> bool:
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await self._poked.wait()
        except TimeoutError:
            return False
        self._poked.clear()
        return True

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(DISK_LIMIT):
                return await asyncio.get_running_loop().run_in_executor(self._disk, work)
        except TimeoutError:
            raise ProtocolError("The disk is too slow just now; try again.", code="busy") from None


def edited(before: Settings, after: Settings) -> Iterator[SectionName]:
    """Yield the sections that differ and can be changed on air."""
    found = set(differing(before, after))
    for section, place in PLACES.items():
        if any(keys[: len(place)] == tuple(place) for keys in found):
            yield section


def with_edits(running: Settings, new: Settings) -> Settings:
    """Return what runs, with that of the new settings which can be changed on air."""
    own, chat = running.character_config, running.live_config.chat
    wanted = new.live_config.chat
    chat = chat.model_copy(
        update={
            "moderation": wanted.moderation,
            "commands": wanted.commands,
            "selection": wanted.selection,
        }
    )
    autonomous = {key: each for key, each in running.autonomous.items() if key != "triggers"}
    if "triggers" in new.autonomous:
        autonomous["triggers"] = new.autonomous["triggers"]
    persona = {"persona_prompt": new.character_config.persona_prompt}
    return running.model_copy(
        update={
            "character_config": own.model_copy(update=persona),
            "live_config": running.live_config.model_copy(update={"chat": chat}),
            "cue_sheets": new.cue_sheets,
            "autonomous": autonomous,
        }
    )
