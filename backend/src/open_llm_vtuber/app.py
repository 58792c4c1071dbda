"""The assembly: settings → parts → shows → web application. Nobody else introduces parts to each other."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from fastapi import FastAPI

from open_llm_vtuber import web_client
from open_llm_vtuber.adapters.autonomous_adapter import AutonomousAdapter
from open_llm_vtuber.adapters.base_adapter import BackendAdapter
from open_llm_vtuber.adapters.external_api_adapter import ExternalAPIAdapter
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.agent.memory import Memory
from open_llm_vtuber.api import ON_AIR
from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.asr.fallback_ear import FallbackEar
from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.autonomous.settings import read as autonomous_settings
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.casting import EMBEDDED_VOICES, Casting, Script
from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.config import Character, Features, Settings
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.groups import Groups
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.mcp_servers import mcp_servers
from open_llm_vtuber.mcp_tools.toolboxes import McpToolboxes
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.persona import group_prompt, speak_up_prompt
from open_llm_vtuber.ports import Adapter, SpeechRecognizer, SpeechSynthesizer, Store, VoiceActivityDetector
from open_llm_vtuber.proxy import Proxy
from open_llm_vtuber.routes import web_app
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.commands import ChatHappened, Describe, Hello
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.show import SPEAK_UP, Show
from open_llm_vtuber.show.text_desk import Places
from open_llm_vtuber.shows import LocalShows, Shows
from open_llm_vtuber.stimulus import ChatEvent, EngineStatus
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.storage.sql_store import sql_store
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.tts.fallback_voice import FallbackVoice
from open_llm_vtuber.twitch.channel_name import channel_name
from open_llm_vtuber.twitch.twitch_client import TwitchClient
from open_llm_vtuber.vad import VAD_ENGINES
from open_llm_vtuber.vts.output import VTubeStudioOutput

log = logging.getLogger(__name__)

EAR = "embedded_asr"
NONE = "none"
Report = Callable[[str], None]
"""Tells the operator what is going on, one sentence at a time."""


@dataclass(frozen=True, slots=True)
class OnAir:
    """A running server's parts, as those outside need them."""

    shows: Shows
    providers: Mapping[str, EngineStatus]
    voice: SpeechSynthesizer
    brain: Adapter
    """The opening character's, in nobody's conversation."""
    ear: SpeechRecognizer | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Staging:
    """What a rehearsal has instead of chance, of the time of day, and of a store that lasts."""

    seed: int
    wall: Callable[[], datetime]


@asynccontextmanager
async def on_air(
    settings: Settings, report: Report, *, drives_outputs: bool = True, staging: Staging | None = None
) -> AsyncGenerator[OnAir, None]:
    """Start every part, and stop them in the reverse order. Raises ConfigError.

    A loop that crashes cancels the caller: a server that has lost a part ends loudly instead of pretending.
    """
    if client := settings.system_config.web_client_dir:
        web_client.checked(settings.folder / client)
    unasked = _unasked(settings, report, staging)
    async with AsyncExitStack() as stack:
        character = settings.character_config
        serving_all: dict[str, EngineStatus] = {}
        ear = await _ear(stack, character, serving_all, report)
        detector = await _detector(stack, character, report) if ear else None
        casting = await _casting(stack, settings, serving_all, report)
        for note in casting.notes:
            report(note)
        system = settings.system_config
        store: Store = MemoryStore()
        if staging is None:
            url = system.storage_url.get_secret_value()
            store = await stack.enter_async_context(sql_store(url, system.data_dir))
        build = _stage(settings, casting, store, lambda: Ears(ear, detector), unasked, report)
        local = await stack.enter_async_context(
            LocalShows(build, tuple(settings.shows), settings.features.off)
        )
        shows = await stack.enter_async_context(_groups(local, settings, report))
        proxy = Proxy(shows, character.human_name) if system.enable_proxy else None
        if proxy:
            await stack.enter_async_context(proxy)
        loops = _loops(settings, shows, report, drives_outputs=drives_outputs)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        running = [group.create_task(loop.run()) for loop in loops]
        role = casting.opening()
        try:
            yield OnAir(shows, role.providers, role.voice, role.adapters["orphiq"], ear, proxy)
        finally:
            for task in running:
                task.cancel()


