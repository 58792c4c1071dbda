"""Casting: a character of the configuration becomes a role that a show can play, with its engines running."""

import asyncio
import logging
from collections import ChainMap
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from open_llm_vtuber import config
from open_llm_vtuber.agent.agents.hume_ai import HumeOptions
from open_llm_vtuber.agent.judge import LlmJudge
from open_llm_vtuber.characters import CharacterFiles, Listed, Listing
from open_llm_vtuber.config import Character, Settings, TTSConfig
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.live2d.reading import avatar
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.persona import OURS as TAGS
from open_llm_vtuber.persona import Persona, persona
from open_llm_vtuber.ports import Adapter, Judge, LanguageModel, SpeechSynthesizer
from open_llm_vtuber.protocol.parts import ConfigFile
from open_llm_vtuber.show.role import Billing, Role
from open_llm_vtuber.show.spoken_text import SpokenText
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.web.public_files import backgrounds

log = logging.getLogger(__name__)

T = TypeVar("T")
EMBEDDED_VOICES = ("embedded_tts", "tone_tts")
"""Voices that need nobody, the better one first: they stand in for every other."""
OUR_AGENT = "basic_memory_agent"
HUMES_AGENT = "hume_ai_agent"
AGENTS = (OUR_AGENT, HUMES_AGENT)
"""Those that can be chosen; every other is our own instead."""
HUME_ENDS = (
    "Hume announced that it ends its voice interface (EVI) on 13 November 2026. "
    f"If it does not answer any more, set conversation_agent_choice to {OUR_AGENT}."
)
READING_LIMIT: Seconds = 20.0
"""How long a disk may take over the character files."""
NewChain = Callable[[Mapping[str, SpeechSynthesizer], Callable[[str, str], None]], SpeechSynthesizer]
"""Makes one voice of several; it says whenever another one speaks, and why."""
Mind = LanguageModel | HumeOptions
"""What the words of a character come from: a language model, or Hume's interface, which needs none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What an adapter's agent is made of: what it thinks with, and what it is told of who it is."""

    llm: Mind
    persona: str
    emotions: Collection[str]
    tool_servers: Collection[str]


NewAdapters = Callable[[Script, Script | None], Mapping[Mode, Adapter]]
"""Makes a show's own sources of words of the character's script, and of that for the remote provider if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A character with all that its role needs but the adapter, which is each show's own."""

    billing: Billing
    llm: Mind
    voice: SpeechSynthesizer
    persona: Persona
    remote_persona: Persona | None
    """What the remote provider is told, where there is one."""
    providers: Mapping[str, EngineStatus]
    character: Character
    end: Callable[[], Awaitable[None]]
    notes: tuple[str, ...]
    is_own: bool
    """Whether it is the configuration's own."""


