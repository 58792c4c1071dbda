"""Settings: read once, checked whole, frozen. Nobody else reads configuration files and the environment."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    SecretStr,
    ValidationError,
    model_validator,
)

from open_llm_vtuber.engines import faults
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.modes import FEATURES, Feature, Mode
from open_llm_vtuber.settings.chat import ChatSettings, CueSheet, read_sheets
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.settings.duet import DuetSettings
from open_llm_vtuber.settings.existing_providers import served_as
from open_llm_vtuber.settings.explained import nearest
from open_llm_vtuber.settings.file import content, parsed, read, with_environment
from open_llm_vtuber.settings.keys import environment_of
from open_llm_vtuber.settings.providers import BudgetConfig, ExternalApiConfig, with_keys
from open_llm_vtuber.settings.source import Source
from open_llm_vtuber.settings.vtube_studio import VTubeStudioSettings

DEFAULT_FILE = Path("conf.yaml")
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
BUILT_IN_AVATAR = "mika"
PERSONA = (
    "You are Mika, a cheerful cat-eared streamer who loves games, music and her viewers. "
    "You are live. Answer in one or two short, friendly sentences."
)


class _Section(BaseModel):
    """A section of an existing file: keys that we do not use are ignored (and named in a note)."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _OwnSection(BaseModel):
    """A section of ours: an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Section = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]


class SystemConfig(_Section):
    """Where the server listens, who may connect, where it keeps its data."""

    host: str = "localhost"
    port: int = Field(default=12393, ge=0, le=65535)
    access_token: SecretStr | None = None
    allowed_origins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    data_dir: Path = Path("data")
    config_alts_dir: Path = Path("characters")
    web_client_dir: Path | None = None
    group_rounds: int = Field(default=2, ge=1, le=20)
    """How often each character of a group replies after a line of a human."""
    group_invitations: Literal["accept", "refuse"] = "accept"
    enable_proxy: bool = False
    """Serve `/proxy-ws`, where all clients together are one."""
    storage_url: SecretStr = SecretStr("")
    """A PostgreSQL server for what is kept; without it, an SQLite file in data_dir."""
    tool_prompts: Section = Field(default_factory=dict)
    """Prompt name → file in prompts/utils/, without its ending."""

    @model_validator(mode="after")
    def _an_open_door_needs_a_lock(self) -> "SystemConfig":
        if self.host not in LOOPBACK and not (self.access_token and self.access_token.get_secret_value()):
            raise ValueError(f"host {self.host} is reachable from other machines: set access_token as well")
        return self


class BasicMemoryAgentConfig(_Section):
    """The default agent's settings."""

    llm_provider: str = "embedded_llm"
    faster_first_response: bool = True
    use_mcpp: bool = False
    mcp_enabled_servers: tuple[str, ...] = ()

    @property
    def tool_servers(self) -> tuple[str, ...]:
        """The MCP servers whose tools it may use."""
        return self.mcp_enabled_servers if self.use_mcpp else ()


class AgentSettings(_Section):
    """Settings of each agent."""

    basic_memory_agent: BasicMemoryAgentConfig = BasicMemoryAgentConfig()
    hume_ai_agent: Section = Field(default_factory=dict)


class AgentConfig(_Section):
    """Which agent answers, and the options of each language model."""

    conversation_agent_choice: str = "basic_memory_agent"
    agent_settings: AgentSettings = AgentSettings()
    llm_configs: dict[str, Section] = Field(default_factory=dict)

    def language_model(self) -> tuple[str, Mapping[str, object]]:
        """Return the chosen language model's engine and its options."""
        name = self.agent_settings.basic_memory_agent.llm_provider
        return served_as(name, self.llm_configs.get(name, {}))


class _EngineChoice(BaseModel):
    """A section that chooses an engine; the options of each engine stand beside it under the engine's name."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def options(self, name: str) -> Mapping[str, object]:
        """Return an engine's options."""
        found = (self.model_extra or {}).get(name)
        return found if isinstance(found, dict) else {}


class TTSConfig(_EngineChoice):
    """Which voice speaks."""

    tts_model: str = "embedded_tts"
    fallback: tuple[str, ...] | None = None
    """The voices that speak, in this order, when the chosen one fails; None leaves it to the program."""


class ASRConfig(_EngineChoice):
    """Which ear listens. `none` is no ear."""

    asr_model: str = "embedded_asr"
    fallback: tuple[str, ...] | None = None
    """The ears that listen, in this order, when the chosen one fails; None leaves it to the program."""