def _stage(
    settings: Settings,
    casting: Casting,
    store: Store,
    ears: Callable[[], Ears],
    unasked: Callable[[str], Autonomy | None],
    report: Report,
) -> Callable[[str], Show]:
    """Return what builds a show of a name: what all shows share is made here, once."""
    places, chat = Places(), settings.live_config.chat
    tuned = ChannelSettings(
        chat=chat, sheets=CueSheets(settings.cue_sheets), may_move=settings.features.character_control
    )
    speak_up = speak_up_prompt(settings.system_config.tool_prompts, settings.folder, report) or SPEAK_UP

    def build(name: str) -> Show:
        named = settings.shows.get(name)
        return Show(
            name,
            casting.opening(),
            store=store,
            repertoire=casting,
            guard=Guard(chat.moderation),
            channel=tuned,
            shared=named is not None,
            ears=ears(),
            speak_up=speak_up,
            mode=named.mode if named else "orphiq",
            places=places,
            autonomy=unasked(name),
        )

    return build


def _unasked(settings: Settings, report: Report, staging: Staging | None) -> Callable[[str], Autonomy | None]:
    """Return what makes for a show of that name that which she does unasked; nothing where it is switched off.

    Raises ConfigError.
    """
    written = autonomous_settings(settings.autonomous, settings.folder, settings.source)
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


def _groups(shows: Shows, settings: Settings, report: Report) -> Groups:
    system = settings.system_config
    return Groups(
        shows,
        rounds=system.group_rounds,
        accepts=system.group_invitations == "accept",
        scene=group_prompt(system.tool_prompts, settings.folder, report),
    )


def is_demo(settings: Settings) -> bool:
    """Whether the configured brain is one that only proves the pipeline. Raises ConfigError."""
    name, options = settings.character_config.agent_config.language_model()
    if name not in LLM_ENGINES:
        return True  # a demo brain takes its place
    return LLM_ENGINES.build(name, options).abilities.is_demo


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
        ear=parts.ear,
        proxy=parts.proxy,
    )


async def _casting(
    stack: AsyncExitStack, settings: Settings, others: dict[str, EngineStatus], report: Report
) -> Casting:
    """Start the engines of the configuration's own character, and what makes a show of it."""
    channel = settings.live_config.twitch.channel
    brains = EnginePool(LLM_ENGINES, ("embedded_llm", "scripted_llm"))
    voices = EnginePool(TTS_ENGINES, EMBEDDED_VOICES)
    tools = await stack.enter_async_context(McpToolboxes(mcp_servers(settings.folder, report), report))
    casting = Casting(
        settings,
        frontend=frontend_folder(),
        channel=channel_name(channel) if channel else "",
        llms=await stack.enter_async_context(brains),
        voices=await stack.enter_async_context(voices),
        chain=FallbackVoice,
        adapters=lambda own, remote: _adapters(
            own, remote, tools, is_autonomous=settings.features.autonomous
        ),
        unavailable=_unavailable(settings.features),
        others=others,
    )
    return await stack.enter_async_context(casting)


def _adapters(
    own: Script, remote: Script | None, tools: McpToolboxes, *, is_autonomous: bool
) -> Mapping[Mode, Adapter]:
    """Make the adapters of one show. They share a memory, so that a change of the mode forgets nothing."""
    memory = Memory()

    def agent(script: Script) -> BasicMemoryAgent:
        toolbox = tools.toolbox(script.tool_servers, are_of_use=script.llm.abilities.tools)
        return BasicMemoryAgent(script.llm, script.persona, script.emotions, toolbox, memory)

    words: dict[Mode, BackendAdapter] = {"orphiq": OrphiqAdapter(agent(own))}
    if remote:
        words["external-api"] = ExternalAPIAdapter(agent(remote))
    if is_autonomous:
        words["autonomous"] = AutonomousAdapter(words.get("external-api", words["orphiq"]))
    return words


