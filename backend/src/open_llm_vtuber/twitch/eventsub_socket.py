"""Reads a channel over EventSub: the sockets, and the subscriptions that each session needs. Decisions are elsewhere."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import assert_never

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.eventsub import Action, EventSubSession, Freshness, Opened
from open_llm_vtuber.twitch.fields import identifier, part, parts
from open_llm_vtuber.twitch.frames import MoveTo, Notification, Revocation
from open_llm_vtuber.twitch.helix import Helix, HelixError
from open_llm_vtuber.twitch.inbox import Inbox
from open_llm_vtuber.twitch.irc_reader import MOST_FRAME_BYTES, frames_logger
from open_llm_vtuber.twitch.scopes import Wanted
from open_llm_vtuber.twitch.session import LIMITS, Ended, Limits, Pauses, Report
from open_llm_vtuber.twitch.subscriptions import Subscriptions
from open_llm_vtuber.twitch.tokens import AuthLost
from open_llm_vtuber.twitch.twitch_router import TwitchMessageRouter
from open_llm_vtuber.units import Seconds

MOVE_S: Seconds = 30.0
"""How long Twitch waits for the new connection before it closes the old one (with 4004)."""
FORBIDDEN, CONFLICT, BAD_REQUEST = 403, 409, 400
AT_ONCE = 4
"""Subscriptions that are asked for at the same time."""
PATH = "eventsub/subscriptions"
CLOSE_CODES = {
    4000: "Twitch had an internal fault",
    4001: "Twitch says that we sent something",
    4002: "Twitch got no answer to its ping",
    4003: "Twitch saw no subscription in time",
    4004: "the move to another server took too long",
    4005: "Twitch lost its network in time-outs",
    4006: "Twitch lost its network",
    4007: "Twitch did not know the address that it gave",
}
"""https://dev.twitch.tv/docs/eventsub/handling-websocket-events/#close-message"""


READ_HERE: set[str] = set()
"""The sessions that this process reads: one of them is never an orphan, whoever else it is in the way of."""
TAKEN = "this account reads the channel for another show already; connect with the same token, or anonymously"