class VADConfig(BaseModel):
    """What finds speech in a microphone's sound, with its options as for the ears. `none` is nothing."""

    model_config = ConfigDict(frozen=True, extra="allow")
    vad_model: str = "silero_vad"

    def options(self) -> Mapping[str, object]:
        """Return the chosen detector's options."""
        found = (self.model_extra or {}).get(self.vad_model)
        return found if isinstance(found, dict) else {}


class SpokenTextConfig(_Section):
    """What of a reply is shown and not spoken."""

    remove_special_char: bool = True
    ignore_brackets: bool = True
    ignore_parentheses: bool = True
    ignore_asterisks: bool = True
    ignore_angle_brackets: bool = True


class Character(_Section):
    """Who is on air."""

    conf_name: str = "Mika"
    conf_uid: str = Field(default="mika_001", min_length=1)
    live2d_model_name: str = BUILT_IN_AVATAR
    character_name: str = ""
    human_name: str = "Human"
    avatar: str = ""
    persona_prompt: str = Field(default=PERSONA, min_length=1)
    agent_config: AgentConfig = AgentConfig()
    tts_config: TTSConfig = TTSConfig()
    asr_config: ASRConfig = ASRConfig()
    vad_config: VADConfig = VADConfig()
    tts_preprocessor_config: SpokenTextConfig = SpokenTextConfig()

    @property
    def name(self) -> str:
        """The name that the character is called by."""
        return self.character_name or self.conf_name


class TwitchEndpoints(_OwnSection):
    """Where Twitch is; tests and rehearsals put something else here."""

    helix: str = "https://api.twitch.tv/helix"
    id: str = "https://id.twitch.tv/oauth2"
    eventsub: str = "wss://eventsub.wss.twitch.tv/ws"
    irc: str = "wss://irc-ws.chat.twitch.tv:443"


class TwitchConfig(_OwnSection):
    """The channel to read. Without a token it is read anonymously."""

    channel: str = ""
    token: SecretStr = SecretStr("")
    client_id: str = ""
    endpoints: TwitchEndpoints = TwitchEndpoints()


class LiveConfig(_Section):
    """Chat platforms, and programs that show what she does."""

    twitch: TwitchConfig = TwitchConfig()
    chat: ChatSettings = ChatSettings()
    vtube_studio: VTubeStudioSettings = VTubeStudioSettings()
    co_host: CoHostSettings = CoHostSettings()
    duet: DuetSettings | None = None


class Features(_OwnSection):
    """Switches for what came on top of the original program."""

    text_generation: bool = True
    character_control: bool = True
    twitch: bool = True
    autonomous: bool = True
    external_api: bool = True

    @property
    def off(self) -> frozenset[Feature]:
        """Those that are switched off."""
        return frozenset(name for name in FEATURES if not getattr(self, name))


class ShowLogConfig(_OwnSection):
    """The log of each named show, from which it can be replayed."""

    enabled: bool = True
    keep_mb: int = Field(default=200, ge=0)  # of older logs of each show; the oldest go first


class ShowConfig(_OwnSection):
    """A named show, started with the server."""

    mode: Mode = "orphiq"
    character: str = ""
    """The file of who plays in it, as the control room lists it; without one, the configuration's own character."""


class Settings(BaseModel):
    """The whole configuration."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    system_config: SystemConfig = SystemConfig()
    character_config: Character = Character()
    live_config: LiveConfig = LiveConfig()
    cue_sheets: Annotated[dict[str, CueSheet], BeforeValidator(read_sheets)] = Field(default_factory=dict)
    features: Features = Features()
    external_api: ExternalApiConfig | None = None
    budget: BudgetConfig = BudgetConfig()
    shows: dict[str, ShowConfig] = Field(default_factory=lambda: {"main": ShowConfig()})
    show_log: ShowLogConfig = ShowLogConfig()
    autonomous: Section = Field(default_factory=dict)
    """As it was written: `autonomous/settings.py` checks it."""
    folder: Path = Field(default=Path(), exclude=True)
    """Where the file lies: models, backgrounds and avatars are looked for beside it."""
    file: Path | None = Field(default=None, exclude=True)
    """The file itself, also where there is none yet; None: these settings come from somewhere else."""
    notes: tuple[str, ...] = Field(default=(), exclude=True)
    """What an operator should know although nothing is wrong, one sentence each."""
    source: InstanceOf[Source] = Field(default_factory=Source, exclude=True)
    """The file, for whoever checks a part of it later."""

    @model_validator(mode="after")
    def _a_duet_is_of_shows_that_exist(self) -> "Settings":
        duet = self.live_config.duet
        if missing := [name for name in (duet.shows if duet else ()) if name not in self.shows]:
            raise ValueError(f"live_config.duet: there is no show {missing[0]}; add it to the section shows")
        return self


LATER: frozenset[str] = frozenset()
"""Sections that a file may hold already and that this version does not read."""
THEIRS: Mapping[str, frozenset[str]] = {
    "system_config": frozenset(("conf_version",)),
    "live_config": frozenset(("bilibili_live",)),
}
"""Keys of existing files that are known and not read."""


def load(path: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check a configuration; without a path `conf.yaml`, and without that file the defaults.

    Raises ConfigError that names every fault at once.
    """
    file = path or DEFAULT_FILE
    if path is None and not file.is_file():
        return Settings(file=file)
    return checked(content(file), file, environment)