class Casting:
    """Keeps the `Repertoire` port with the characters of the configuration.

    Entering starts the engines of the configuration's own character; raises ConfigError.
    """

    def __init__(  # noqa: PLR0913  its parts, each by name
        self,
        settings: Settings,
        *,
        frontend: Path,
        channel: str,
        llms: EnginePool[LanguageModel],
        voices: EnginePool[SpeechSynthesizer],
        chain: NewChain,
        adapters: NewAdapters,
        remote: LanguageModel | None = None,
        unavailable: Mapping[Mode, str] | None = None,
        others: MutableMapping[str, EngineStatus],
    ) -> None:
        """`others` are the engines that serve every character alike; they may change while the server runs.

        `remote` is the provider of the mode `external-api`; `unavailable` says why a mode cannot be chosen.
        """
        self.notes: tuple[str, ...] = ()
        """What an operator should know after the start, one sentence each."""
        self._settings = settings
        self._frontend = frontend
        self._channel = channel
        self._llms = llms
        self._voices = voices
        self._chain = chain
        self._adapters = adapters
        self._remote = remote
        self._unavailable = unavailable or {}
        self._others = others
        self._files = CharacterFiles(settings)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="characters")
        self._told: tuple[str, ...] = ()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.callback(self._reader.shutdown, wait=False, cancel_futures=True)
            listing = await self._in_thread(self._files.listing)
            self._own = await self._ready(listing.characters[0])
            stack.push_async_callback(self._own.end)
            self._stack = stack.pop_all()
        self.notes, self._told = (*self._own.notes, *listing.notes), listing.notes
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._stack.aclose()

    def opening(self) -> Role:
        """Return the configuration's own character, for a show that begins. Its engines stay with the casting."""
        return self._role(self._own, _nothing_to_end)

    async def configs(self) -> Sequence[ConfigFile]:
        """Return the characters there are now."""
        listing = await self._listing()
        return [ConfigFile(filename=each.file, name=each.name) for each in listing.characters]

    async def backgrounds(self) -> Sequence[str]:
        """Return the pictures there are now."""
        return await self._in_thread(lambda: backgrounds(self._settings.folder))

    async def become(self, file: str) -> Role:
        """Return the character of that file with its engines running. Raises ProtocolError or ConfigError."""
        listed = (await self._listing()).find(file)
        if listed is None:
            raise ProtocolError("There is no such character; config-files names them.", code="not-found")
        ready = await self._ready(listed)
        for note in ready.notes:
            log.warning("%s: %s", listed.file, note)
        return self._role(ready, ready.end)

    async def prepared(self, settings: Settings) -> Callable[[], None]:
        """Read anew what the persona is made of, and return what lets that count; engines stay as they are.

        Raises ProtocolError when the disk is too slow.
        """
        own, remote = self._own, self._remote
        text = settings.character_config.persona_prompt
        character = own.character.model_copy(update={"persona_prompt": text})
        who = await self._in_thread(lambda: self._persona(character, own.llm, own.billing.model))
        remote_who = (
            await self._in_thread(lambda: self._persona(character, remote, own.billing.model))
            if remote
            else None
        )

        def take() -> None:
            self._settings, self._files = settings, CharacterFiles(settings)
            self._own = replace(own, character=character, persona=who, remote_persona=remote_who)

        return take

    async def _listing(self) -> Listing:
        listing = await self._in_thread(self._files.listing)
        for note in listing.notes:
            if note not in self._told:  # once, not at every request
                log.warning("%s", note)
        self._told = listing.notes
        return listing

    async def _ready(self, listed: Listed) -> _Ready:
        character = listed.character
        model = await self._in_thread(
            lambda: avatar(self._settings, self._frontend, character.live2d_model_name)
        )
        async with AsyncExitStack() as stack:
            llm, words = await self._words(stack, character)
            # What serves all is looked up anew each time: it may be another one by then.
            providers = ChainMap({"llm": words}, self._others)
            voice, voice_notes = await self._voice(stack, character.tts_config, providers)
            who = await self._in_thread(lambda: self._persona(character, llm, model))
            remote = self._remote
            remote_who = (
                await self._in_thread(lambda: self._persona(character, remote, model)) if remote else None
            )
            return _Ready(
                billing=self._billing(listed, model),
                llm=llm,
                voice=voice,
                persona=who,
                remote_persona=remote_who,
                providers=providers,
                character=character,
                notes=tuple(filter(None, (_other_agent(character), words.note, *voice_notes, *who.notes))),
                end=stack.pop_all().aclose,
                is_own=listed.file == config.DEFAULT_FILE.name,
            )

    async def _words(self, stack: AsyncExitStack, character: Character) -> tuple[Mind, EngineStatus]:
        """Start the language model, where the character's agent needs one; return also who gives the words."""
        if is_humes(character):
            options = HumeOptions.of(character.agent_config.agent_settings.hume_ai_agent)
            return options, EngineStatus(engine=HUMES_AGENT, note=HUME_ENDS if options.is_at_hume else "")
        lease = await self._llms.take(*character.agent_config.language_model())
        stack.push_async_callback(lease.end)
        return lease.engine, _described(lease.status, lease.engine)

    async def _voice(
        self, stack: AsyncExitStack, wanted: TTSConfig, providers: MutableMapping[str, EngineStatus]
    ) -> tuple[SpeechSynthesizer, list[str]]:
        """Start the chosen voice and those that stand in for it; `providers` always says which one speaks."""
        first = await self._voices.take(wanted.tts_model, wanted.options(wanted.tts_model))
        stack.push_async_callback(first.end)
        status, voices, notes = first.status, {first.status.engine: first.engine}, [first.status.note]
        by_default = () if status.engine in EMBEDDED_VOICES else EMBEDDED_VOICES
        for spare in by_default if wanted.fallback is None else wanted.fallback:
            if spare in voices:
                continue
            try:
                lease = await self._voices.take_as_named(spare, wanted.options(spare))
            except EngineError as error:
                notes.append(f"{spare} cannot stand in for {status.engine}: {error}")
                continue
            stack.push_async_callback(lease.end)
            voices[spare] = lease.engine

        def on_change(engine: str, note: str) -> None:
            providers["tts"] = EngineStatus(engine=engine, note=f"{status.note} {note}".strip())

        providers["tts"] = status
        return self._chain(voices, on_change), notes

    def _role(self, ready: _Ready, leave: Callable[[], Awaitable[None]]) -> Role:
        remote = self._remote
        agent = ready.character.agent_config.agent_settings.basic_memory_agent
        shown_only = ready.character.tts_preprocessor_config
        adapters = self._adapters(
            _script(ready, ready.llm, ready.persona),
            _script(ready, remote, ready.remote_persona) if remote and ready.remote_persona else None,
        )

        def reread() -> Judge | None:
            now = self._own if ready.is_own else ready
            told: Mapping[Mode, Persona | None] = {"orphiq": now.persona, "external-api": now.remote_persona}
            for mode, who in told.items():
                if who and mode in adapters:
                    adapters[mode].take_persona(who.text, _emotions(ready, who))
            return self._judge(ready.llm)

        async def left() -> None:
            for adapter in adapters.values():
                await adapter.end()
            await leave()

        return Role(
            billing=ready.billing,
            adapters=adapters,
            unavailable=self._unavailable,
            voice=ready.voice,
            providers=ready.providers,
            first_clause=agent.faster_first_response,
            spoken=SpokenText(
                brackets=shown_only.ignore_brackets,
                parentheses=shown_only.ignore_parentheses,
                asterisks=shown_only.ignore_asterisks,
                angle_brackets=shown_only.ignore_angle_brackets,
                special=shown_only.remove_special_char,
            ),
            judge=self._judge(ready.llm),
            reread=reread,
            leave=left,
        )

    def _judge(self, llm: LanguageModel | HumeOptions) -> Judge | None:
        moderation = self._settings.live_config.chat.moderation
        if moderation.judge.use == "none" or isinstance(llm, HumeOptions):
            return None
        return LlmJudge(llm, (*moderation.topics, *moderation.judge.rules))

    def _billing(self, listed: Listed, model: Live2dModel) -> Billing:
        character = listed.character
        return Billing(
            conf_name=listed.name,
            conf_uid=character.conf_uid,
            character_name=character.name,
            avatar=character.avatar,
            model=model,
            channel=self._channel,
            human_name=character.human_name,
        )

    def _persona(self, character: Character, llm: Mind, model: Live2dModel) -> Persona:
        prompts = self._settings.system_config.tool_prompts
        if isinstance(llm, HumeOptions):  # it speaks by itself, and would say the tags aloud
            prompts = {name: stem for name, stem in prompts.items() if name != TAGS}
        elif llm.abilities.is_demo and not llm.abilities.emotion_tags:
            return Persona(character.persona_prompt)  # a tiny model only gets confused by rules
        return persona(character.persona_prompt, prompts, self._settings.folder, model.emotions)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(READING_LIMIT):
                return await asyncio.get_running_loop().run_in_executor(self._reader, work)
        except TimeoutError:
            raise ProtocolError("The disk is too slow just now; try again.", code="busy") from None


def _script(ready: _Ready, llm: Mind, persona: Persona) -> Script:
    agent = ready.character.agent_config.agent_settings.basic_memory_agent
    return Script(
        llm=llm,
        persona=persona.text,
        emotions=_emotions(ready, persona),
        tool_servers=agent.tool_servers,
    )


def _emotions(ready: _Ready, persona: Persona) -> Collection[str]:
    return () if persona.names_emotions else ready.billing.model.emotions


async def _nothing_to_end() -> None:
    return


def _described(status: EngineStatus, llm: LanguageModel) -> EngineStatus:
    return EngineStatus(engine=status.engine, note=status.note, is_demo=llm.abilities.is_demo)


def is_humes(character: Character) -> bool:
    """Return whether Hume answers for that character."""
    return character.agent_config.conversation_agent_choice == HUMES_AGENT


def _other_agent(character: Character) -> str:
    choice = character.agent_config.conversation_agent_choice
    if choice in AGENTS:
        return ""
    return f"The agent {choice} is not available; {OUR_AGENT} is used instead."
