"""A local Twitch for tests: EventSub socket, API and id server on one loopback port, IRC on another. Never for else.

Written from the documentation and from what other clients expect of Twitch; every way in which it fails is a switch.
Clients that others wrote connect to it in `interop/`, so that it is known to be faithful.
"""

import asyncio
import contextlib
import itertools
import json
import socket
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from irc_server import IrcServer
from open_llm_vtuber.config import TwitchEndpoints

CLIENT_ID = "exampleclientid"
STREAMER, STREAMER_ID = "examplechannel", "1001"
BOT, BOT_ID = "examplebot", "2002"
EVERYTHING = frozenset(
    [
        "user:read:chat",
        "user:write:chat",
        "moderator:read:followers",
        "bits:read",
        "channel:read:subscriptions",
        "channel:read:redemptions",
        "channel:read:hype_train",
        "channel:read:polls",
        "channel:read:ads",
        "chat:read",
    ]
)
CHAT = "channel.chat.message"
NEEDED: Mapping[str, frozenset[str]] = {
    "channel.chat.": frozenset({"user:read:chat"}),
    "channel.follow": frozenset({"moderator:read:followers"}),
    "channel.subscri": frozenset({"channel:read:subscriptions"}),
    "channel.bits": frozenset({"bits:read"}),
    "channel.cheer": frozenset({"bits:read"}),
    "channel.channel_points": frozenset({"channel:read:redemptions", "channel:manage:redemptions"}),
    "channel.hype_train": frozenset({"channel:read:hype_train"}),
    "channel.poll": frozenset({"channel:read:polls", "channel:manage:polls"}),
    "channel.ad_break": frozenset({"channel:read:ads"}),
}
"""Which scopes a subscription type needs (any one of them), by how it begins."""


def stamp(ago: timedelta = timedelta()) -> str:
    """Return a time as Twitch writes it: with nanoseconds."""
    return (datetime.now(UTC) - ago).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"


def chat_event(number: int | str, text: str = "hi", login: str = "viewer", **more: Any) -> dict[str, Any]:
    """Return the event of a chat message with the id `m<number>`."""
    return {
        "broadcaster_user_id": STREAMER_ID,
        "broadcaster_user_login": STREAMER,
        "broadcaster_user_name": STREAMER,
        "chatter_user_id": "3003",
        "chatter_user_login": login,
        "chatter_user_name": login.title(),
        "message_id": f"m{number}",
        "message": {
            "text": text,
            "fragments": [{"type": "text", "text": text, "cheermote": None, "emote": None, "mention": None}],
        },
        "color": "#00FF7F",
        "badges": [],
        "message_type": "text",
        "cheer": None,
        "reply": None,
        "channel_points_custom_reward_id": None,
        "channel_points_animation_id": None,
        "source_broadcaster_user_id": None,
        **more,
    }


@dataclass
class Token:
    """An access token and whose it is."""

    login: str
    user_id: str
    scopes: frozenset[str] = EVERYTHING
    client_id: str = CLIENT_ID
    refresh: str = ""
    is_dead: bool = False


@dataclass(eq=False)
class Session:
    """One EventSub connection."""

    id: str
    socket: WebSocket
    move_key: str = ""
    has_moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, frame: Mapping[str, Any] | str) -> None:
        if self.socket.application_state is WebSocketState.CONNECTED:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self.socket.send_text(frame if isinstance(frame, str) else json.dumps(frame))


