"""Reads a channel over IRC: anonymous, or with a token that allows no more than that."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random, SystemRandom

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.inbox import Inbox
from open_llm_vtuber.twitch.irc import parse_line, split_frame
from open_llm_vtuber.twitch.session import (
    LIMITS,
    PROTOCOL_COMMANDS,
    Ended,
    Joined,
    Limits,
    Pauses,
    Report,
    Say,
    Session,
    Step,
)
from open_llm_vtuber.twitch.twitch_router import TwitchMessageRouter
from open_llm_vtuber.units import Seconds

MOST_FRAME_BYTES = 512 * 1024

# The library's own logger writes every frame at DEBUG: the token, and viewers' words unbounded.
frames_logger = logging.getLogger(f"{__name__}.frames")
frames_logger.setLevel(logging.WARNING)


class IrcReader:
    """Reads a channel until it is cancelled; what the router makes of the lines goes into the inbox."""

    def __init__(  # noqa: PLR0913  what it reads, where it goes, and what tests and odd networks set
        self,
        router: TwitchMessageRouter,
        inbox: Inbox,
        report: Report,
        *,
        endpoint: str,
        token: str | None = None,
        login: str = "",
        limits: Limits = LIMITS,
        rng: Random | None = None,
        clock: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        """`token` may be None, or a user token with chat:read of account `login`."""
        self._router = router
        self._inbox = inbox
        self._report = report
        self._endpoint = endpoint
        self._token = token
        self._login = login
        self._limits = limits
        self._rng = rng or SystemRandom()
        self._clock = clock
        self.counts: Counter[str] = Counter()
        """How many `lines`, of them `malformed`, and `reconnects`."""

    async def run(self) -> None:
        """Read for ever, connecting anew whenever the connection ends."""
        pauses = Pauses(self._limits, self._rng)
        self._report("connecting", "")
        while True:
            ended, stayed_s = await self._connection()
            pause = pauses.after(ended, stayed_s)
            self._report("down" if ended.why == "refused" else "reconnecting", ended.reason)
            await asyncio.sleep(pause)
            self.counts["reconnects"] += 1

    async def _connection(self) -> tuple[Ended, Seconds]:
        """Open one connection and read it to its end; return why it ended and how long the channel was read."""
        session = Session(self._router.channel, self._nick(), self._token, self._limits, self._clock())
        opened = False
        try:
            async with connect(
                self._endpoint,
                open_timeout=self._limits.open_s,
                close_timeout=self._limits.close_s,
                compression=None,
                max_size=MOST_FRAME_BYTES,
                logger=frames_logger,
            ) as socket:
                opened = True
                ended = await self._converse(socket, session)
        # ImportError is what the library raises for a SOCKS proxy that it lacks a package for.
        except (OSError, WebSocketException, ImportError) as error:
            what = "The connection to Twitch was lost" if opened else "Twitch could not be reached"
            ended = Ended("lost", f"{what} ({bounded(one_line(str(error)), 150) or type(error).__name__}).")
        stayed_s = 0.0 if session.joined_at is None else self._clock() - session.joined_at
        return ended, stayed_s

    def _nick(self) -> str:
        if self._token is None:
            return f"justinfan{self._rng.randint(10_000, 99_999)}"
        return self._login or self._router.channel

    async def _converse(self, socket: ClientConnection, session: Session) -> Ended:
        steps: list[Step] = [*session.hello()]
        while True:
            ended = await self._act(socket, steps)
            if ended is not None:
                return ended
            try:
                async with asyncio.timeout(max(0.0, session.deadline - self._clock())):
                    # As bytes: one broken character must not cost the connection.
                    frame = await socket.recv(decode=False)
            except TimeoutError:
                steps = [session.silence(self._clock())]
                continue
            steps = self._take_in(frame.decode("utf-8", "replace"), session)
            await self._inbox.room()
            # A burst is handed on while it comes in, instead of overflowing the inbox first.
            await asyncio.sleep(0)

    async def _act(self, socket: ClientConnection, steps: list[Step]) -> Ended | None:
        """Do what the steps say; return the first end among them, after everything else is done."""
        ends = [step for step in steps if isinstance(step, Ended)]
        for step in steps:
            match step:
                case Joined():
                    self._report("connected", "")
                case Say(line) if not ends:
                    async with asyncio.timeout(self._limits.open_s):
                        await socket.send(line + "\r\n")
                case _:
                    pass
        return ends[0] if ends else None

    def _take_in(self, frame: str, session: Session) -> list[Step]:
        steps: list[Step] = []
        for text in split_frame(frame):
            self.counts["lines"] += 1
            line = parse_line(text)
            if line is None:
                self.counts["malformed"] += 1
                continue
            step = session.heard(line, self._clock())
            if step is not None:
                steps.append(step)
            if line.command not in PROTOCOL_COMMANDS:
                for event in self._router.line(line, datetime.now(UTC), self._clock()):
                    self._inbox.put(event)
        return steps
