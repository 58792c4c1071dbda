"""The assembly: settings → parts → shows → web application. Nobody else introduces parts to each other."""

import asyncio
import logging
import mimetypes
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from fastapi import FastAPI

from open_llm_vtuber import config
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.config import Settings, TTSConfig
from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.ports import Engine, LanguageModel, SpeechSynthesizer
from open_llm_vtuber.protocol.server_messages import ConfigFile
from open_llm_vtuber.routes import web_app
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show.show import Billing, Show
from open_llm_vtuber.shows import LocalShows, Shows
from open_llm_vtuber.stimulus import ChatEvent, EngineStatus
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.tts.fallback_voice import FallbackVoice
from open_llm_vtuber.twitch.channel_name import channel_name
from open_llm_vtuber.twitch.twitch_client import TwitchClient

log = logging.getLogger(__name__)

ON_AIR = "main"
"""The show that the pages join and that chat feeds."""
EMBEDDED_VOICES = ("embedded_tts", "tone_tts")
"""Voices that need nobody, the better one first."""
PICTURES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"))
Report = Callable[[str], None]
"""Tells the operator what is going on, one sentence at a time."""
AnyEngine = TypeVar("AnyEngine", bound=Engine)

# Windows may have learnt from its registry that .js is text/plain, and then no module script runs.
mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True, slots=True)
class OnAir:
    """A running server's parts, as those outside need them."""

    shows: Shows
    providers: Mapping[str, EngineStatus]
    voice: SpeechSynthesizer


@asynccontextmanager
async def on_air(settings: Settings, report: Report) -> AsyncGenerator[OnAir, None]:
    """Start every part, and stop them in the reverse order. Raises ConfigError.

    A loop that crashes cancels the caller: a server that has lost a part ends loudly instead of pretending.
    """
    character = settings.character_config
    billing = _billing(settings)
    async with AsyncExitStack() as stack:
        agent = character.agent_config.agent_settings.basic_memory_agent
        options = character.agent_config.llm_configs.get(agent.llm_provider, {})
        llm, llm_status = await _start(
            stack, LLM_ENGINES, agent.llm_provider, options, ("embedded_llm", "scripted_llm"), report
        )
        providers = {"llm": _described(llm_status, llm)}
        voice = await _voice(stack, character.tts_config, providers, report)
        store = MemoryStore()

        def build(name: str) -> Show:
            persona = BasicMemoryAgent(llm, character.persona_prompt, billing.model.emotions)
            return Show(
                name,
                billing,
                adapter=OrphiqAdapter(persona),
                voice=voice,
                store=store,
                providers=providers,
                shared=name in settings.shows,
                first_clause=agent.faster_first_response,
            )

        shows = await stack.enter_async_context(LocalShows(build, tuple(settings.shows)))
        sources = _chat_sources(settings, shows)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        readers = [group.create_task(source.run()) for source in sources]
        try:
            yield OnAir(shows, providers, voice)
        finally:
            for reader in readers:
                reader.cancel()


def is_demo(settings: Settings) -> bool:
    """Whether the configured brain is one that only proves the pipeline. Raises ConfigError."""
    character = settings.character_config
    name = character.agent_config.agent_settings.basic_memory_agent.llm_provider
    if name not in LLM_ENGINES:
        return True  # a demo brain takes its place
    return LLM_ENGINES.build(name, character.agent_config.llm_configs.get(name, {})).abilities.is_demo


def frontend_folder() -> Path:
    """Return where the pages are: in the package or, in a checkout, at the root of the repository."""
    packaged = Path(__file__).parent / "frontend"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "frontend"


def web(settings: Settings, parts: OnAir) -> FastAPI:
    """Build the web application of running parts."""
    return web_app(
        parts.shows,
        settings.system_config,
        human_name=settings.character_config.human_name,
        frontend=frontend_folder(),
        folder=settings.folder,
        voice=parts.voice,
    )


async def _voice(
    stack: AsyncExitStack, wanted: TTSConfig, providers: dict[str, EngineStatus], report: Report
) -> FallbackVoice:
    """Start the chosen voice and those that stand in for it; `providers` always says which one speaks."""
    name = wanted.tts_model
    first, status = await _start(stack, TTS_ENGINES, name, wanted.options(name), EMBEDDED_VOICES, report)
    voices = {status.engine: first}
    is_embedded = status.engine in EMBEDDED_VOICES
    by_default = () if is_embedded else EMBEDDED_VOICES
    for spare in by_default if wanted.fallback is None else wanted.fallback:
        if spare in voices:
            continue
        engine = TTS_ENGINES.build(spare, wanted.options(spare))
        try:
            voices[spare] = await _entered(stack, engine)
        except EngineError as error:
            report(f"{spare} cannot stand in for {status.engine}: {error}")

    def on_change(engine: str, note: str) -> None:
        providers["tts"] = EngineStatus(engine=engine, note=f"{status.note} {note}".strip())

    providers["tts"] = status
    return FallbackVoice(voices, on_change)


async def _start(
    stack: AsyncExitStack,
    table: EngineTable[AnyEngine],
    name: str,
    options: Mapping[str, object],
    instead: tuple[str, str],
    report: Report,
) -> tuple[AnyEngine, EngineStatus]:
    """Start an engine; one that we do not have or that cannot run here is replaced, and that is said."""
    note = ""
    if name not in table:
        note = f"{name} is not available in this version; {instead[0]} is used instead."
        name, options = instead[0], {}
    try:
        return await _entered(stack, table.build(name, options)), _status(name, note, report)
    except (EngineError, ConfigError) as error:
        if name != instead[0]:
            raise ConfigError(str(error)) from error
        note = f"{note} {name} cannot run here: {error} {instead[1]} is used instead.".strip()
    engine = await _entered(stack, table.build(instead[1], {}))
    return engine, _status(instead[1], note, report)


async def _entered(stack: AsyncExitStack, engine: AnyEngine) -> AnyEngine:
    await engine.__aenter__()
    stack.push_async_exit(engine.__aexit__)
    return engine


def _status(name: str, note: str, report: Report) -> EngineStatus:
    if note:
        report(note)
    return EngineStatus(engine=name, note=note)


def _described(status: EngineStatus, llm: LanguageModel) -> EngineStatus:
    return EngineStatus(engine=status.engine, note=status.note, is_demo=llm.abilities.is_demo)


def _billing(settings: Settings) -> Billing:
    character, channel = settings.character_config, settings.live_config.twitch.channel
    return Billing(
        conf_name=character.conf_name,
        conf_uid=character.conf_uid,
        character_name=character.name,
        avatar=character.avatar,
        model=config.avatar(settings, frontend_folder()),
        configs=(ConfigFile(filename=config.DEFAULT_FILE.name, name=character.conf_name),),
        backgrounds=_backgrounds(settings.folder / "backgrounds"),
        channel=channel_name(channel) if channel else "",
    )


def _backgrounds(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(file.name for file in folder.iterdir() if file.suffix.lower() in PICTURES))


def _chat_sources(settings: Settings, shows: Shows) -> list[TwitchClient]:
    twitch = settings.live_config.twitch
    if not settings.features.twitch or not twitch.channel:
        return []

    async def tell(event: ChatEvent) -> None:
        await shows.tell(ON_AIR, ChatHappened(event))

    token = twitch.token.get_secret_value() or None
    return [TwitchClient(token, twitch.channel, tell, status_callback=tell, endpoint=twitch.endpoints.irc)]
