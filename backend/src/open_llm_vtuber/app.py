"""The assembly: settings → parts → shows → web application. Nobody else introduces parts to each other."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI

from open_llm_vtuber.adapters.autonomous_adapter import AutonomousAdapter
from open_llm_vtuber.adapters.base_adapter import BackendAdapter
from open_llm_vtuber.adapters.external_api_adapter import ExternalAPIAdapter
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.agent_interface import AgentInterface
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.agent.agents.hume_ai import HumeAIAgent, HumeOptions
from open_llm_vtuber.agent.memory import Memory
from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.casting import EMBEDDED_VOICES, Casting, Script, is_humes
from open_llm_vtuber.channels import ANONYMOUS, Channels
from open_llm_vtuber.chat_lines import ChatLines
from open_llm_vtuber.comeback import Comeback, listener, stood
from open_llm_vtuber.config import Features, Settings, SystemConfig
from open_llm_vtuber.ear_engines import detector_of, ear_of
from open_llm_vtuber.edits import Edits
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.figures import Figures
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.mcp_servers import mcp_servers
from open_llm_vtuber.mcp_tools.toolboxes import McpToolboxes
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import (
    Adapter,
    LanguageModel,
    SpeechRecognizer,
    SpeechSynthesizer,
    Store,
)
from open_llm_vtuber.remote_brain import ModeFollower, RemoteBrain, remote_brain
from open_llm_vtuber.routes import web_app
from open_llm_vtuber.settings_on_air import edits_of
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.role import Role
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show_builder import ShowBuilder, archive_of
from open_llm_vtuber.shows import LocalShows, Shows
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.storage.sql_store import SqlStore, sql_store
from open_llm_vtuber.traces import Traces
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.tts.fallback_voice import FallbackVoice
from open_llm_vtuber.tts.given_speech import given_speech
from open_llm_vtuber.tts.pcm import RATE
from open_llm_vtuber.twitch.channel_name import channel_name
from open_llm_vtuber.twitch.platform import TwitchPlatform
from open_llm_vtuber.unasked import Staging, unasked
from open_llm_vtuber.vts.output import VTubeStudioOutput
from open_llm_vtuber.web import web_client
from open_llm_vtuber.web.api import ON_AIR
from open_llm_vtuber.web.health import Troubles
from open_llm_vtuber.web.metrics import figure_metrics, provider_metrics, spending_metrics
from open_llm_vtuber.web.model_routes import ModelDesk
from open_llm_vtuber.web.proxy import Proxy

log = logging.getLogger(__name__)


def _both(figures: Figures) -> Callable[[object], None]:
    """Return what tells a fact to the figures and to whoever collects traces."""
    traces = Traces()

    def tell(fact: object) -> None:
        figures.note(fact)
        traces.note(fact)

    return tell


class Loop(Protocol):
    """Something that runs as long as the server."""

    async def run(self) -> None:
        """Run until cancelled."""


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
    books: Bookkeeping
    """What remote language models cost."""
    remote: Adapter | None = None
    """The opening character's in the mode `external-api`, in nobody's conversation."""
    ear: SpeechRecognizer | None = None
    proxy: Proxy | None = None
    reload: Callable[[], None] = lambda: None
    """Has the configuration file read anew."""
    figures: Figures = field(default_factory=Figures)
    """What the named shows have come to."""
    troubles: Troubles = dict
    """What is wrong with parts that no show knows of."""


@asynccontextmanager
async def on_air(
    settings: Settings, report: Report, *, drives_outputs: bool = True, staging: Staging | None = None
) -> AsyncGenerator[OnAir, None]:
    """Start every part, and stop them in the reverse order. Raises ConfigError.

    Without `drives_outputs` no puppet is moved and no log is kept, but for a rehearsal's whose staging says where.
    A loop that crashes cancels the caller: a server that has lost a part ends loudly instead of pretending.
    """
    if client := settings.system_config.web_client_dir:
        web_client.checked(settings.folder / client)
    will = unasked(settings, report, staging)
    async with AsyncExitStack() as stack:
        serving_all: dict[str, EngineStatus] = {}
        figures = Figures()
        ear = await ear_of(stack, settings.character_config, serving_all, report)
        detector = await detector_of(stack, settings.character_config, report) if ear else None
        lines = ChatLines()
        store = MemoryStore() if staging else await _store(stack, settings.system_config)
        llms = await stack.enter_async_context(EnginePool(LLM_ENGINES, ("embedded_llm", "scripted_llm")))
        remote = await stack.enter_async_context(remote_brain(settings, store, llms, serving_all, report))
        casting = await _casting(stack, settings, llms, remote, serving_all, report)
        before = await stood(store, tuple(settings.shows))
        builder = ShowBuilder(
            settings,
            casting,
            store=store,
            recognizer=ear,
            detector=detector,
            will=will,
            books=remote.books,
            lines=lines,
            report=report,
            stood=before,
            archive=archive_of(
                stack, settings, report, serving_all, staging, hear=_both(figures), keeps_log=drives_outputs
            ),
        )
        local = LocalShows(builder.build, tuple(settings.shows), settings.features.off)
        talking = await stack.enter_async_context(builder.talking(local))
        channels = await _channels(stack, settings, talking, lines, before)
        edits = edits_of(channels, settings, casting, builder, local, report)
        proxy = await _proxy(stack, settings, await stack.enter_async_context(edits))
        comeback = Comeback(edits, store, tuple(settings.shows))
        loops = _loops(settings, edits, remote, report, drives_outputs=drives_outputs)
        role = casting.opening()
        stack.push_async_callback(role.leave)
        await stack.enter_async_context(_kept_running([*loops, comeback]))
        yield _parts(edits, role, remote, ear, proxy, store, figures)
        await comeback.forget()


@asynccontextmanager
async def _kept_running(loops: Sequence[Loop]) -> AsyncGenerator[None, None]:
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(loop.run()) for loop in loops]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


def _parts(
    edits: Edits,
    role: Role,
    remote: RemoteBrain,
    ear: SpeechRecognizer | None,
    proxy: Proxy | None,
    store: Store,
    figures: Figures,
) -> OnAir:
    return OnAir(
        edits,
        role.providers,
        role.voice,
        brain=role.adapters["orphiq"],
        books=remote.books,
        remote=role.adapters.get("external-api"),
        ear=ear,
        proxy=proxy,
        reload=edits.poke,
        figures=figures,
        troubles=lambda: {"store": store.trouble if isinstance(store, SqlStore) else ""},
    )


async def _store(stack: AsyncExitStack, system: SystemConfig) -> SqlStore:
    return await stack.enter_async_context(sql_store(system.storage_url.get_secret_value(), system.data_dir))


def is_demo(settings: Settings) -> bool:
    """Whether the configured brain is one that only proves the pipeline. Raises ConfigError."""
    if is_humes(settings.character_config):
        return False
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
        troubles=parts.troubles,
        metrics=lambda: (
            *provider_metrics(parts.providers),
            *spending_metrics(parts.books.ledger, parts.books.now),
            *figure_metrics(parts.figures),
        ),
        models=ModelDesk(settings, frontend_folder()),
    )


async def _casting(
    stack: AsyncExitStack,
    settings: Settings,
    llms: EnginePool[LanguageModel],
    remote: RemoteBrain,
    others: dict[str, EngineStatus],
    report: Report,
) -> Casting:
    """Start the engines of the configuration's own character, and what makes a show of it."""
    channel = settings.live_config.twitch.channel
    voices = EnginePool(TTS_ENGINES, EMBEDDED_VOICES)
    tools = await stack.enter_async_context(McpToolboxes(mcp_servers(settings.folder, report), report))
    casting = Casting(
        settings,
        frontend=frontend_folder(),
        channel=channel_name(channel) if channel else "",
        llms=llms,
        voices=await stack.enter_async_context(voices),
        chain=FallbackVoice,
        adapters=lambda own, other: _adapters(
            own, other, tools, is_autonomous=settings.features.autonomous, is_lost=lambda: remote.is_lost
        ),
        remote=remote.model,
        unavailable=_unavailable(settings.features, remote.unavailable),
        others=others,
    )
    await stack.enter_async_context(casting)
    for note in casting.notes:
        report(note)
    return casting