class EventSubReader:
    """Reads until it is cancelled; what the router makes of the notifications goes into the inbox.

    When Twitch moves a session, both connections are read: the old one until all that was on its way has arrived,
    then the new one, so that nothing is lost and the order stays. Raises AuthLost.
    """

    def __init__(  # noqa: PLR0913  what it reads, where it goes, and what tests and odd networks set
        self,
        helix: Helix,
        subscriptions: Subscriptions,
        router: TwitchMessageRouter,
        inbox: Inbox,
        report: Report,
        *,
        endpoint: str,
        limits: Limits = LIMITS,
        rng: Random | None = None,
        clock: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        self._helix = helix
        self._subscriptions = subscriptions
        self._router = router
        self._inbox = inbox
        self._report = report
        self._endpoint = endpoint
        # The first attempt after a connection that held comes soon: every second without one is chat unread.
        self._limits = replace(limits, first_pause_s=limits.first_pause_s / 4)
        self._rng = rng or SystemRandom()
        self._clock = clock
        self._freshness = Freshness()
        self._session_id = ""
        self._changed = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._chat_since: Seconds | None = None
        self.counts: Counter[str] = self._freshness.counts
        """Among others `duplicates`, `stale`, `unintelligible`, `reconnects`, `moves`."""

    async def run(self) -> None:
        """Read for ever, connecting anew whenever a session ends. Raises AuthLost, in a group."""
        pauses = Pauses(self._limits, self._rng)
        self._report("connecting", "")
        while True:
            ended, stayed_s = await self._session()
            self._report("reconnecting", ended.reason)
            await asyncio.sleep(pauses.after(ended, stayed_s))
            self.counts["reconnects"] += 1

    async def _session(self) -> tuple[Ended, Seconds]:
        """Begin a session and read it to its end, wherever it moves."""
        self._chat_since = None
        try:
            socket, session = await self._open(self._endpoint, self._limits.open_s)
        except (OSError, WebSocketException, ImportError, TimeoutError) as error:
            return Ended("lost", f"Twitch could not be reached ({_named(error)})."), 0.0
        self._be_session(session.session_id)
        self._subscriptions.begin_session(self._clock())
        try:
            async with asyncio.TaskGroup() as tasks:
                keeper = tasks.create_task(self._keep_subscribed())
                ended = await self._follow(socket, session)
                keeper.cancel()
        finally:
            self._be_session("")
        return ended, self._chat_read_s()

    def _chat_read_s(self) -> Seconds:
        return 0.0 if self._chat_since is None else self._clock() - self._chat_since

    async def _follow(self, socket: ClientConnection, session: EventSubSession) -> Ended:
        """Read a session from connection to connection."""
        while True:
            try:
                step = await self._read(socket, session)
                if isinstance(step, Ended):
                    return step
                moved = await self._move(socket, session, step)
            finally:
                # Whatever has happened: a connection that is not read is not left behind.
                socket.transport.abort()
            if isinstance(moved, Ended):
                return moved
            socket, session = moved

    async def _move(
        self, socket: ClientConnection, session: EventSubSession, move: MoveTo
    ) -> tuple[ClientConnection, EventSubSession] | Ended:
        """Open the new connection while the old one is read; return the new one once the old one is empty."""
        async with asyncio.TaskGroup() as tasks:
            rest = tasks.create_task(self._read_to_the_end(socket, session))
            try:
                moved = await self._open(move.url, MOVE_S)
            except (OSError, WebSocketException, ImportError, TimeoutError):
                return await rest
            try:
                await self._say_goodbye(socket)
                await rest
            except BaseException:
                moved[0].transport.abort()
                raise
        self.counts["moves"] += 1
        # Its subscriptions have moved along; the id may be the old one or a new one.
        self._be_session(moved[1].session_id)
        return moved

    def _be_session(self, session_id: str) -> None:
        READ_HERE.discard(self._session_id)
        self._session_id = session_id
        if session_id:
            READ_HERE.add(session_id)

    async def _say_goodbye(self, socket: ClientConnection) -> None:
        """Close a connection in order: all that was on its way arrives before the goodbye does."""
        try:
            async with asyncio.timeout(self._limits.close_s):
                await socket.close()
        except TimeoutError:
            socket.transport.abort()

    async def _open(self, url: str, within: Seconds) -> tuple[ClientConnection, EventSubSession]:
        """Connect and wait to be welcome. Raises OSError, WebSocketException, ImportError, TimeoutError."""
        async with asyncio.timeout(within):
            socket = await connect(
                url,
                open_timeout=within,
                close_timeout=self._limits.close_s,
                compression=None,
                max_size=MOST_FRAME_BYTES,
                # Twitch closes a connection on which the client sends anything of its own, pings among it (4001).
                ping_interval=None,
                logger=frames_logger,
            )
            session = EventSubSession(self._freshness, self._clock())
            try:
                while True:
                    data = await socket.recv(decode=False)
                    if isinstance(session.heard(data, self._clock(), datetime.now(UTC)), Opened):
                        return socket, session
            except BaseException:
                socket.transport.abort()
                raise

    async def _read_to_the_end(self, socket: ClientConnection, session: EventSubSession) -> Ended:
        while True:
            step = await self._read(socket, session)
            if isinstance(step, Ended):
                return step

    async def _read(self, socket: ClientConnection, session: EventSubSession) -> Ended | MoveTo:
        """Read until the connection ends, or is to be moved."""
        while True:
            try:
                async with asyncio.timeout(max(0.0, session.deadline - self._clock())):
                    # As bytes: one broken character must not cost the connection.
                    data = await socket.recv(decode=False)
            except TimeoutError:
                # Without a goodbye: nobody is there to answer one.
                socket.transport.abort()
                return Ended("lost", "Twitch fell silent.")
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
                return Ended(
                    "lost", f"The connection to Twitch ended ({CLOSE_CODES.get(code or 0, code or 'cut')})."
                )
            action = session.heard(data, self._clock(), datetime.now(UTC))
            if isinstance(action, MoveTo):
                return action
            if action is not None:
                self._act(action)
            await self._inbox.room()
            # A burst is handed on while it comes in, instead of overflowing the inbox first.
            await asyncio.sleep(0)

    def _act(self, action: Action) -> None:
        match action:
            case Notification():
                for event in self._router.notification(action.kind, action, self._clock()):
                    self._inbox.put(event)
            case Revocation():
                self._revoked(action)
            case Opened() | MoveTo():
                pass  # whoever opened or moves the connection knows
            case _:
                assert_never(action)

    def _revoked(self, revocation: Revocation) -> None:
        standing = self._subscriptions.revoked(
            revocation.subscription_id, revocation.kind, revocation.status, self._clock()
        )
        self.counts["revocations"] += 1
        if standing is self._subscriptions.chat:
            self._chat_since = None
            self._report("down", f"Twitch has ended the reading of chat: {standing.reason}.")
        self._changed.set()

    async def _keep_subscribed(self) -> None:
        """Ask for what is due, for as long as the session lasts."""
        while True:
            self._changed.clear()
            now = self._clock()
            async with asyncio.TaskGroup() as tasks:
                for wanted in self._subscriptions.due(now):
                    tasks.create_task(self._subscribe(wanted))
            due = self._subscriptions.next_due()
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - self._clock())):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _subscribe(self, wanted: Wanted) -> None:
        async with self._slots:
            try:
                answer = await self._helix.call("POST", PATH, json=self._request(wanted))
            except HelixError as error:
                await self._not_subscribed(wanted, error)
            except AuthLost:
                raise
            except EngineError as error:
                self._failed(wanted, str(error))
            else:
                subscription = next(iter(parts(answer, "data")), {})
                self._enabled(wanted, identifier(subscription, "id"))
        self._changed.set()

    def _request(self, wanted: Wanted) -> dict[str, object]:
        return {
            "type": wanted.kind,
            "version": wanted.version,
            "condition": dict(wanted.condition),
            "transport": {"method": "websocket", "session_id": self._session_id},
        }

    def _enabled(self, wanted: Wanted, subscription_id: str) -> None:
        self._subscriptions.enabled(wanted, subscription_id)
        if wanted is self._subscriptions.chat.wanted:
            self._chat_since = self._clock()
            self._report("connected", "")

    async def _not_subscribed(self, wanted: Wanted, error: HelixError) -> None:
        if error.status == CONFLICT:
            await self._remove_orphan(wanted)
        elif error.status == FORBIDDEN or (error.status == BAD_REQUEST and "session" not in error.reason):
            self._denied(wanted, error.reason)
        else:
            self._failed(wanted, error.reason)

    def _denied(self, wanted: Wanted, reason: str) -> None:
        self._subscriptions.denied(wanted, reason, self._clock())
        if wanted is self._subscriptions.chat.wanted:
            self._report("down", f"Twitch does not let this account read the chat: {reason}.")

    def _failed(self, wanted: Wanted, reason: str) -> None:
        self._subscriptions.failed(wanted, reason, self._clock())
        if wanted is self._subscriptions.chat.wanted:
            self._report("reconnecting", f"The chat cannot be subscribed to just now: {reason}")

    async def _remove_orphan(self, wanted: Wanted) -> None:
        """Find the subscription that is in the way: one of a session that nobody reads any more, or our own.

        Twitch notices a dead connection late, and sends what happens to where nobody is.
        """
        try:
            own = is_taken = False
            for found in parts(await self._helix.call("GET", PATH, params=[("type", wanted.kind)]), "data"):
                if found.get("type") != wanted.kind or dict(part(found, "condition")) != dict(
                    wanted.condition
                ):
                    continue
                subscription_id = identifier(found, "id")
                if part(found, "transport").get("session_id") == self._session_id:
                    own = True
                    self._enabled(wanted, subscription_id)
                elif part(found, "transport").get("session_id") in READ_HERE:
                    is_taken = True
                elif subscription_id:
                    await self._helix.call("DELETE", PATH, params=[("id", subscription_id)])
                    self.counts["orphans"] += 1
            if is_taken:
                self._denied(wanted, TAKEN)
            elif not own:
                self._subscriptions.failed(wanted, "an earlier subscription was in the way", self._clock())
        except AuthLost:
            raise
        except EngineError as error:
            self._failed(wanted, str(error))


def _named(error: Exception) -> str:
    return bounded(one_line(str(error)), 150) or type(error).__name__
