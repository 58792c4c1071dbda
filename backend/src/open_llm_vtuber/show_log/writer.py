"""Writes a log to the disk, behind everybody's back: a bounded queue, and a thread that empties it.

When the queue is full the newest record is left out and counted: the show never waits for its log. A disk that fails
costs the log and not the show: that is said at once, tried again every half minute, and said again when it works.
"""

import json
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Self

from open_llm_vtuber.show_log.erasing import Viewer, erase, extent
from open_llm_vtuber.show_log.frames import MAGIC, frame
from open_llm_vtuber.show_log.records import Record, encoded
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

WAITING = 20_000
"""Records on their way to the disk: minutes of a busy show."""
EVERY: Seconds = 0.5
"""How often what waits is written."""
TRY_AGAIN: Seconds = 30.0
CLOSING: Seconds = 10.0
ENDING = ".showlog"


class Writer:
    """Writes one log. `put` may be called by one thread, and never waits; entering starts the writing."""

    def __init__(  # noqa: PLR0913  its limits, each by name
        self,
        file: Path,
        *,
        secrets: Sequence[str] = (),
        keep: int = 0,
        report: Callable[[str], None] = lambda _: None,
        waiting: int = WAITING,
        every: Seconds = EVERY,
        try_again: Seconds = TRY_AGAIN,
        patient: bool = False,
    ) -> None:
        """`secrets` are never written; `keep` bytes of older logs stay beside this one.

        `report` is told what is wrong, and "" when all is well again; another thread calls it. Whoever is `patient`
        rather waits than loses a record: a rehearsal, of which a minute passes in a moment.
        """
        self._file = file
        self._secrets = [_as_written(secret) for secret in secrets]
        self._keep = keep
        self._report = report
        self._most, self._every, self._try_again = waiting, every, try_again
        self._patient = patient
        self._queue: deque[Record | Viewer] = deque()
        self._room = threading.Semaphore(waiting)
        self._lost = 0
        self._is_failing = False
        self._wake = threading.Event()
        self._ends = threading.Event()
        self._erased_ids: frozenset[str] = frozenset()
        """What was decided about these may still have been on its way: they are looked for once more at the end."""
        self._stream: BinaryIO | None = None
        self._whole = self._checksum = 0
        """Bytes of the file that hold whole records, and the checksum of the last."""
        self._thread = threading.Thread(target=self._run, name="show log", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._wake.set()
        self._thread.join(CLOSING)

    @property
    def file(self) -> Path:
        """Where the log is."""
        return self._file

    def put(self, record: Record) -> None:
        """Have a record written."""
        if not self._room.acquire(blocking=False):
            self._wake.set()
            if not self._patient:
                self._lost += 1
                return
            self._room.acquire()
        if self._lost:
            lost, self._lost = self._lost, 0
            self._queue.append(Record("gap", record.at, "", lost))
        self._queue.append(record)
        if len(self._queue) * 2 > self._most:
            self._wake.set()

    def erase(self, viewer: Viewer) -> None:
        """Have a viewer taken out of all that was put so far, and of the logs beside this one."""
        self._queue.append(viewer)
        self._wake.set()

    def _run(self) -> None:
        pause = self._every
        while True:
            self._wake.wait(pause)
            self._wake.clear()
            is_last = self._ends.is_set()
            if is_last and self._erased_ids:
                self._queue.append(Viewer("", self._erased_ids))
            try:
                self._write_all()
                self._well()
                pause = self._every
            except OSError as error:
                self._failed(error)
                pause = self._try_again
            if is_last:
                break
        if self._stream:
            self._stream.close()

    def _write_all(self) -> None:
        stream, checksum = self._opened(), self._checksum
        while self._queue:
            each = self._queue.popleft()
            if isinstance(each, Viewer):
                stream.flush()
                stream, checksum = self._erased(each), self._checksum
                continue
            if each.kind != "gap":
                self._room.release()
            framed, checksum = frame(self._safe(encoded(each)), checksum)
            stream.write(framed)
        stream.flush()
        self._whole, self._checksum = stream.tell(), checksum

    def _opened(self) -> BinaryIO:
        if self._stream is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._make_room()
            stream = self._file.open("r+b" if self._file.exists() else "w+b")
            self._stream = stream
            if not self._whole:
                stream.write(MAGIC)
                self._whole = len(MAGIC)
            stream.seek(self._whole)
            stream.truncate()
        return self._stream

    def _erased(self, viewer: Viewer) -> BinaryIO:
        if self._stream:
            self._stream.flush()
            self._stream.close()
            self._stream = None
        try:
            for each in sorted(self._file.parent.glob(f"*{ENDING}")):
                ids = erase(each, viewer)
                if each == self._file:
                    self._erased_ids |= ids
        except OSError:
            self._queue.appendleft(viewer)  # it stays to be done
            raise
        finally:
            self._whole, self._checksum = extent(self._file)
        return self._opened()

    def _make_room(self) -> None:
        """Delete the oldest logs until those that stay weigh no more than is kept."""
        others = sorted(each for each in self._file.parent.glob(f"*{ENDING}") if each != self._file)
        sizes = {each: each.stat().st_size for each in others}
        while others and sum(sizes.values()) > self._keep:
            oldest = others.pop(0)
            del sizes[oldest]
            oldest.unlink(missing_ok=True)

    def _safe(self, payload: bytes) -> bytes:
        for secret in self._secrets:
            if secret in payload:
                payload = payload.replace(secret, b"***")
        return payload

    def _failed(self, error: OSError) -> None:
        if self._stream:
            try:
                self._stream.close()
            except OSError:
                log.debug("the log could not be closed either")
            self._stream = None
        self._lost += 1  # at least that which could not be written
        for each in [self._queue.popleft() for _ in range(len(self._queue))]:
            if isinstance(each, Viewer):
                self._queue.append(each)
            elif each.kind != "gap":
                self._lost += 1
                self._room.release()
        if not self._is_failing:
            self._is_failing = True
            why = os.strerror(error.errno) if error.errno else "the disk fails"
            self._report(f"The show's log cannot be written ({why}); the show goes on without it.")

    def _well(self) -> None:
        if self._is_failing:
            self._is_failing = False
            self._report("")


def _as_written(secret: str) -> bytes:
    return json.dumps(secret, ensure_ascii=False)[1:-1].encode(errors="replace")
