"""Where the set-up's choices are tried, written down and put on air."""

import asyncio
import importlib.util
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError, ErrorCode, ProtocolError
from open_llm_vtuber.first_run import tryout
from open_llm_vtuber.first_run.choices import (
    Choices,
    EmbeddedBrain,
    Engine,
    OpenAIVoice,
    ServedBrain,
    Voice,
    brain_engine,
    persona_prompt,
    voice_engine,
)
from open_llm_vtuber.first_run.files import put, put_aside
from open_llm_vtuber.first_run.runs import Run, Runs
from open_llm_vtuber.first_run.servers import PLACES, Found, found
from open_llm_vtuber.first_run.written_file import conf_yaml, section_of
from open_llm_vtuber.settings.keys import FILE as KEYS
from open_llm_vtuber.settings.keys import read_keys, write_keys
from open_llm_vtuber.twitch.channel_name import channel_name

EDGE_NEEDS = ("edge_tts", "miniaudio")
BUSY = "Something is being tried already; wait until it is done."


class Unfit(ProtocolError):
    """A choice that cannot be acted on. `field` is where on the page it is put right."""

    def __init__(self, message: str, field: str, code: ErrorCode = "bad-message") -> None:
        super().__init__(message, code=code)
        self.field = field


@dataclass(frozen=True, slots=True)
class Written:
    """What has been put where."""

    file: str
    copy: str
    """The file before, under its new name; "" when there was none."""
    keys: tuple[str, ...]
    """Names of the keys that went into their own file."""


