"""Rehearsals on virtual time whose log is kept, for whatever a test wants to know of logs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
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
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import Adapter, SpeechRecognizer, SpeechSynthesizer
from open_llm_vtuber.rehearsals import dress_rehearsal
from open_llm_vtuber.rehearsals.show_report import ShowReport
from open_llm_vtuber.rehearsals.simulated_viewers import happenings
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show.audience import Outbox, OutboxClosed
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.role import Role
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.show_log.recording import Archive, Parts
from open_llm_vtuber.show_log.tape import Tape
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.unasked import replayed
from virtual_time import run_virtual

PAGE = "page"
"""The uid of the only client."""
SEED = "0123456789abcdef" * 2


def parts(
    adapter: Adapter | None = None,
    voice: SpeechSynthesizer | None = None,
    *,
    autonomous: AutonomousSettings | None = None,
    chat: ChatSettings | None = None,
    others: Mapping[Mode, Adapter] | None = None,
    other: Role | None = None,
    recognizer: SpeechRecognizer | None = None,
) -> Parts:
    """Return what a show with a log is built of in tests; `other` is a character that it can become."""
    written = None if autonomous is None else autonomous.model_dump(mode="json")

    def autonomy(tape: Tape) -> Autonomy | None:
        return None if written is None else replayed(written, tape.wall, tape.seed)

    return Parts(
        role=fakes.role(adapter, voice, others=others),
        store=MemoryStore(),
        repertoire=_Repertoire(**({"other": other} if other else {})),
        channel=ChannelSettings(chat=chat or ChatSettings(), sheets=CueSheets({})),
        sheets={},
        shared=True,
        recognizer=recognizer,
        speak_up="Please say something.",
        standing=Standing(),
        autonomy=autonomy,
        autonomous=written,
    )


class _Repertoire(fakes.FakeRepertoire):
    """Reads the avatar anew each time, as a casting does, and takes no time that the show takes as well."""

    async def become(self, file: str) -> Role:
        await asyncio.sleep(0.0139)
        found = await super().become(file)
        return replace(found, billing=replace(found.billing, model=fakes.model()))


def brain(*lines: str) -> Adapter:
    """Return an adapter with our agent over a scripted model."""
    options = ScriptedLLM.Options(lines=lines) if lines else ScriptedLLM.Options()
    return OrphiqAdapter(BasicMemoryAgent(ScriptedLLM(options), "You are Mika.", ()))


def recorded(
    folder: Path,
    made: Callable[[], Parts],
    play: Callable[[LocalShows], Awaitable[None]],
    secrets: Sequence[str] = (),
) -> Path:
    """Let that happen in a show whose log is kept in the folder, on virtual time; return the log."""

    async def main() -> None:
        with Archive(
            folder, keep=10**9, wall=virtual_wall, seed=SEED, patient=True, secrets=secrets
        ) as archive:
            async with LocalShows(lambda name: archive.record(name, made()), ["main"]) as shows:
                await play(shows)

    run_virtual(main())
    return max((folder / "shows" / "main").glob("*.showlog"))


def rehearsal(folder: Path, profile: str = "steady", minutes: float = 8, seed: int = 1) -> Path:
    """Return the log of a rehearsal with simulated viewers."""
    script, report = happenings(profile, seed, minutes), ShowReport(profile, seed)
    return recorded(
        folder,
        lambda: parts(brain(), FakeVoice(1.5), autonomous=AutonomousSettings(enabled=True)),
        lambda shows: dress_rehearsal.play(shows, script, report, minutes * 60, lambda _: None),
    )


def with_page(
    folder: Path,
    made: Callable[[], Parts],
    happen: Callable[[LocalShows], Awaitable[None]],
    secrets: Sequence[str] = (),
) -> Path:
    """Return the log of a show with a page on it that plays the sound, and then ten quiet seconds."""

    async def play(shows: LocalShows) -> None:
        async with shows.subscribe("main", PAGE) as place, asyncio.TaskGroup() as group:
            reading = group.create_task(_read(place.outbox))
            await asyncio.sleep(0.5)
            await happen(shows)
            await asyncio.sleep(10)
            reading.cancel()

    return recorded(folder, made, play, secrets)


def with_plan(log: ShowLog, **changed: object) -> ShowLog:
    """Return the log of a show that was built otherwise."""
    return replace(log, plan=log.plan.model_copy(update=changed))


async def _read(outbox: Outbox) -> None:
    with suppress(OutboxClosed):
        while True:
            await outbox.get()
