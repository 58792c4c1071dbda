"""One connection to VTube Studio that may be used: a reader, a follower of the show, and who steers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from open_llm_vtuber.units import Seconds
from open_llm_vtuber.vts.api import API_IS_OFF, DENIED, NEEDS_AUTHENTICATION, Answer, Refusal, Request
from open_llm_vtuber.vts.cues import read
from open_llm_vtuber.vts.driver import Driver
from open_llm_vtuber.vts.exchange import Exchange
from open_llm_vtuber.vts.login import Ended, refused
from open_llm_vtuber.vts.puppet import Puppet

SILENT = "VTube Studio has stopped answering."
RUBBISH = "What answers there is not VTube Studio."
CLOSED = "The connection to VTube Studio was lost."
LEFT_ALONE = "The show that VTube Studio follows has ended."
ENDS_ALL = frozenset((API_IS_OFF, NEEDS_AUTHENTICATION, DENIED))
"""Refusals that concern the whole connection, whatever was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long is waited for what."""

    open_s: Seconds = 5.0
    answer_s: Seconds = 5.0
    """Also to send a request."""
    allow_s: Seconds = 300.0
    """For somebody to click Allow."""
    close_s: Seconds = 0.5
    first_pause_s: Seconds = 1.0
    longest_pause_s: Seconds = 30.0
    stable_s: Seconds = 10.0
    """A connection that was of use for so long starts the pauses anew, and its end is news."""


class Link:
    """Asks for what the driver wants. The show's frames are taken in whatever VTube Studio does."""

    def __init__(
        self,
        socket: ClientConnection,
        exchange: Exchange,
        puppet: Puppet,
        driver: Driver,
        limits: Limits,
        say: Callable[[str], None],
    ) -> None:
        self._socket = socket
        self._exchange = exchange
        self._puppet = puppet
        self._driver = driver
        self._limits = limits
        self._say = say
        self._changed = asyncio.Event()
        self._ended: Ended | None = None

    async def drive(self, frames: AsyncIterator[str]) -> Ended:
        """Keep VTube Studio in step until the connection is of no more use. Raises WebSocketException, OSError."""
        try:
            async with asyncio.TaskGroup() as tasks:
                others = [tasks.create_task(self._read()), tasks.create_task(self._follow(frames))]
                try:
                    ended = await self._steer()
                except (OSError, WebSocketException) as error:
                    ended = Ended("lost", SILENT if isinstance(error, TimeoutError) else CLOSED)
                finally:
                    for task in others:
                        task.cancel()
        except asyncio.CancelledError:
            await self._take_leave()
            raise
        return ended

    async def _read(self) -> None:
        try:
            while True:
                self._take_in(await self._socket.recv(decode=False))
                await asyncio.sleep(0)  # a flood must not keep the loop to itself
        except ConnectionClosed:
            self._end("lost", CLOSED)

    def _take_in(self, frame: bytes) -> None:
        found = self._exchange.heard(frame)
        if found:
            self._heard(*found)
        elif self._exchange.is_rubbish:
            self._end("lost", RUBBISH)
        self._changed.set()

    def _heard(self, request: Request, answer: Answer) -> None:
        if isinstance(answer, Refusal) and answer.data.number in ENDS_ALL:
            ended = refused(answer)
            self._end(ended.why, ended.reason)
            return
        self._driver.heard(request, answer, _now())
        for note in self._driver.notes():
            self._say(note)

    async def _follow(self, frames: AsyncIterator[str]) -> None:
        async for frame in frames:
            if cue := read(frame):
                self._puppet.hear(cue, _now())
                self._changed.set()
        self._end("lost", LEFT_ALONE)

    async def _steer(self) -> Ended:
        while self._ended is None:
            self._changed.clear()
            now = _now()
            for request in self._driver.due(now, self._exchange.unanswered):
                await self._send(request)
            for note in self._driver.notes():
                self._say(note)
            deadline = self._exchange.deadline
            if deadline is not None and _now() >= deadline:
                return Ended("lost", SILENT)
            wake_at = self._driver.wake_at(now)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(wake_at if deadline is None else min(wake_at, deadline)):
                    await self._changed.wait()
        return self._ended

    async def _send(self, request: Request) -> None:
        frame = self._exchange.ask(request, deadline=_now() + self._limits.answer_s)
        async with asyncio.timeout(self._limits.answer_s):
            await self._socket.send(frame)

    async def _take_leave(self) -> None:
        """Leave no face of ours behind. Nobody waits long for it."""
        with suppress(OSError, WebSocketException):
            async with asyncio.timeout(self._limits.close_s):
                for request in self._driver.farewell():
                    await self._socket.send(self._exchange.ask(request, deadline=_now()))

    def _end(self, why: Literal["lost", "refused"], reason: str) -> None:
        self._ended = self._ended or Ended(why, reason)
        self._changed.set()


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