class SetUpDesk:
    """Serves the set-up page. One engine is tried at a time."""

    def __init__(
        self,
        file: Path,
        runs: Runs,
        *,
        environment: Mapping[str, str] = os.environ,
        places: Mapping[str, str] = PLACES,
    ) -> None:
        """`file` is what is written; `places` are where language models are looked for."""
        self.file = file
        self.runs = runs
        self._environment = environment
        self._places = places
        self._trying = asyncio.Lock()

    @property
    def is_set_up(self) -> bool:
        """Whether there is a configuration already."""
        return self.file.exists()

    @property
    def has_edge(self) -> bool:
        """Whether Microsoft's voice can be used here."""
        return all(importlib.util.find_spec(name) for name in EDGE_NEEDS)

    def has_key(self, variable: str) -> bool:
        """Whether there is a key of that name in the environment or in the file for keys. Raises ConfigError."""
        return bool(self._key_of(variable))

    async def servers(self) -> Sequence[Found]:
        """Look for language models on this machine."""
        return await found(self._places)

    async def try_brain(self, brain: ServedBrain) -> str:
        """Return how its answer to one request begins. Raises Unfit, EngineError or ConfigError."""
        key = self._key(brain, "brain.key")
        engine = brain_engine(brain, has_key=bool(key))
        async with self._alone():
            return await tryout.answer(engine, key, persona_prompt("a streamer", ""))

    async def sample(self, voice: Voice, name: str) -> bytes:
        """Return a WAV of what it sounds like. Raises Unfit, EngineError or ConfigError."""
        key = self._key(voice, "voice.key") if isinstance(voice, OpenAIVoice) else ""
        engine = voice_engine(voice, has_key=bool(key))
        greeting = f"Hello everyone, I am {name}. It is lovely that you are here!" if name else "Hello!"
        async with self._alone():
            return await tryout.sample(engine, key, greeting)

    async def apply(self, choices: Choices) -> Written:
        """Write the files and let the next run use them. Raises Unfit or ConfigError; then nothing is changed."""
        async with self._alone():
            settings, written = await asyncio.to_thread(self._write, choices)
        self.runs.plan(Run(settings, rehearses=choices.rehearse))
        return written

    def go_live(self, *, rehearses: bool) -> None:
        """Begin a run with the present settings, as a rehearsal or not."""
        self.runs.plan(Run(self.runs.present.settings, rehearses=rehearses))

    def _alone(self) -> asyncio.Lock:
        if self._trying.locked():
            raise Unfit(BUSY, "", code="busy")
        return self._trying

    def _write(self, choices: Choices) -> tuple[Settings, Written]:
        if self.is_set_up and not choices.replace:
            raise Unfit(f"There is a {self.file.name} already: say that it may be replaced.", "replace")
        channel = _channel(choices)
        choices = choices.model_copy(update={"channel": channel})
        brain, voice = self._engines(choices)
        keys = self._entered(choices)
        today = datetime.now(UTC).astimezone().date()
        text = conf_yaml(choices, brain, voice, today, self._system())
        self._settings_of(text, keys)
        write_keys(self.file.parent, keys)
        copy = put_aside(self.file)
        put(self.file, text)
        settings = self._overridden(config.load(self.file, self._environment))
        return settings, Written(self.file.name, copy, tuple(keys))

    def _engines(self, choices: Choices) -> tuple[Engine, Engine]:
        brain, voice = choices.brain, choices.voice
        brain_key = self._key(brain, "brain.key") if isinstance(brain, ServedBrain) else ""
        known = {brain.variable} if isinstance(brain, ServedBrain) and brain_key else set()
        voice_key = ""
        if isinstance(voice, OpenAIVoice):
            voice_key = "given" if voice.variable in known else self._key(voice, "voice.key")
        return brain_engine(brain, has_key=bool(brain_key)), voice_engine(voice, has_key=bool(voice_key))

    def _entered(self, choices: Choices) -> dict[str, str]:
        """Return the keys that were typed in, by name."""
        keys: dict[str, str] = {}
        for part in (choices.voice, choices.brain):  # two for the same account: the brain's was tried first
            if isinstance(part, ServedBrain | OpenAIVoice) and part.key.get_secret_value():
                keys[part.variable] = part.key.get_secret_value()
        return {name: key for name, key in keys.items() if self._environment.get(name) != key}

    def _key(self, part: ServedBrain | OpenAIVoice, field: str) -> str:
        """Return the key to use, "" where none is needed. Raises Unfit."""
        entered, there = part.key.get_secret_value(), self._key_of(part.variable)
        from_outside = self._environment.get(part.variable, "")
        if entered and from_outside and entered != from_outside:
            raise Unfit(
                f"The environment has another {part.variable}, which would count more. Leave this empty to use "
                "that one, or start the program without it.",
                field,
            )
        if not entered and not there and _needs_key(part):
            raise Unfit(f"A key is needed here; it is kept in {KEYS} as {part.variable}.", field)
        return entered or there

    def _key_of(self, variable: str) -> str:
        return self._environment.get(variable) or read_keys(self.file.parent, []).get(variable, "")

    def _system(self) -> str:
        """Return the section of the file before that says who may connect: a new file must not open the door."""
        try:
            return section_of(self.file.read_text(encoding="utf-8-sig"), "system_config")
        except (OSError, UnicodeDecodeError):
            return ""

    def _settings_of(self, text: str, keys: Mapping[str, str]) -> None:
        """Read the text as it will be read, before it replaces anything. Raises ConfigError."""
        there = {**read_keys(self.file.parent, []), **keys, **self._environment}
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder, self.file.name)
            trial.write_text(text, encoding="utf-8")
            self._overridden(config.load(trial, there))

    def _overridden(self, settings: Settings) -> Settings:
        """Keep what the running server was started with: it goes on listening where it does."""
        system = self.runs.present.settings.system_config
        return config.overridden(settings, host=system.host, port=system.port, data_dir=system.data_dir)


def _needs_key(part: ServedBrain | OpenAIVoice) -> bool:
    if isinstance(part, OpenAIVoice):
        return part.address is None
    return part.address is None and part.variable != "LLM_API_KEY"


def _channel(choices: Choices) -> str:
    if not choices.channel:
        return ""
    try:
        name = channel_name(choices.channel)
    except ConfigError as error:
        raise Unfit(str(error), "channel") from None
    if isinstance(choices.brain, EmbeddedBrain) and not choices.demo_on_channel:
        raise Unfit(
            "The demo brain would answer this chat aloud, and it says little of sense. Tick the box if you want that.",
            "demo_on_channel",
        )
    return name
