"""The two courses that a show's log knows: one that is written down, and what a replay has in common with it."""

import asyncio
import random
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TypeVar

from open_llm_vtuber.counted_loop import CountedLoop
from open_llm_vtuber.course import Bell, Course, following
from open_llm_vtuber.decided import Forgotten
from open_llm_vtuber.errors import VTuberError
from open_llm_vtuber.show_log.records import Codec, Kind, PartFailed, Record
from open_llm_vtuber.units import Seconds

T = TypeVar("T")

CLOCK_WAS_SET: Seconds = 0.5
"""By how much the time of day must jump to be written down; a replay takes it for even otherwise."""
Listener = Callable[[str, object], None]
"""Hears each fact, and of which turn it is where a part tells it; "" where the fact says it itself."""


class Tape(Course):
    """The course of one show with a log. Its clock moves only when something comes in, and that is what is logged.

    So whatever the show does between two records depends on the first of them alone.
    """

    def __init__(self, began: Seconds, wall: datetime, seed: str) -> None:
        self._at = began
        self._base = wall - timedelta(seconds=began)
        self._seed = bytes.fromhex(seed)
        self._ids = 0

    def now(self) -> Seconds:
        """Return when the last thing came in, by the event loop's clock."""
        return self._at

    def wall(self) -> datetime:
        """Return the time of day."""
        return self._base + timedelta(seconds=self._at)

    def set_wall(self, wall: datetime) -> None:
        """Take this for the time of day from now on."""
        self._base = wall - timedelta(seconds=self._at)

    def new_id(self) -> str:
        """Return the next id: nobody can guess it who does not know the seed."""
        self._ids += 1
        return blake2b(self._ids.to_bytes(8), key=self._seed, digest_size=16).hexdigest()

    @property
    def seed(self) -> int:
        """What chance is drawn from."""
        return int.from_bytes(self._seed)

    @abstractmethod
    async def port(
        self, name: str, work: Callable[[], Awaitable[T]], codec: Codec[T], *, turn: str = ""
    ) -> T:
        """Return what a part answers; what it tells of itself is told of that turn. Raises what it raises."""

    @abstractmethod
    def look(self, name: str, read: Callable[[], T], codec: Codec[T]) -> T:
        """Return what a part shows just now."""

    @contextmanager
    def takes(
        self, kind: Kind, name: str = "", value: object = None, codec: Codec[object] | None = None
    ) -> Iterator[None]:
        """Let something come in, and the show react to it within."""
        self.enter(Record(kind, self._at, name, value, codec))
        with following(self):
            yield

    @abstractmethod
    def enter(self, record: Record) -> None:
        """Note that something comes in now."""


class _Beside(Course):
    """The course of a part while it works for a show: the machine's, but what it tells is noted with the turn."""

    def __init__(self, tell: Callable[[str, object], None], turn: str) -> None:
        self._tell = tell
        self._turn = turn

    def note(self, fact: object) -> None:
        """Take down what the part tells."""
        self._tell(self._turn, fact)


class Recorder(Tape):
    """Writes a course down. Must be made in the event loop that its show runs in."""

    def __init__(
        self,
        put: Callable[[Record], None],
        *,
        seed: str,
        wall: Callable[[], datetime] | None = None,
        listener: Listener | None = None,
    ) -> None:
        """`put` takes a record and never waits; `listener` hears every fact besides."""
        self._loop = asyncio.get_running_loop()
        self._put = put
        self._machine_wall = wall or _utc
        self._listener = listener
        self._looks: dict[str, object] = {}
        self._turn = 0
        self._looked_at_wall: Seconds = self._loop.time()
        super().__init__(self._loop.time(), self._machine_wall(), seed)

    def enter(self, record: Record) -> None:
        """Note that something comes in now; that is what moves the clock."""
        self._tick(self._loop.time())
        record.at = self._at
        record.hops = self._hops()
        self._put(record)

    def note(self, fact: object) -> None:
        """Take down what was decided."""
        if self._listener:
            self._listener("", fact)
        if isinstance(fact, Forgotten):
            return
        self._put(Record("fact", self._at, "", fact))

    def ring_at(self, when: Seconds, ring: Callable[[], None]) -> Bell:
        """Call `ring` at that time, and note that it came."""

        def over() -> None:
            self._tick(max(self._loop.time(), when))  # the loop may ring a little early
            self._put(Record("tick", self._at, "", when, hops=self._hops()))
            ring()

        return self._loop.call_at(when, over)

    async def port(
        self, name: str, work: Callable[[], Awaitable[T]], codec: Codec[T], *, turn: str = ""
    ) -> T:
        """Return what a part answers, and write it down."""
        others = _Others(self._loop)
        try:
            with following(_Beside(self._told, turn)):
                answer = await work()
        except VTuberError as error:
            self.enter(Record("port", 0.0, name, waited=others.ran, error=error))
            raise
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # The end of a stream, or a bug: the show meets it here, and in a replay again.
            ends = isinstance(error, StopAsyncIteration)
            self.enter(Record("port", 0.0, name, waited=others.ran, error=None if ends else PartFailed()))
            raise
        finally:
            others.cancel()
        self.enter(Record("port", 0.0, name, answer, codec, waited=others.ran))
        return answer

    def look(self, name: str, read: Callable[[], T], codec: Codec[T]) -> T:
        """Return what a part shows just now, and write it down where it has changed."""
        shown = read()
        if name not in self._looks or self._looks[name] != shown:
            self._looks[name] = shown
            self._put(Record("look", self._at, name, shown, codec, hops=self._hops()))
        return shown

    def _hops(self) -> int | None:
        """Return how many turns of the loop have passed since this was asked the last time."""
        if not isinstance(self._loop, CountedLoop):
            return None
        passed, self._turn = self._loop.turns - self._turn, self._loop.turns
        return passed

    def _told(self, turn: str, fact: object) -> None:
        if self._listener:
            self._listener(turn, fact)
        self._put(Record("told", self._at, "", fact, turn=turn))

    def _tick(self, at: Seconds) -> None:
        self._at = max(self._at, at)
        if self._at - self._looked_at_wall < 1.0:
            return
        self._looked_at_wall = self._at
        base = self._machine_wall() - timedelta(seconds=self._at)
        if abs((base - self._base).total_seconds()) > CLOCK_WAS_SET:
            self._base = base
            self._put(Record("wall", self._at, "", self.wall().isoformat()))


class _Others:
    """Finds out whether anybody else ran meanwhile."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ran = False
        self._handle = loop.call_soon(self._note)

    def _note(self) -> None:
        self.ran = True

    def cancel(self) -> None:
        self._handle.cancel()


def chance(seed: int) -> random.Random:
    """Return the chance of a show whose seed that is."""
    return random.Random(seed)  # noqa: S311  chance, not secrecy


def _utc() -> datetime:
    return datetime.now(UTC)