def _unavailable(features: Features) -> Mapping[Mode, str]:
    """Return what a client is told who asks for a mode that there is no adapter for."""
    off = "It is switched off here (features.{})."
    return {
        "external-api": "The configuration names no external_api provider."
        if features.external_api
        else off.format("external_api"),
        "autonomous": off.format("autonomous"),
    }


async def _ear(
    stack: AsyncExitStack, character: Character, providers: dict[str, EngineStatus], report: Report
) -> SpeechRecognizer | None:
    """Start the ear and those that stand in for it; `providers` always says which one listens.

    Without one the show goes on: who talks to her is told.
    """
    asr = character.asr_config
    providers["asr"] = EngineStatus(engine=NONE)
    if asr.asr_model == NONE:
        return None
    pool = await stack.enter_async_context(EnginePool(ASR_ENGINES, (EAR, EAR)))
    try:
        first = await pool.take(asr.asr_model, asr.options(asr.asr_model))
    except (EngineError, ConfigError) as error:
        if asr.asr_model in ASR_ENGINES and asr.asr_model != EAR:
            raise
        providers["asr"] = EngineStatus(engine=NONE, note=f"She cannot hear: {error}")
        report(providers["asr"].note)
        return None
    status = providers["asr"] = first.status
    if status.note:
        report(status.note)
    ears = {status.engine: first.engine}
    for spare in (EAR,) if asr.fallback is None else asr.fallback:
        try:
            if spare not in ears:
                ears[spare] = (await pool.take_as_named(spare, asr.options(spare))).engine
        except EngineError as error:
            report(f"{spare} cannot stand in for {status.engine}: {error}")

    def on_change(engine: str, note: str) -> None:
        providers["asr"] = EngineStatus(engine=engine, note=f"{status.note} {note}".strip())

    return FallbackEar(ears, on_change)


async def _detector(
    stack: AsyncExitStack, character: Character, report: Report
) -> VoiceActivityDetector | None:
    """Start what finds speech in a microphone's sound."""
    vad = character.vad_config
    if vad.vad_model == NONE:
        return None
    pool = await stack.enter_async_context(EnginePool(VAD_ENGINES, ("silero_vad", "energy_vad")))
    lease = await pool.take(vad.vad_model, vad.options())
    if lease.status.note:
        report(lease.status.note)
    return lease.engine


def _chat_sources(settings: Settings, shows: Shows) -> list[TwitchClient]:
    twitch = settings.live_config.twitch
    if not settings.features.twitch or not twitch.channel:
        return []

    async def tell(event: ChatEvent) -> None:
        await shows.tell(ON_AIR, ChatHappened(event))

    token = twitch.token.get_secret_value() or None
    return [TwitchClient(token, twitch.channel, tell, status_callback=tell, endpoint=twitch.endpoints.irc)]


def _loops(
    settings: Settings, shows: Shows, report: Report, *, drives_outputs: bool
) -> list[TwitchClient | VTubeStudioOutput]:
    """Return what runs beside the shows. Raises ConfigError, also for an output that is not to be driven now."""
    outputs = _outputs(settings, shows, report)
    return [*_chat_sources(settings, shows), *(outputs if drives_outputs else ())]


def _outputs(settings: Settings, shows: Shows, report: Report) -> list[VTubeStudioOutput]:
    given = settings.live_config.vtube_studio
    if not given.enabled:
        return []
    return [VTubeStudioOutput(given, lambda: _seat(shows), report, settings.system_config.data_dir)]


@asynccontextmanager
async def _seat(shows: Shows) -> AsyncGenerator[AsyncIterator[str], None]:
    """Join the show on air as a client that shows face and gestures, and no more."""
    client = str(uuid4())
    async with shows.subscribe(ON_AIR, client, listens_only=True) as place:
        for request in (Describe(client), Hello(client, ("expression", "motion"))):
            for message in await shows.ask(place.show, request):
                place.outbox.send(message)
        yield _frames(place.outbox)


async def _frames(outbox: Outbox) -> AsyncGenerator[str, None]:
    with suppress(OutboxClosed):
        while True:
            yield await outbox.get()