class TwitchMock:
    """Twitch while it is entered. Its attributes are the switches."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.users = {STREAMER: STREAMER_ID, BOT: BOT_ID}
        self.subscriptions: list[dict[str, Any]] = []
        self.keepalive_s = 10
        self.is_silent = False
        """Sends no keepalive and answers nothing: a dead connection that nobody closed."""
        self.new_id_after_move = False
        self.first_subscription_s = 10.0
        self.grace_s = 30.0
        """How long the old connection lives after it was told to move."""
        self.bad_move_address = False
        self.faults: dict[tuple[str, str], list[tuple[int, dict[str, str]]]] = {}
        """(method, last part of the path) → statuses that the next such calls get instead of an answer."""
        self.html = False
        """The API answers with a page."""
        self.banned: set[str] = set()
        """User ids that may not read the chat."""
        self.drop_reason: dict[str, str] | None = None
        self.echo = True
        """What is sent into the chat comes back over EventSub, as it does on Twitch."""
        self.stream: dict[str, Any] | None = None
        self.title, self.category = "A title", "A game"
        self.approved: set[str] = set()
        """User codes that somebody has entered."""
        self.device_polls = 0
        self.slow_id_s = 0.0
        self.calls: list[tuple[str, str, Any]] = []
        """(method, path, what was sent) of each call."""
        self.sessions: list[Session] = []
        self.connections = 0
        self.close_codes: Counter[int] = Counter()
        self.refreshes = 0
        self.sent: list[dict[str, Any]] = []
        self.port = 0
        self.irc = IrcServer(channels=[STREAMER])
        self._devices: dict[str, str] = {}
        self._refresh_tokens: dict[str, Token] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._server: uvicorn.Server | None = None

    # --- life

    async def __aenter__(self) -> Self:
        await self.irc.__aenter__()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app(),
                lifespan="off",
                log_config=None,
                log_level="error",
                ws="websockets-sansio",
                timeout_graceful_shutdown=1,
            )
        )
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]  # the test owns them
        self._tasks = asyncio.TaskGroup()
        await self._tasks.__aenter__()
        self._tasks.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:  # noqa: ASYNC110  uvicorn has a flag and no event
            await asyncio.sleep(0.002)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._tasks is not None
        self._server.should_exit = True
        self.cut()
        await self._tasks.__aexit__(None, None, None)
        await self.irc.__aexit__(kind, error, trace)

    @property
    def endpoints(self) -> TwitchEndpoints:
        """Where it is, for a configuration."""
        return TwitchEndpoints(
            helix=f"http://127.0.0.1:{self.port}/helix",
            id=f"http://127.0.0.1:{self.port}/oauth2",
            eventsub=f"ws://127.0.0.1:{self.port}/ws",
            irc=self.irc.url,
        )

    # --- what a test does

    def grant(
        self,
        login: str = STREAMER,
        scopes: Collection[str] = EVERYTHING,
        *,
        refreshable: bool = False,
        client_id: str = CLIENT_ID,
    ) -> str:
        """Return a new access token of an account, given to that program."""
        access, _ = self._grant(login, frozenset(scopes), refreshable=refreshable)
        self.tokens[access].client_id = client_id
        return access

    def refresh_token_of(self, access: str) -> str:
        """Return the refresh token that belongs to an access token."""
        return self.tokens[access].refresh

    def expire(self, access: str) -> None:
        """End an access token."""
        self.tokens[access].is_dead = True

    async def until(self, condition: Any, within: float = 5.0) -> None:
        """Wait until `condition()` is true; raises TimeoutError."""
        async with asyncio.timeout(within):
            while not condition():
                self._changed.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        await self._changed.wait()

    async def subscribed(self, kind: str = CHAT, connections: int = 1) -> None:
        """Wait until so many connections were made and the latest session has that subscription."""
        await self.until(lambda: self.connections >= connections and self._is_read(kind))

    async def send(
        self,
        kind: str,
        *events: Mapping[str, Any],
        message_id: str | None = None,
        ago: timedelta = timedelta(),
    ) -> int:
        """Notify everyone who has subscribed, of each event; return how many frames went out."""
        frames = 0
        for event in events:
            for subscription in [each for each in self.subscriptions if self._matches(each, kind, event)]:
                frame = self.notification(subscription, event, message_id, ago)
                frames += await self._to(subscription["transport"]["session_id"], frame)
        return frames

    @staticmethod
    def notification(
        subscription: Mapping[str, Any], event: Mapping[str, Any], message_id: str | None, ago: timedelta
    ) -> dict[str, Any]:
        """Return a notification as it is sent."""
        return {
            "metadata": {
                "message_id": message_id or str(uuid4()),
                "message_type": "notification",
                "message_timestamp": stamp(ago),
                "subscription_type": subscription["type"],
                "subscription_version": subscription["version"],
            },
            "payload": {"subscription": subscription, "event": event},
        }

    async def send_raw(self, text: str) -> None:
        """Send a text to every session as it is."""
        for session in self.sessions:
            await session.send(text)

    async def revoke(self, kind: str, status: str) -> None:
        """End the subscriptions of a kind."""
        for subscription in [each for each in self.subscriptions if each["type"] == kind]:
            self.subscriptions.remove(subscription)
            subscription["status"] = status
            frame = {
                "metadata": {
                    "message_id": str(uuid4()),
                    "message_type": "revocation",
                    "message_timestamp": stamp(),
                    "subscription_type": kind,
                    "subscription_version": subscription["version"],
                },
                "payload": {"subscription": subscription},
            }
            await self._to(subscription["transport"]["session_id"], frame)

    async def move(self) -> None:
        """Tell every session to connect elsewhere; the old connections get events until the new ones are welcome."""
        for session in list(self.sessions):
            session.move_key = uuid4().hex
            key = "nobodyknowsthis" if self.bad_move_address else session.move_key
            frame = {
                "metadata": {
                    "message_id": str(uuid4()),
                    "message_type": "session_reconnect",
                    "message_timestamp": stamp(),
                },
                "payload": {
                    "session": {
                        "id": session.id,
                        "status": "reconnecting",
                        "keepalive_timeout_seconds": None,
                        "reconnect_url": f"ws://127.0.0.1:{self.port}/ws?challenge={key}&id={session.id}",
                        "connected_at": stamp(),
                    }
                },
            }
            await session.send(frame)

    async def close(self, code: int) -> None:
        """Close every session with a code."""
        for session in list(self.sessions):
            self._end(session)
            await session.socket.close(code)

    def cut(self) -> None:
        """Cut off every connection without a goodbye, as a failing network does."""
        assert self._server is not None
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()

    def add_orphan(self, kind: str = CHAT, user_id: str = STREAMER_ID) -> None:
        """Leave a subscription behind of a session that nobody reads any more, as a dead connection does."""
        condition = {"broadcaster_user_id": STREAMER_ID, "user_id": user_id}
        owner = Token("", user_id)
        self.subscriptions.append(self._subscription(kind, "1", condition, "deadsession", owner))

    # --- EventSub

    async def _eventsub(self, socket: WebSocket) -> None:
        await socket.accept()
        former = self._former(socket)
        if socket.query_params.get("challenge") and former is None:
            await self._close(socket, 4007)
            return
        session_id = former.id if former and not self.new_id_after_move else f"session-{next(self._numbers)}"
        session = Session(session_id, socket)
        self.connections += 1
        if former is not None:
            self._take_over(former, session)
        self.sessions.append(session)
        self._changed.set()
        await session.send(self._welcome(session))
        if former is not None:
            former.has_moved.set()
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(self._keep_alive(session)),
                tasks.create_task(self._want_it_to_move(session)),
            ]
            if former is None:
                beside.append(tasks.create_task(self._want_a_subscription(session)))
            await self._listen(session)
            for task in beside:
                task.cancel()
        self._end(session)

    def _former(self, socket: WebSocket) -> Session | None:
        key = socket.query_params.get("challenge")
        return next((each for each in self.sessions if key and each.move_key == key), None)

    def _take_over(self, former: Session, session: Session) -> None:
        for subscription in self.subscriptions:
            if subscription["transport"]["session_id"] == former.id:
                subscription["transport"]["session_id"] = session.id
        self.sessions.remove(former)

    async def _listen(self, session: Session) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await session.socket.receive_text()
            await self._close(session.socket, 4001)

    async def _keep_alive(self, session: Session) -> None:
        while True:
            await asyncio.sleep(self.keepalive_s * 0.9)
            if not self.is_silent:
                await session.send(
                    {
                        "metadata": {
                            "message_id": str(uuid4()),
                            "message_type": "session_keepalive",
                            "message_timestamp": stamp(),
                        },
                        "payload": {},
                    }
                )

    async def _want_a_subscription(self, session: Session) -> None:
        await asyncio.sleep(self.first_subscription_s)
        if not any(each["transport"]["session_id"] == session.id for each in self.subscriptions):
            await self._close(session.socket, 4003)

    async def _want_it_to_move(self, session: Session) -> None:
        while not session.move_key:  # noqa: ASYNC110  a test sets it
            await asyncio.sleep(0.02)
        await asyncio.sleep(self.grace_s)
        await self._close(session.socket, 4004)

    async def _close(self, socket: WebSocket, code: int) -> None:
        self.close_codes[code] += 1
        with contextlib.suppress(RuntimeError):
            await socket.close(code)

    def _end(self, session: Session) -> None:
        if session in self.sessions:
            self.sessions.remove(session)
            self.subscriptions = [
                each for each in self.subscriptions if each["transport"]["session_id"] != session.id
            ]
        self._changed.set()

    def _welcome(self, session: Session) -> dict[str, Any]:
        return {
            "metadata": {
                "message_id": str(uuid4()),
                "message_type": "session_welcome",
                "message_timestamp": stamp(),
            },
            "payload": {
                "session": {
                    "id": session.id,
                    "status": "connected",
                    "connected_at": stamp(),
                    "keepalive_timeout_seconds": self.keepalive_s,
                    "reconnect_url": None,
                    "recovery_url": None,
                }
            },
        }

    async def _to(self, session_id: str, frame: Mapping[str, Any]) -> int:
        found = [each for each in self.sessions if each.id == session_id]
        for session in found:
            await session.send(frame)
        return len(found)

    def _is_read(self, kind: str) -> bool:
        ids = {each.id for each in self.sessions}
        return any(
            each["type"] == kind and each["transport"]["session_id"] in ids for each in self.subscriptions
        )

    @staticmethod
    def _matches(subscription: Mapping[str, Any], kind: str, event: Mapping[str, Any]) -> bool:
        condition = subscription["condition"]
        room = condition.get("broadcaster_user_id") or condition.get("to_broadcaster_user_id")
        its = event.get("broadcaster_user_id") or event.get("to_broadcaster_user_id")
        return bool(subscription["type"] == kind and room == its)

    # --- the API

    async def _subscriptions(self, request: Request) -> Response:
        token = self._token(request)
        if token is None:
            return _error(401, "Unauthorized", "Invalid OAuth token")
        if request.method == "GET":
            kind = request.query_params.get("type")
            found = [
                each
                for each in self.subscriptions
                if (each["user_id"], each["client_id"]) == (token.user_id, token.client_id)
                and kind in (None, each["type"])
            ]
            return JSONResponse(_page(found, total=len(found), total_cost=0, max_total_cost=10))
        if request.method == "DELETE":
            before = len(self.subscriptions)
            wanted = request.query_params.get("id")
            self.subscriptions = [each for each in self.subscriptions if each["id"] != wanted]
            if len(self.subscriptions) == before:
                return _error(404, "Not Found", "subscription not found")
            return Response(status_code=204)
        return self._subscribe(token, await request.json())

    def _subscribe(self, token: Token, wish: Mapping[str, Any]) -> Response:
        kind, condition = wish["type"], wish["condition"]
        session_id = wish["transport"]["session_id"]
        needed = next(
            (scopes for start, scopes in NEEDED.items() if kind.startswith(start)), frozenset[str]()
        )
        if needed and not needed & token.scopes:
            return _error(403, "Forbidden", "subscription missing proper authorization")
        if kind.startswith("channel.chat.") and token.user_id in self.banned:
            return _error(403, "Forbidden", "subscription missing proper authorization")
        if not any(each.id == session_id for each in self.sessions):
            return _error(
                400, "Bad Request", "websocket transport session does not exist or has already disconnected"
            )
        for each in self.subscriptions:
            if (each["type"], each["condition"], each["client_id"]) == (kind, condition, token.client_id):
                return _error(409, "Conflict", f"subscription already exists, id={each['id']}")
        made = self._subscription(kind, wish["version"], condition, session_id, token)
        self.subscriptions.append(made)
        self._changed.set()
        return JSONResponse(_page([made], total=1, total_cost=0, max_total_cost=10), 202)

    def _subscription(
        self, kind: str, version: str, condition: Mapping[str, str], session_id: str, owner: Token
    ) -> dict[str, Any]:
        return {
            "id": str(uuid4()),
            "status": "enabled",
            "type": kind,
            "version": version,
            "condition": dict(condition),
            "created_at": stamp(),
            "transport": {"method": "websocket", "session_id": session_id, "connected_at": stamp()},
            "cost": 0,
            "user_id": owner.user_id,
            "client_id": owner.client_id,
        }

    async def _users(self, request: Request) -> Response:
        token = self._token(request)
        if token is None:
            return _error(401, "Unauthorized", "Invalid OAuth token")
        logins = request.query_params.getlist("login")
        ids = request.query_params.getlist("id")
        if not logins and not ids:
            logins = [token.login]
        found = [
            {"id": user_id, "login": login, "display_name": login.title(), "type": "", "broadcaster_type": ""}
            for login, user_id in self.users.items()
            if login in logins or user_id in ids
        ]
        return JSONResponse(_page(found))

    async def _streams(self, request: Request) -> Response:
        if self._token(request) is None:
            return _error(401, "Unauthorized", "Invalid OAuth token")
        return JSONResponse(_page([self.stream] if self.stream else []))

    async def _channels(self, request: Request) -> Response:
        if self._token(request) is None:
            return _error(401, "Unauthorized", "Invalid OAuth token")
        found = {"broadcaster_id": STREAMER_ID, "title": self.title, "game_name": self.category}
        return JSONResponse(_page([found]))

    async def _messages(self, request: Request) -> Response:
        token = self._token(request)
        if token is None:
            return _error(401, "Unauthorized", "Invalid OAuth token")
        if "user:write:chat" not in token.scopes:
            return _error(401, "Unauthorized", "Missing scope: user:write:chat")
        wish = await request.json()
        if self.drop_reason is not None:
            result: dict[str, Any] = {"message_id": "", "is_sent": False, "drop_reason": self.drop_reason}
            return JSONResponse(_page([result]))
        number = f"sent{next(self._numbers)}"
        self.sent.append(dict(wish))
        if self.echo:
            badges = [{"set_id": "broadcaster", "id": "1", "info": ""}] if token.login == STREAMER else []
            event = chat_event(
                number, wish["message"], token.login, chatter_user_id=token.user_id, badges=badges
            )
            await self.send(CHAT, event)
        return JSONResponse(_page([{"message_id": f"m{number}", "is_sent": True, "drop_reason": None}]))

    def _token(self, request: Request) -> Token | None:
        found = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return (
            found
            if found and not found.is_dead and request.headers.get("client-id") == found.client_id
            else None
        )

    # --- the id server

    async def _validate(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("OAuth ").removeprefix("Bearer ")
        token = self.tokens.get(given)
        if token is None or token.is_dead:
            return JSONResponse({"status": 401, "message": "invalid access token"}, 401)
        return JSONResponse(
            {
                "client_id": token.client_id,
                "login": token.login,
                "scopes": sorted(token.scopes),
                "user_id": token.user_id,
                "expires_in": 14000,
            }
        )

    async def _give_token(self, request: Request) -> Response:
        form = await request.form()
        await asyncio.sleep(self.slow_id_s)
        if form.get("client_id") != CLIENT_ID:
            return JSONResponse({"status": 400, "message": "invalid client"}, 400)
        match form.get("grant_type"):
            case "refresh_token":
                return self._refresh(str(form.get("refresh_token")))
            case "urn:ietf:params:oauth:grant-type:device_code":
                return self._poll_device(str(form.get("device_code")), str(form.get("scopes", "")))
            case "client_credentials":
                # An app's token, as twurple wants one; it belongs to nobody.
                access, _ = self._grant(STREAMER, frozenset(), refreshable=False)
                return JSONResponse({"access_token": access, "expires_in": 5000, "token_type": "bearer"})
            case _:
                return JSONResponse({"status": 400, "message": "invalid grant type"}, 400)

    def _refresh(self, refresh: str) -> Response:
        # Once only, as for a login without a secret.
        token = self._refresh_tokens.pop(refresh, None)
        if token is None:
            return JSONResponse({"status": 400, "message": "Invalid refresh token"}, 400)
        self.refreshes += 1
        return self._token_answer(token.login, token.scopes)

    async def _begin_device(self, request: Request) -> Response:
        form = await request.form()
        if form.get("client_id") != CLIENT_ID:
            return JSONResponse({"status": 400, "message": "invalid client"}, 400)
        device, code = uuid4().hex, f"CODE{next(self._numbers):04}"
        self._devices[device] = code
        return JSONResponse(
            {
                "device_code": device,
                "expires_in": 1800,
                "interval": 1,
                "user_code": code,
                "verification_uri": f"https://www.twitch.tv/activate?device-code={code}",
            }
        )

    def _poll_device(self, device: str, scopes: str) -> Response:
        self.device_polls += 1
        code = self._devices.get(device)
        if code is None:
            return JSONResponse({"status": 400, "message": "invalid device code"}, 400)
        if code not in self.approved:
            return JSONResponse({"status": 400, "message": "authorization_pending"}, 400)
        del self._devices[device]
        return self._token_answer(STREAMER, frozenset(scopes.split()))

    def _token_answer(self, login: str, scopes: frozenset[str]) -> Response:
        access, refresh = self._grant(login, scopes, refreshable=True)
        return JSONResponse(
            {
                "access_token": access,
                "expires_in": 14124,
                "refresh_token": refresh,
                "scope": sorted(scopes),
                "token_type": "bearer",
            }
        )

    def _grant(self, login: str, scopes: frozenset[str], *, refreshable: bool) -> tuple[str, str]:
        access = f"access{next(self._numbers):04}{uuid4().hex}"
        token = Token(login, self.users[login], scopes, refresh=uuid4().hex if refreshable else "")
        self.tokens[access] = token
        if refreshable:
            self._refresh_tokens[token.refresh] = token
        self.irc.tokens[access] = login
        return access, token.refresh

    # --- plumbing

    def _app(self) -> Starlette:
        routes: list[Route | WebSocketRoute] = [WebSocketRoute("/ws", self._eventsub)]
        for prefix in ("/helix", "/mock", ""):
            routes += [
                Route(
                    f"{prefix}/eventsub/subscriptions",
                    self._faulty(self._subscriptions),
                    methods=["GET", "POST", "DELETE"],
                ),
                Route(f"{prefix}/users", self._faulty(self._users)),
                Route(f"{prefix}/streams", self._faulty(self._streams)),
                Route(f"{prefix}/channels", self._faulty(self._channels)),
                Route(f"{prefix}/chat/messages", self._faulty(self._messages), methods=["POST"]),
            ]
        for prefix in ("/oauth2", "/auth"):
            routes += [
                Route(f"{prefix}/validate", self._faulty(self._validate)),
                Route(f"{prefix}/token", self._faulty(self._give_token), methods=["POST"]),
                Route(f"{prefix}/device", self._faulty(self._begin_device), methods=["POST"]),
            ]
        return Starlette(routes=routes)

    def _faulty(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            last = request.url.path.rpartition("/")[2]
            body = await request.body()
            self.calls.append((request.method, last, body.decode()))
            self._changed.set()
            if planned := self.faults.get((request.method, last)):
                status, headers = planned.pop(0)
                return JSONResponse(
                    {"error": "planned", "status": status, "message": "planned fault"},
                    status,
                    headers=headers,
                )
            if self.html:
                return HTMLResponse("<html>Bad gateway</html>", 502)
            response: Response = await endpoint(request)
            # Of 800 points a minute; clients wait for these before they go on.
            response.headers.update(
                {
                    "Ratelimit-Limit": "800",
                    "Ratelimit-Remaining": "799",
                    "Ratelimit-Reset": str(int(time.time()) + 1),
                }
            )
            return response

        return answer


def too_many(after_s: float = 0.1) -> tuple[int, dict[str, str]]:
    """Return the fault of a call that came too often."""
    return 429, {
        "ratelimit-limit": "800",
        "ratelimit-remaining": "0",
        "ratelimit-reset": str(time.time() + after_s),
    }


def _page(data: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    return {"data": list(data), **more, "pagination": {}}


def _error(status: int, error: str, message: str) -> Response:
    return JSONResponse({"error": error, "status": status, "message": message}, status)
