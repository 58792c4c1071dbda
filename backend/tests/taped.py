"""Rehearsals on virtual time whose log is kept, for whatever a test wants to know of logs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path

import fakes
from fake_floor import virtual_wall
from fakes import FakeVoice
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.autonomous.settings import AutonomousSettings
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.llm.scripted import ScriptedLLM
from open_llm_vtuber.ports import Adapter, SpeechSynthesizer, Store
from open_llm_vtuber.rehearsals import dress_rehearsal
from open_llm_vtuber.rehearsals.show_report import ShowReport
from open_llm_vtuber.rehearsals.simulated_viewers import Happening, happenings
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show_log.recording import Archive, Parts
from open_llm_vtuber.show_log.tape import Tape
from open_llm_vtuber.show_log.taped_show import TapedShow
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.unasked import replayed
from virtual_time import run_virtual

SEED = "0123456789abcdef" * 2


def parts(
    adapter: Adapter | None = None,
    voice: SpeechSynthesizer | None = None,
    *,
    autonomous: AutonomousSettings | None = None,
    chat: ChatSettings | None = None,
    store: Store | None = None,
) -> Parts:
    """Return what a show with a log is built of in tests."""
    written = None if autonomous is None else autonomous.model_dump(mode="json")

    def autonomy(tape: Tape) -> Autonomy | None:
        return None if written is None else replayed(written, tape.wall, tape.seed)

    return Parts(
        role=fakes.role(adapter, voice),
        store=store or MemoryStore(),
        repertoire=fakes.FakeRepertoire(),
        channel=ChannelSettings(chat=chat or ChatSettings(), sheets=CueSheets({})),
        sheets={},
        shared=True,
        speak_up="Please say something.",
        standing=Standing(),
        autonomy=autonomy,
        autonomous=written,
    )


def brain(*pieces: str) -> Adapter:
    """Return an adapter with our agent over a scripted model."""
    options = ScriptedLLM.Options(lines=pieces) if pieces else ScriptedLLM.Options()
    return OrphiqAdapter(BasicMemoryAgent(ScriptedLLM(options), "You are Mika.", ()))


def recorded(
    folder: Path,
    script: Sequence[Happening],
    minutes: float,
    made: Callable[[], Parts],
    during: Callable[[LocalShows, TapedShow], Awaitable[None]] | None = None,
    secrets: Sequence[str] = (),
) -> Path:
    """Play a show whose log is kept in that folder, and return the log."""
    built: list[TapedShow] = []

    async def main() -> None:
        with Archive(
            folder, keep=10**9, wall=virtual_wall, seed=SEED, patient=True, secrets=secrets
        ) as archive:

            def build(name: str) -> TapedShow:
                built.append(archive.record(name, made()))
                return built[-1]

            async with LocalShows(build, ["main"]) as shows, asyncio.TaskGroup() as group:
                if during:
                    group.create_task(_ignored(during(shows, built[0])))
                report = ShowReport("test", 1)
                await dress_rehearsal.play(shows, script, report, minutes * 60, lambda _: None)

    run_virtual(main())
    (log,) = (folder / "shows" / "main").glob("*.showlog")
    return log


async def _ignored(work: Awaitable[None]) -> None:
    await work


def rehearsal(folder: Path, profile: str = "steady", minutes: float = 8, seed: int = 1) -> Path:
    """Return the log of a rehearsal with simulated viewers."""
    return recorded(
        folder,
        happenings(profile, seed, minutes),
        minutes,
        lambda: parts(brain(), FakeVoice(1.5), autonomous=AutonomousSettings(enabled=True)),
    )


def moment(text: str) -> datetime:
    """Return a time of day."""
    return datetime.fromisoformat(text)