def checked(data: bytes, file: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that a file with this content holds. Raises ConfigError that names every fault at once."""
    written, source = parsed(data, file.name)
    return settings_from(written, source, file, environment)


def settings_from(
    written: Mapping[str, Any], source: Source, file: Path, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return the settings that a file says, as it was written; `source` says where a fault is. Raises ConfigError."""
    notes: list[str] = []
    environment = environment_of(file.parent, environment, notes)
    given = with_keys(with_environment(written, environment, notes, file.name), environment)
    notes.extend(unknown_keys(given))
    try:
        settings = Settings.model_validate({**given, "folder": file.parent, "file": file, "source": source})
    except ValidationError as error:
        raise source.wrong(source.faults(error, Settings)) from error
    return settings.model_copy(update={"notes": (*notes, *settings.live_config.chat.notes)})


def character(
    base: Character, file: Path, environment: Mapping[str, str] = os.environ
) -> tuple[Character, Sequence[str]]:
    """Return the base with what a character file says instead, and notes about the file. Raises ConfigError."""
    notes: list[str] = []
    written, source = read(file, environment, notes)
    try:
        given = written.get("character_config")
        if not isinstance(given, dict) or not given:
            raise ConfigError(f"{file.name} holds no character_config.")
        return Character.model_validate(_merged(base.model_dump(), given)), notes
    except ValidationError as error:
        raise source.wrong(source.faults(error, Character, ("character_config",))) from error
    except RecursionError:
        raise ConfigError(f"{file.name} is nested too deeply.") from None


def _merged(base: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(base[key], each)
        for key, each in given.items()
        if isinstance(each, dict) and isinstance(base.get(key), dict)
    }
    return {**base, **given, **both}


def overridden(
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    data_dir: Path | None = None,
    channel: str | None = None,
) -> Settings:
    """Return the settings with what the command line says instead. Raises ConfigError."""
    system = {"host": host, "port": port, "data_dir": data_dir}
    twitch = {} if channel is None else {"channel": channel}
    live = settings.live_config
    try:
        return settings.model_copy(
            update={
                "system_config": SystemConfig.model_validate(
                    {
                        **dict(settings.system_config),
                        **{key: each for key, each in system.items() if each is not None},
                    }
                ),
                "live_config": live.model_copy(update={"twitch": live.twitch.model_copy(update=twitch)}),
            }
        )
    except ValidationError as error:
        raise ConfigError(faults(error)) from error


def without_traces(settings: Settings, folder: Path) -> Settings:
    """Return the settings with everything that is kept going into `folder` instead."""
    kept = {"data_dir": folder, "storage_url": SecretStr("")}
    return settings.model_copy(update={"system_config": settings.system_config.model_copy(update=kept)})


def unknown_keys(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield a remark for each key of the outer sections that nobody reads."""
    known = set(Settings.model_fields) - {"folder", "file", "notes", "source"}
    for name in given:
        if name in LATER:
            yield f"The section {name} is not read by this version."
        elif name not in known:
            yield f"{name} is not a section that we know. {nearest(name, known | LATER)}".rstrip()
    for section, theirs in THEIRS.items():
        model = Settings.model_fields[section].annotation
        fields = set(getattr(model, "model_fields", {})) | theirs
        written = given.get(section)
        for name in written if isinstance(written, dict) else ():
            if name not in fields:
                yield f"{section}.{name} is not a key that we know. {nearest(name, fields)}".rstrip()
