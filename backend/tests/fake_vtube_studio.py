"""A local program that answers like VTube Studio's plugin API, for tests, after its public documentation.

It keeps what the documentation says: who is not authenticated gets error 8, a hotkey only every five frames, 32 of
them in the queue, expressions by their file, a parameter for one plugin at a time.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

FRAME_S = 1 / 60
HOTKEY_EVERY_S = 5 * FRAME_S
QUEUE = 32


@dataclass
class Asked:
    """One request as it came in."""

    at: float
    connection: int
    kind: str
    data: dict[str, Any]


@dataclass
class Model:
    """A model that is loaded: expression files, and hotkeys as name → type."""

    name: str = "Akari"
    model_id: str = "a" * 32
    files: tuple[str, ...] = ("joy.exp3.json", "Sadness.exp3.json", "glasses.exp3.json")
    hotkeys: dict[str, str] = field(default_factory=lambda: {"Wave/0": "TriggerAnimation"})

    def hotkey_id(self, name: str) -> str:
        """Return the id of a hotkey."""
        return f"{self.model_id[:8]}-{name}"


class _Refused(Exception):
    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.number = number


class FakeVTubeStudio:
    """Listens on a loopback port of its own while it is entered."""

    def __init__(self, model: Model | None = None) -> None:
        self.model: Model | None = model or Model()
        self.user: Literal["allows", "denies", "is away"] = "allows"
        self.tokens: set[str] = set()
        self.active: set[str] = set()
        self.most_active = 0
        """How many expressions were on at once."""
        self.parameters = {"MouthOpen"}
        self.taken: set[str] = set()
        """Parameters that another plugin controls."""
        self.refuse_hotkeys = 0
        """So many are refused because the queue is full."""
        self.asked: list[Asked] = []
        self.pressed: list[tuple[float, str]] = []
        self.mouth: list[float] = []
        self.answers: Callable[[dict[str, Any]], str | bytes | None] | None = None
        """Answers instead of it; None is no answer."""
        self.is_deaf = False
        """Reads nothing any more."""
        self.connections = 0
        self.port = 0
        self._given = 0
        self._sockets: dict[ServerConnection, bool] = {}
        """Connection → whether it is authenticated."""
        self._queued: list[float] = []
        self._server: Server | None = None
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"ws://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a `stop` on the same port, with nothing active: it has been started anew."""
        self.active.clear()
        self._server = await serve(
            self._serve, "127.0.0.1", self.port, compression=None, ping_interval=None, max_size=2**20
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Cut every connection off and stop listening."""
        for socket in self._sockets:
            socket.transport.abort()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of all requests of that kind."""
        return [each.data for each in self.asked if each.kind == kind]

    async def until(self, condition: Callable[["FakeVTubeStudio"], object], limit_s: float = 5) -> None:
        """Wait until it holds; looked at whenever something came in."""
        async with asyncio.timeout(limit_s):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()

    async def say(self, frame: str | bytes) -> None:
        """Send everybody a frame that nobody asked for."""
        for socket in self._sockets:
            with suppress(ConnectionClosed):
                await socket.send(frame)

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections += 1
        number = self.connections
        self._sockets[socket] = False
        try:
            async for frame in socket:
                while self.is_deaf:  # noqa: ASYNC110  until the connection is cut
                    await asyncio.sleep(0.01)
                request = json.loads(frame)
                assert request["apiName"] == "VTubeStudioPublicAPI"
                assert request["apiVersion"] == "1.0"
                assert 1 <= len(request["requestID"]) <= 64
                self.asked.append(Asked(_now(), number, request["messageType"], request.get("data") or {}))
                answer = self.answers(request) if self.answers else self._answer(socket, request)
                self._changed.set()
                if answer is not None:
                    await socket.send(answer)
        except ConnectionClosed:
            pass
        finally:
            del self._sockets[socket]
            self._changed.set()

    def _answer(self, socket: ServerConnection, request: dict[str, Any]) -> str | None:
        kind = str(request["messageType"])
        try:
            data = self._do(socket, kind, request.get("data") or {})
        except _Refused as refusal:
            kind, data = "APIError", {"errorID": refusal.number, "message": str(refusal)}
        if data is None:
            return None
        return reply(request, kind.replace("Request", "Response"), data)

    def _do(self, socket: ServerConnection, kind: str, data: dict[str, Any]) -> dict[str, Any] | None:
        match kind:
            case "APIStateRequest":
                return {"active": True, "vTubeStudioVersion": "1.28.0", "currentSessionAuthenticated": False}
            case "AuthenticationTokenRequest":
                return self._decide(data)
            case "AuthenticationRequest":
                good = data["authenticationToken"] in self.tokens
                self._sockets[socket] = good
                return {"authenticated": good, "reason": "Token valid." if good else "Token invalid."}
            case _:
                return self._obey(socket, kind, data)

    def _obey(self, socket: ServerConnection, kind: str, data: dict[str, Any]) -> dict[str, Any]:
        if not self._sockets[socket]:
            raise _Refused(8, "Current session is not authenticated.")
        match kind:
            case "ExpressionStateRequest":
                return self._expressions()
            case "HotkeysInCurrentModelRequest":
                return self._hotkeys()
            case "ExpressionActivationRequest":
                return self._switch(data)
            case "HotkeyTriggerRequest":
                return self._press(data["hotkeyID"])
            case "InjectParameterDataRequest":
                return self._inject(data)
            case _:
                raise _Refused(7, f"Unknown request {kind}.")

    def _decide(self, data: dict[str, Any]) -> dict[str, Any] | None:
        assert 3 <= len(data["pluginName"]) <= 32
        assert 3 <= len(data["pluginDeveloper"]) <= 32
        if self.user == "is away":
            return None
        if self.user == "denies":
            raise _Refused(50, "User has denied API access for your plugin.")
        self._given += 1
        token = f"adcd-123-ef09-token-{self._given}"
        self.tokens.add(token)
        return {"authenticationToken": token}

    def _expressions(self) -> dict[str, Any]:
        model = self.model
        if model is None:
            return {"modelLoaded": False, "modelName": "", "modelID": "", "expressions": []}
        listed = [
            {
                "name": file[: -len(".exp3.json")],
                "file": file,
                "active": file in self.active,
                "parameters": [],
            }
            for file in model.files
        ]
        return {
            "modelLoaded": True,
            "modelName": model.name,
            "modelID": model.model_id,
            "expressions": listed,
        }

    def _hotkeys(self) -> dict[str, Any]:
        model = self.model
        if model is None:
            return {"modelLoaded": False, "modelName": "", "modelID": "", "availableHotkeys": []}
        listed = [
            {"name": name, "type": kind, "file": "", "hotkeyID": model.hotkey_id(name), "keyCombination": []}
            for name, kind in model.hotkeys.items()
        ]
        return {
            "modelLoaded": True,
            "modelName": model.name,
            "modelID": model.model_id,
            "availableHotkeys": listed,
        }

    def _switch(self, data: dict[str, Any]) -> dict[str, Any]:
        file = data["expressionFile"]
        assert 0 <= data["fadeTime"] <= 2
        if self.model is None:
            raise _Refused(652, "No model loaded.")
        if not file.endswith(".exp3.json"):
            raise _Refused(650, "Invalid file name.")
        if file not in self.model.files:
            raise _Refused(651, "Expression file not found in current model.")
        (self.active.add if data["active"] else self.active.discard)(file)
        self.most_active = max(self.most_active, len(self.active - {"glasses.exp3.json"}))
        return {}

    def _press(self, wanted: str) -> dict[str, Any]:
        now, model = _now(), self.model
        if model is None:
            raise _Refused(201, "No model loaded.")
        ids = {model.hotkey_id(name): name for name in model.hotkeys}
        if wanted not in ids:
            raise _Refused(202, "Hotkey not found in model.")
        if self.refuse_hotkeys:
            self.refuse_hotkeys -= 1
            raise _Refused(200, "Hotkey queue is full.")
        if any(name == ids[wanted] and now - at < HOTKEY_EVERY_S for at, name in self.pressed):
            raise _Refused(203, "Hotkey cooldown not over.")
        self._queued = [at for at in self._queued if at > now]
        if len(self._queued) >= QUEUE:
            raise _Refused(200, "Hotkey queue is full.")
        self._queued.append(max([now, *self._queued]) + HOTKEY_EVERY_S)
        self.pressed.append((now, ids[wanted]))
        return {"hotkeyID": wanted}

    def _inject(self, data: dict[str, Any]) -> dict[str, Any]:
        for each in data["parameterValues"]:
            if each["id"] not in self.parameters:
                raise _Refused(453, "Parameter not found.")
            if each["id"] in self.taken:
                raise _Refused(454, "Parameter is controlled by another plugin.")
            assert -1_000_000 <= each["value"] <= 1_000_000
            self.mouth.append(each["value"])
        return {}


def reply(request: dict[str, Any], kind: str, data: dict[str, Any]) -> str:
    """Return the text frame of an answer."""
    return json.dumps(
        {
            "apiName": "VTubeStudioPublicAPI",
            "apiVersion": "1.0",
            "timestamp": 1625405710728,
            "messageType": kind,
            "requestID": request["requestID"],
            "data": data,
        }
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
