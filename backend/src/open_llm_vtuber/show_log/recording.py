"""Makes shows that keep a log: each part behind the tape, the tape before a writer."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, Self

from open_llm_vtuber import __version__
from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.chat_ports import ChatWriter
from open_llm_vtuber.course import following
from open_llm_vtuber.decided import Forgotten
from open_llm_vtuber.ports import Books, SpeechRecognizer, Store, VoiceActivityDetector
from open_llm_vtuber.settings.chat import CueSheet
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.reasons import Reasons
from open_llm_vtuber.show.role import Repertoire, Role
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.show.text_desk import Places
from open_llm_vtuber.show_log.erasing import Viewer
from open_llm_vtuber.show_log.plan import Hearing, Plan, RolePlan, RolePlans
from open_llm_vtuber.show_log.ports import TapedBooks, TapedRepertoire, taped_ears, taped_role
from open_llm_vtuber.show_log.records import Record, typed
from open_llm_vtuber.show_log.store import TapedStore
from open_llm_vtuber.show_log.tape import Recorder, Tape
from open_llm_vtuber.show_log.taped_show import TapedShow
from open_llm_vtuber.show_log.writer import ENDING, Writer

FOLDER = "shows"
"""Where logs are in the data folder, in a folder for each show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a show is built of, as it is without a log."""

    role: Role
    store: Store
    repertoire: Repertoire
    channel: ChannelSettings
    sheets: Mapping[str, CueSheet]
    shared: bool
    co_host: CoHostSettings = CoHostSettings()  # noqa: RUF009  frozen
    recognizer: SpeechRecognizer | None = None
    detector: VoiceActivityDetector | None = None
    speak_up: str
    standing: Standing
    places: Places | None = None
    books: Books | None = None
    writer: ChatWriter | None = None
    autonomy: Callable[[Tape], Autonomy | None]
    """Makes what it does unasked, with the clock and the chance of the tape."""
    autonomous: Mapping[str, Any] | None = None
    """The settings of that."""


def build(tape: Tape, name: str, parts: Parts, roles: RolePlans, reasons: Reasons) -> TapedShow:
    """Return a show whose parts are behind the tape: in a log that is written, or one that is replayed."""
    with following(tape):
        return TapedShow(
            tape,
            name,
            taped_role(parts.role, tape),
            store=TapedStore(parts.store, tape),
            repertoire=TapedRepertoire(parts.repertoire, tape, roles),
            guard=Guard(parts.channel.chat.moderation),
            channel=parts.channel,
            shared=parts.shared,
            ears=taped_ears(parts.recognizer, parts.detector, tape),
            co_host=parts.co_host,
            speak_up=parts.speak_up,
            standing=parts.standing,
            places=parts.places,
            books=TapedBooks(parts.books, tape) if parts.books else None,
            autonomy=parts.autonomy(tape),
            writer=parts.writer,
            reasons=reasons,
        )


class Archive(AbstractContextManager["Archive"]):
    """The logs of all shows of a server. Leaving it writes what is still waiting."""

    def __init__(  # noqa: PLR0913  each by name
        self,
        folder: Path | None,
        *,
        keep: int = 0,
        secrets: Sequence[str] = (),
        report: Callable[[str], None] = lambda _: None,
        hear: Callable[[object], None] = lambda _: None,
        wall: Callable[[], datetime] | None = None,
        seed: str = "",
        patient: bool = False,
    ) -> None:
        """`keep` bytes of older logs stay for each show; without a folder nothing is written at all.

        `hear` is told every fact of every show. A rehearsal has a `wall`, a `seed`, and is `patient`.
        """
        self._folder = folder
        self._keep = keep
        self._secrets = secrets
        self._report = report
        self._hear = hear
        self._wall = wall
        self._seed = seed
        self._patient = patient
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def record(self, name: str, parts: Parts) -> TapedShow:
        """Build a show that keeps a log."""
        writer = self._stack.enter_context(self._writer(self._folder, name)) if self._folder else None
        put, reasons = writer.put if writer else _nowhere, Reasons()

        def hear(turn: str, fact: object) -> None:
            reasons.hear(turn, fact)
            self._hear(fact)
            if writer and isinstance(fact, Forgotten):
                writer.erase(Viewer(fact.username, frozenset(fact.message_ids)))

        seed = self._seed or secrets.token_hex(16)
        tape = Recorder(put, seed=seed, wall=self._wall, listener=hear)
        put(Record("plan", tape.now(), "", _plan(tape, name, parts, seed), typed(Plan)))
        return build(tape, name, parts, RolePlans(_nobody_reads), reasons)

    def _writer(self, folder: Path, name: str) -> Writer:
        began = (self._wall or _utc)()
        file = folder / FOLDER / _folder_of(name) / f"{began:%Y%m%dT%H%M%S}{ENDING}"
        return Writer(
            file, secrets=self._secrets, keep=self._keep, report=self._report, patient=self._patient
        )


def _plan(tape: Tape, name: str, parts: Parts, seed: str) -> Plan:
    hears: Hearing = "none" if parts.recognizer is None else "words" if parts.detector is None else "all"
    return Plan(
        program=__version__,
        show=name,
        began=tape.now(),
        wall=tape.wall().isoformat(),
        seed=seed,
        role=RolePlan.of(parts.role),
        standing=parts.standing,
        shared=parts.shared,
        speak_up=parts.speak_up,
        chat=parts.channel.chat,
        sheets=dict(parts.sheets),
        co_host=parts.co_host,
        may_move=parts.channel.may_move,
        ears=hears,
        has_books=parts.books is not None,
        autonomous=parts.autonomous,
    )


def _folder_of(name: str) -> str:
    """Return a folder's name for a show: shows are named in the configuration, and may be named anything."""
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in name)[:60] or "_"


def _nowhere(_: Record) -> None:
    return


def _nobody_reads(_: RolePlan) -> NoReturn:
    raise ValueError("a log that is being written is not read")


def _utc() -> datetime:
    return datetime.now(UTC)