def _adapters(
    own: Script,
    remote: Script | None,
    tools: McpToolboxes,
    *,
    is_autonomous: bool,
    is_lost: Callable[[], bool],
) -> Mapping[Mode, Adapter]:
    """Make the adapters of one show. They share a memory, so that a change of the mode forgets nothing."""
    memory = Memory()

    def agent(script: Script) -> AgentInterface:
        if isinstance(script.llm, HumeOptions):
            return HumeAIAgent(
                script.llm, script.persona, sounding=given_speech, sample_rate=RATE, memory=memory
            )
        toolbox = tools.toolbox(script.tool_servers, are_of_use=script.llm.abilities.tools)
        return BasicMemoryAgent(script.llm, script.persona, script.emotions, toolbox, memory)

    words: dict[Mode, BackendAdapter] = {"orphiq": OrphiqAdapter(agent(own))}
    if remote:
        words["external-api"] = ExternalAPIAdapter(agent(remote))
    if is_autonomous:
        first = words.get("external-api", words["orphiq"])
        words["autonomous"] = AutonomousAdapter(first, words["orphiq"], is_lost)
    return words


def _unavailable(features: Features, no_remote: str) -> Mapping[Mode, str]:
    """Return what a client is told who asks for a mode that there is no adapter for."""
    off = "It is switched off here (features.{})."
    return {
        "external-api": no_remote if features.external_api else off.format("external_api"),
        "autonomous": off.format("autonomous"),
    }


