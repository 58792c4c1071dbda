"""How a show is built from its name: what all shows share is here, once."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import MappingProxyType

from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.casting import Casting
from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.chat_lines import ChatLines
from open_llm_vtuber.config import Settings, ShowConfig
from open_llm_vtuber.duets import Duets
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError
from open_llm_vtuber.groups import Groups
from open_llm_vtuber.persona import group_prompt, speak_up_prompt
from open_llm_vtuber.ports import SpeechRecognizer, Store, VoiceActivityDetector
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.role import Role
from open_llm_vtuber.show.show import SPEAK_UP, Show
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show.text_desk import Places
from open_llm_vtuber.show_log.recording import Archive, Parts
from open_llm_vtuber.show_log.secret_values import secret_values
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.unasked import Staging, Unasked

LOG = "show_log"
"""Under this name the state says that the log cannot be written."""


class ShowBuilder:
    """Builds shows of the same cast, over the same store."""

    def __init__(  # noqa: PLR0913  all that shows share, each by name
        self,
        settings: Settings,
        casting: Casting,
        *,
        store: Store,
        recognizer: SpeechRecognizer | None,
        detector: VoiceActivityDetector | None,
        will: Unasked,
        books: Bookkeeping,
        lines: ChatLines,
        report: Callable[[str], None],
        stood: Mapping[str, Standing] = MappingProxyType({}),
        archive: Archive | None = None,
    ) -> None:
        """`stood` is how shows stood that a crash has ended. With an `archive` named shows keep a log in it."""
        self._settings = settings
        self._casting = casting
        self._store = store
        self._recognizer = recognizer
        self._detector = detector
        self._archive = archive
        self._will = will
        self._books = books
        self._lines = lines
        self._stood = stood
        self._report = report
        self._roles: dict[str, Role] = {}
        """Who plays in the shows that are still to be built, where that is not the configuration's own character."""
        self._places = Places()
        prompts = settings.system_config.tool_prompts
        self._speak_up = speak_up_prompt(prompts, settings.folder, report) or SPEAK_UP

    @asynccontextmanager
    async def talking(self, local: LocalShows) -> AsyncGenerator[Duets, None]:
        """Start the named shows, and what lets shows talk with each other. Raises ConfigError."""
        await self._cast()
        system, folder = self._settings.system_config, self._settings.folder
        async with (
            local,
            Groups(
                local,
                rounds=system.group_rounds,
                accepts=system.group_invitations == "accept",
                scene=group_prompt(system.tool_prompts, folder, self._report),
            ) as groups,
            Duets(groups, self._settings.live_config.duet) as duets,
        ):
            yield duets

    async def _cast(self) -> None:
        """Have the characters of named shows ready. Raises ConfigError."""
        for name, named in self._settings.shows.items():
            if named.character:
                try:
                    self._roles[name] = await self._casting.become(named.character)
                except (ProtocolError, EngineError) as error:
                    raise ConfigError(f"shows.{name}.character {named.character}: {error}") from error

    def take(self, settings: Settings, will: Unasked) -> None:
        """Build later shows by these settings."""
        self._settings, self._will = settings, will

    def build(self, name: str) -> Show:
        """Return the show of that name; one that the configuration does not name is a guest's own."""
        settings, named = self._settings, self._settings.shows.get(name)
        chat = settings.live_config.chat
        if named and self._archive:
            return self._archive.record(name, self._parts(name, named))
        return Show(
            name,
            self._role(name),
            store=self._store,
            repertoire=self._casting,
            guard=Guard(chat.moderation),
            channel=self._channel(),
            shared=named is not None,
            ears=Ears(self._recognizer, self._detector),
            co_host=settings.live_config.co_host,
            speak_up=self._speak_up,
            standing=self._stood.get(name) or Standing(mode=named.mode if named else "orphiq"),
            places=self._places,
            # A guest's own show neither sees the books nor begins a stream.
            books=self._books if named else None,
            autonomy=self._will(name),
            writer=self._lines,
        )

    def _role(self, name: str) -> Role:
        return self._roles.pop(name) if name in self._roles else self._casting.opening()

    def _channel(self) -> ChannelSettings:
        settings = self._settings
        return ChannelSettings(
            chat=settings.live_config.chat,
            sheets=CueSheets(settings.cue_sheets),
            may_move=settings.features.character_control,
        )

    def _parts(self, name: str, named: ShowConfig) -> Parts:
        """Return the same as parts of a show that keeps a log."""
        will = self._will.settings(name)
        return Parts(
            role=self._role(name),
            store=self._store,
            repertoire=self._casting,
            channel=self._channel(),
            sheets=self._settings.cue_sheets,
            shared=True,
            recognizer=self._recognizer,
            detector=self._detector,
            co_host=self._settings.live_config.co_host,
            speak_up=self._speak_up,
            standing=self._stood.get(name) or Standing(mode=named.mode),
            places=self._places,
            books=self._books,
            writer=self._lines,
            autonomy=lambda tape: self._will.taped(name, tape.wall, tape.seed),
            autonomous=will.model_dump(mode="json") if will else None,
        )


def archive_of(
    stack: AsyncExitStack,
    settings: Settings,
    report: Callable[[str], None],
    providers: dict[str, EngineStatus],
    staging: Staging | None,
    *,
    hear: Callable[[object], None],
    keeps_log: bool,
) -> Archive | None:
    """Return where shows keep their logs, if they do; while that fails, `providers` says so."""

    def tell(fault: str) -> None:
        if fault:
            providers[LOG] = EngineStatus(engine=LOG, note=fault)
            report(fault)
        elif providers.pop(LOG, None):
            report("The show's log is written again.")

    secrets, keep = sorted(secret_values(settings)), settings.show_log.keep_mb * 1_000_000
    if staging and staging.log:
        seed = f"{staging.seed:032x}"
        archive = Archive(
            staging.log, keep=keep, secrets=secrets, report=tell, wall=staging.wall, seed=seed, patient=True
        )
    elif keeps_log:  # also without a file what is decided is heard
        folder = settings.system_config.data_dir if settings.show_log.enabled else None
        archive = Archive(folder, keep=keep, secrets=secrets, report=tell, hear=hear)
    else:
        return None
    return stack.enter_context(archive)
