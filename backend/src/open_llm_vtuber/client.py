"""A small client for scripts and tests: it joins a show as a control page does, and speaks in the message classes.

    async with connect("http://127.0.0.1:12393") as her:
        await her.say("Hello chat!")
        async for cue in her.cues():
            print(cue.type)

It watches (capability `preview`): the show never waits for it, and it plays nothing.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self, TypeVar, cast
from urllib.parse import quote, urlsplit, urlunsplit

import websockets
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from open_llm_vtuber.errors import ErrorCode
from open_llm_vtuber.protocol.body_messages import (
    ClaimEnded,
    ExpressionAck,
    ExpressionCommand,
    ExpressionRelease,
    MotionAck,
    MotionCommand,
    MotionRelease,
)
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.envelope import Answer, Capability
from open_llm_vtuber.protocol.live_client_messages import (
    ClientHello,
    GenerationContext,
    GenerationOptions,
    GetCharacterState,
    Resume,
    Say,
    SetBackendMode,
    Skip,
    Stop,
    TextGenerationCancel,
    TextGenerationRequest,
)
from open_llm_vtuber.protocol.live_server_messages import (
    BackendModeSet,
    CharacterState,
    ClientWelcome,
    Resumed,
    SayAck,
    Skipped,
    Stopped,
    TextGenerationResponse,
)
from open_llm_vtuber.protocol.server_messages import Error, ServerMessage
from open_llm_vtuber.units import Seconds

A = TypeVar("A", bound=Answer)
M = TypeVar("M", bound=ClientMessage)

Code = ErrorCode | Literal["unreachable", "refused", "closed", "timeout"]
"""Of the server's own, and four of ours: nobody listens there, not let in, the connection ended, no answer in time."""
CAPABILITIES: tuple[Capability, ...] = ("chat", "state", "expression", "motion", "interrupted", "preview")
MOST_CUES = 1_000
"""Cues that wait to be read. When one more comes, the oldest is dropped and counted in `missed`."""
LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes of one message. A sentence comes with its whole sound."""
ANSWERS_WITHIN: Seconds = 10.0
WRITES_WITHIN: Seconds = 60.0
"""How long a text on demand may take."""
UNKNOWN_SHOW = 4404
_SERVER: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)


class ClientError(Exception):
    """The one error of this client. `str(error)` is a sentence, `code` is for programs.

    `retryable` and `retry_after` (seconds) are there when a provider failed.
    """

    def __init__(
        self, message: str, *, code: Code, retryable: bool | None = None, retry_after: Seconds | None = None
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.retryable = retryable
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Stamped:
    """A cue with what the server writes beside it."""

    cue: ServerMessage
    seq: int | None
    """Rises by one with each cue of this connection."""
    turn_id: str | None
    """The turn that it belongs to: that of `say`'s answer, for example."""
    index: int | None
    """Which sentence of the turn an `audio` is."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    kind: type[Answer]
    answer: asyncio.Future[Answer]


def connect(
    url: str = "http://127.0.0.1:12393",
    *,
    show: str | None = "main",
    token: str | None = None,
    answers_within_s: Seconds = ANSWERS_WITHIN,
) -> "Client":
    """Return a client of the server at that address, to be used with `async with`.

    `show` is the one to join; None is a private one that ends with the connection. `token` is the server's access
    token. Entering raises ClientError: `unreachable`, `refused`, `not-found` (no such show), `timeout`.
    """
    return Client(_socket_address(url, show), token, answers_within_s)


def _socket_address(url: str, show: str | None) -> str:
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise ClientError(f"{url!r} is no address such as http://127.0.0.1:12393.", code="unreachable")
    query = "" if show is None else f"show={quote(show, safe='')}"
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + "/client-ws", query, ""))


class Client:
    """One connection to a show. Any task may ask; the cues have one reader."""

    def __init__(self, address: str, token: str | None, answers_within_s: Seconds) -> None:
        self.missed = 0
        """Cues that were dropped because nobody read them."""
        self.uid = ""
        """The server's name for this connection."""
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._limit = answers_within_s
        self._ids = map(str, itertools.count(1))
        self._waiting: dict[str, _Waiting] = {}
        self._cues: deque[Stamped] = deque()
        self._arrived = asyncio.Event()
        self._ended: ClientError | None = None
        self._left = False
        self._tasks = asyncio.TaskGroup()
        self._reader: asyncio.Task[None] | None = None
        self._socket: websockets.ClientConnection | None = None

    async def __aenter__(self) -> Self:
        self._socket = await self._dialled()
        await self._tasks.__aenter__()
        self._reader = self._tasks.create_task(self._read(self._socket))
        try:
            welcome = await self.ask(ClientHello(client="script", capabilities=CAPABILITIES), ClientWelcome)
        except BaseException as error:
            await self.__aexit__(type(error), error, error.__traceback__)
            raise
        self.uid = welcome.client_uid
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._left = True
        if self._reader is not None:
            self._reader.cancel()
        if self._socket is not None:
            await self._socket.close()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            await self._tasks.__aexit__(kind, error, trace)
        else:  # an error of whoever entered goes on as it is, not wrapped into a group
            await self._tasks.__aexit__(None, None, None)

    async def say(self, text: str, *, verbatim: bool = False, priority: int = 10) -> SayAck:
        """Have her say something: in her own words or, with `verbatim`, exactly this.

        Returns as soon as it waits for its turn. Raises ClientError: `busy` when too much waits already.
        """
        line = _checked(lambda: Say(text=text, verbatim=verbatim, priority=priority))
        answer = await self.ask(line, SayAck)
        if answer.status == "rejected":
            raise ClientError("Too much waits already.", code="busy", retryable=True)
        return answer

    async def expression(
        self, expression: int | str, *, duration: int = 0, priority: int | None = None
    ) -> ExpressionAck:
        """Ask for a face, for `duration` ms or (0) until it is released. The answer says what became of it."""
        command = _checked(
            lambda: ExpressionCommand(expression_id=expression, duration=duration, priority=priority)
        )
        return await self.ask(command, ExpressionAck)

    async def motion(
        self, group: str, index: int = 0, *, loop: bool = False, priority: int | None = None
    ) -> MotionAck:
        """Ask for a gesture. The answer says what became of it."""
        command = _checked(
            lambda: MotionCommand(motion_group=group, motion_index=index, loop=loop, priority=priority)
        )
        return await self.ask(command, MotionAck)

    async def release(self, kind: Literal["expression", "motion"]) -> ClaimEnded:
        """Give up what this connection asked for. Raises ClientError `not-found` if there is nothing."""
        return await self.ask(ExpressionRelease() if kind == "expression" else MotionRelease(), ClaimEnded)

    async def generate(
        self,
        prompt: str,
        *,
        options: GenerationOptions | None = None,
        context: GenerationContext | None = None,
        within_s: Seconds = WRITES_WITHIN,
    ) -> TextGenerationResponse:
        """Have a text written in character that leaves no trace. Giving up, for whatever reason, stops the writing."""
        request_id = next(self._ids)
        request = _checked(
            lambda: TextGenerationRequest(
                prompt=prompt, options=options, context=context, request_id=request_id
            )
        )
        try:
            return await self.ask(request, TextGenerationResponse, within_s=within_s)
        except (ClientError, asyncio.CancelledError) as error:
            is_ours = isinstance(error, asyncio.CancelledError) or error.code == "timeout"
            if is_ours and self._ended is None:
                await self.send(TextGenerationCancel(request_id=request_id))
            raise

    async def state(self) -> CharacterState:
        """Return what she is doing."""
        return await self.ask(GetCharacterState(), CharacterState)

    async def set_mode(self, mode: str, *, now: bool = False) -> BackendModeSet:
        """Take her words from somewhere else: `orphiq`, `external-api` or `autonomous`."""
        wish = _checked(lambda: SetBackendMode(mode=mode, when="now" if now else "after-turn"))
        return await self.ask(wish, BackendModeSet)

    async def skip(self) -> Skipped:
        """Cut what she says, and go on with what waits."""
        return await self.ask(Skip(), Skipped)

    async def stop(self) -> Stopped:
        """Silence her until `resume`."""
        return await self.ask(Stop(), Stopped)

    async def resume(self) -> Resumed:
        """Let the show go on."""
        return await self.ask(Resume(), Resumed)

    async def ask(self, message: ClientMessage, kind: type[A], *, within_s: Seconds | None = None) -> A:
        """Send any message of the protocol and return the answer of that kind.

        Raises ClientError: with the server's code when it refuses, `timeout` and `closed` when no answer comes.
        """
        request_id = message.request_id or next(self._ids)
        waiting = _Waiting(kind, asyncio.get_running_loop().create_future())
        self._waiting[request_id] = waiting
        limit = self._limit if within_s is None else within_s
        try:
            async with asyncio.timeout(limit):
                await self.send(message.model_copy(update={"request_id": request_id}))
                return cast("A", await waiting.answer)
        except TimeoutError:
            raise ClientError(f"{message.type} had no answer within {limit:g} s.", code="timeout") from None
        finally:
            del self._waiting[request_id]

    async def send(self, message: ClientMessage) -> None:
        """Send a message to which no answer is awaited. Raises ClientError `closed`."""
        if self._ended:
            raise self._ended
        if self._socket is None:
            raise ClientError("Not connected: use this client with `async with`.", code="closed")
        try:
            await self._socket.send(message.model_dump_json(exclude_none=True))
        except websockets.ConnectionClosed:
            raise self._why_closed(self._socket) from None

    async def cues(self) -> AsyncGenerator[ServerMessage, None]:
        """Yield everything that is not an answer to this client, from the first moment on, in order.

        Ends when the client is left, and raises ClientError `closed` when the connection ends by itself. For one
        reader: of two, each gets a part. A type or field that this version does not know is left out.
        """
        async for stamped in self.stamped_cues():
            yield stamped.cue

    async def stamped_cues(self) -> AsyncGenerator[Stamped, None]:
        """Do as `cues`, with the number and the turn of each."""
        while True:
            while self._cues:
                yield self._cues.popleft()
            if self._left:
                return
            if self._ended:
                raise self._ended
            self._arrived.clear()
            await self._arrived.wait()

    async def _dialled(self) -> websockets.ClientConnection:
        where = urlsplit(self._address).netloc
        try:
            return await websockets.connect(
                self._address,
                additional_headers=self._headers,
                max_size=LARGEST_FRAME,
                open_timeout=self._limit,
                close_timeout=1,
                proxy=None,
            )
        except TimeoutError:
            raise ClientError(f"{where} does not answer.", code="timeout") from None
        except OSError:
            raise ClientError(f"Nobody listens at {where}.", code="unreachable") from None
        except websockets.InvalidStatus as error:
            status = error.response.status_code
            raise ClientError(
                f"{where} lets us not in ({status}): is the token right?", code="refused"
            ) from None
        except websockets.InvalidHandshake:
            raise ClientError(f"{where} is no such server.", code="refused") from None

    async def _read(self, socket: websockets.ClientConnection) -> None:
        try:
            async for frame in socket:
                self._take(from_json(frame))
        except (websockets.ConnectionClosedError, ValueError):
            pass
        finally:
            self._ended = self._why_closed(socket)
            for waiting in self._waiting.values():
                if not waiting.answer.done():
                    waiting.answer.set_exception(self._ended)
            self._arrived.set()

    def _take(self, given: dict[str, object]) -> None:
        try:
            message = _SERVER.validate_python(given, extra="ignore")
        except ValidationError:  # of a newer server
            return
        waiting = self._waiting.get(str(given.get("request_id")))
        if waiting is None:
            self._keep(Stamped(message, *_stamps(given)))
        elif waiting.answer.done():
            return
        elif isinstance(message, Error):
            waiting.answer.set_exception(_refusal(message))
        elif isinstance(message, waiting.kind):
            waiting.answer.set_result(message)

    def _keep(self, stamped: Stamped) -> None:
        if len(self._cues) == MOST_CUES:
            self._cues.popleft()
            self.missed += 1
        self._cues.append(stamped)
        self._arrived.set()

    def _why_closed(self, socket: websockets.ClientConnection) -> ClientError:
        if socket.close_code == UNKNOWN_SHOW:
            return ClientError(socket.close_reason or "There is no such show.", code="not-found")
        reason = socket.close_reason or "the connection has ended"
        return ClientError(f"Not connected any more: {reason}.", code="closed")


def _checked(make: Callable[[], M]) -> M:
    """Return a message of the caller's values. Raises ClientError as the server would."""
    try:
        return make()
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise ClientError(f"{place}: {fault['msg']}", code="bad-message") from None


def _refusal(error: Error) -> ClientError:
    return ClientError(
        error.message, code=error.code, retryable=error.retryable, retry_after=error.retry_after
    )


def _stamps(given: dict[str, object]) -> tuple[int | None, str | None, int | None]:
    seq, turn, index = given.get("seq"), given.get("turn_id"), given.get("index")
    return (
        seq if isinstance(seq, int) else None,
        turn if isinstance(turn, str) else None,
        index if isinstance(index, int) else None,
    )