async def _channels(
    stack: AsyncExitStack,
    settings: Settings,
    shows: Shows,
    lines: ChatLines,
    before: Mapping[str, Standing],
) -> Channels:
    """Start what reads channels: the configured one, and those that were read before a crash.

    Without a login it reads anonymously: a token that somebody has pasted is kept nowhere.
    """
    twitch = settings.live_config.twitch
    platform = TwitchPlatform(twitch, settings.system_config.data_dir)
    channels = await stack.enter_async_context(Channels(shows, platform, lines))
    if settings.features.twitch:
        stored = None if platform.has_login() else ANONYMOUS
        for name, standing in before.items():
            if standing.channel and not (name == ON_AIR and twitch.channel):
                channels.keep(name, standing.channel, stored)
        if twitch.channel:
            channels.keep(ON_AIR, twitch.channel, twitch.token.get_secret_value() or stored)
    return channels


async def _proxy(stack: AsyncExitStack, settings: Settings, shows: Shows) -> Proxy | None:
    if not settings.system_config.enable_proxy:
        return None
    return await stack.enter_async_context(Proxy(shows, settings.character_config.human_name))


def _loops(
    settings: Settings, shows: Edits, remote: RemoteBrain, report: Report, *, drives_outputs: bool
) -> list[VTubeStudioOutput | ModeFollower | Edits]:
    """Return what runs beside the shows. Raises ConfigError, also for an output that is not to be driven now."""
    outputs = _outputs(settings, shows, report)
    followers = [ModeFollower(remote, shows, tuple(settings.shows))] if remote.model else []
    return [*followers, shows, *outputs] if drives_outputs else [*followers]


def _outputs(settings: Settings, shows: Shows, report: Report) -> list[VTubeStudioOutput]:
    given = settings.live_config.vtube_studio
    if not given.enabled:
        return []
    return [VTubeStudioOutput(given, lambda: _seat(shows), report, settings.system_config.data_dir)]


@asynccontextmanager
async def _seat(shows: Shows) -> AsyncGenerator[AsyncIterator[str], None]:
    """Join the show on air as a client that shows face and gestures, and no more."""
    async with listener(shows, ON_AIR, ("expression", "motion")) as outbox:
        yield _frames(outbox)


async def _frames(outbox: Outbox) -> AsyncGenerator[str, None]:
    with suppress(OutboxClosed):
        while True:
            yield await outbox.get()
