"""One chat with Hume's EVI over its WebSocket: from the introduction to the end of an answer, every wait limited."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.protocol import State

from open_llm_vtuber.agent.evi_reply import EviReply, Said
from open_llm_vtuber.agent.evi_wire import (
    ChatMetadata,
    ClientMessage,
    Context,
    EviMessage,
    Fault,
    SessionSettings,
    ToolCalled,
    ToolError,
    UserInput,
    read,
    written,
)
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.units import Seconds

ENGINE = "hume_ai_agent"
SETTINGS = "agent_settings.hume_ai_agent"
HUME = "api.hume.ai"
ENDED = "Hume announced that it ends this service on 13 November 2026"
PATH = "/v0/evi/chat"
MOST_FRAME_BYTES = 8 * 1024 * 1024
_GOODBYE: Seconds = 0.2
"""How long the far end may take to answer a goodbye; an interrupt waits for it."""
_UNAUTHORIZED, _TOO_MANY, _SERVER_FAULTS = (401, 403), 429, 500
_GONE = (404, 410)
_CODE = re.compile(r"[A-Z]\d{4}")
_NO_CREDIT = "E03"
_WRONG_REQUEST = "E01"

# The library's own logger writes every frame and header at DEBUG: the key, and viewers' words.
_frames_logger = logging.getLogger(f"{__name__}.frames")
_frames_logger.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long each step may take, in seconds."""

    connect_s: Seconds = 5.0
    first_message_s: Seconds = 10.0
    """From the connection to EVI's introduction."""
    first_answer_s: Seconds = 20.0
    """From the question to the first message about it."""
    between_s: Seconds = 10.0
    answer_s: Seconds = 120.0
    """The whole answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where EVI is, and as whom it is asked."""

    address: str
    """ws:// or wss://, without path."""
    api_key: SecretStr
    config_id: str = ""
    limits: Limits = Limits()

    @property
    def where(self) -> str:
        """Its host, for an operator to recognise."""
        return urlsplit(self.address).netloc

    def failure(self, what: str, *, retryable: bool) -> EngineError:
        """Return the error that says it."""
        return EngineError(f"{self.where} {what}.", engine=ENGINE, retryable=retryable)


class Line(Protocol):
    """A connection, by whatever means."""

    @property
    def is_open(self) -> bool:
        """Whether anything can be sent."""
        ...

    async def send(self, frame: str) -> None:
        """Send a frame. Raises ConnectionError when it has ended."""
        ...

    async def receive(self) -> str | bytes:
        """Return the next frame. Raises ConnectionError when it has ended."""
        ...

    async def close(self) -> None:
        """Say goodbye, without waiting long."""
        ...

    def hang_up(self) -> None:
        """End it at once."""
        ...


Dial = Callable[[Account], Awaitable[Line]]
"""Makes a connection. Raises EngineError."""


class WebSocketLine:
    """A WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    @property
    def is_open(self) -> bool:
        """Whether anything can be sent."""
        return self._socket.state is State.OPEN

    async def send(self, frame: str) -> None:
        """Send a frame."""
        try:
            await self._socket.send(frame)
        except ConnectionClosed as error:
            raise ConnectionResetError from error

    async def receive(self) -> str | bytes:
        """Return the next frame."""
        try:
            return await self._socket.recv()
        except ConnectionClosed as error:
            raise ConnectionResetError from error

    async def close(self) -> None:
        """Say goodbye."""
        await self._socket.close()

    def hang_up(self) -> None:
        """End it at once."""
        self._socket.transport.close()


async def dial(account: Account) -> Line:
    """Connect over a WebSocket. Raises EngineError."""
    query = f"?{urlencode({'config_id': account.config_id})}" if account.config_id else ""
    try:
        socket = await connect(
            f"{account.address}{PATH}{query}",
            # In a header, as Hume's own library has it: addresses end up in logs.
            additional_headers={"X-Hume-Api-Key": account.api_key.get_secret_value()},
            open_timeout=account.limits.connect_s,
            close_timeout=_GOODBYE,
            ping_interval=None,
            compression=None,
            max_size=MOST_FRAME_BYTES,
            logger=_frames_logger,
        )
    except InvalidStatus as error:
        raise _refusal(account, error.response.status_code) from None
    # ImportError is what the library raises for a SOCKS proxy that it lacks a package for.
    except (OSError, WebSocketException, ImportError):  # a TimeoutError is an OSError
        raise account.failure(
            f"does not answer: check {SETTINGS}.host{_ended(account)}", retryable=True
        ) from None
    return WebSocketLine(socket)


def _refusal(account: Account, status: int) -> EngineError:
    if status in _UNAUTHORIZED:
        what = f"refused the key ({status}): check {SETTINGS}.api_key{_ended(account)}"
        return account.failure(what, retryable=False)
    if status in _GONE:
        what = f"has no such chat ({status}): check {SETTINGS}.host and config_id{_ended(account)}"
        return account.failure(what, retryable=False)
    if status == _TOO_MANY:
        return account.failure(f"takes no more chats for now ({status})", retryable=True)
    if status >= _SERVER_FAULTS:
        return account.failure(f"had a fault of its own ({status})", retryable=True)
    return account.failure(f"refused the chat ({status}): check {SETTINGS}.config_id", retryable=False)


def _ended(account: Account) -> str:
    return f" ({ENDED})" if account.where == HUME else ""


class EviChat:
    """A chat that has been introduced. One question at a time; a chat that fails is not used again."""

    def __init__(self, account: Account, line: Line) -> None:
        self._account = account
        self._line = line
        self._limits = account.limits
        self._first: EviMessage | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._line.is_open

    async def introduce(self, system_prompt: str, context: str) -> None:
        """Wait for EVI's introduction and say who she is. Raises EngineError."""
        first = await self._next(self._limits.first_message_s, begun=False)
        if not isinstance(first, ChatMetadata):
            raise self._unreadable()
        persistent = Context(text=context) if context else None
        await self._send(SessionSettings(system_prompt=system_prompt, context=persistent))

    async def ask(self, text: str) -> None:
        """Ask; return once EVI says anything. Raises EngineError, also when the chat has ended meanwhile."""
        await self._send(UserInput(text=text))
        self._first = await self._next(self._limits.first_answer_s, begun=False)

    async def answer(self, *, with_sound: bool) -> AsyncGenerator[Said, None]:
        """Yield the answer to what was asked, sentence by sentence. Raises EngineError."""
        reply = EviReply(with_sound=with_sound)
        deadline = asyncio.get_running_loop().time() + self._limits.answer_s
        message, self._first = self._first, None
        while True:
            for said in await self._taken(reply, message):
                yield said
            if reply.is_over:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise self._account.failure("does not come to an end", retryable=True)
            limit = self._limits.between_s if reply.has_begun else self._limits.first_answer_s
            message = await self._next(limit, begun=reply.has_begun)

    async def close(self) -> None:
        """Say goodbye: whatever is still being answered ends."""
        with suppress(ConnectionError):
            await self._line.close()

    def hang_up(self) -> None:
        """End it at once, from wherever."""
        self._line.hang_up()

    async def _taken(self, reply: EviReply, message: EviMessage | None) -> list[Said]:
        if isinstance(message, ToolCalled) and message.response_required:
            await self._send(ToolError(tool_call_id=message.tool_call_id))
        try:
            return reply.take(message) if message else []
        except ValueError:
            raise self._account.failure("sent more than an answer can hold", retryable=False) from None

    async def _send(self, message: ClientMessage) -> None:
        try:
            async with asyncio.timeout(self._limits.between_s):
                await self._line.send(written(message))
        except TimeoutError:
            raise self._account.failure("takes nothing in", retryable=True) from None
        except ConnectionError:
            raise self._account.failure("closed the chat", retryable=True) from None

    async def _next(self, limit: Seconds, *, begun: bool) -> EviMessage:
        """Return the next message that is one of those we know."""
        try:
            async with asyncio.timeout(limit):
                while True:
                    message = read(await self._line.receive())
                    if message is not None:
                        break
        except TimeoutError:
            what = "stopped in mid-answer" if begun else f"said nothing for {limit:g} seconds"
            raise self._account.failure(what, retryable=True) from None
        except ConnectionError:
            what = "broke off in mid-answer" if begun else "closed the chat before it had answered"
            raise self._account.failure(what, retryable=True) from None
        except ValueError:
            raise self._unreadable() from None
        if isinstance(message, Fault):
            raise self._fault(message.code)
        return message

    def _unreadable(self) -> EngineError:
        return self._account.failure("sent something that cannot be read", retryable=True)

    def _fault(self, code: str) -> EngineError:
        shown = f" ({code})" if _CODE.fullmatch(code) else ""
        if code.startswith(_NO_CREDIT):
            return self._account.failure(f"has no credit left for this account{shown}", retryable=False)
        return self._account.failure(
            f"reported a fault{shown}", retryable=not code.startswith(_WRONG_REQUEST)
        )


async def opened(account: Account, system_prompt: str, context: str = "", *, by: Dial = dial) -> EviChat:
    """Return a chat that has been introduced. Raises EngineError."""
    chat = EviChat(account, await by(account))
    try:
        await chat.introduce(system_prompt, context)
    except BaseException:
        await chat.close()
        raise
    return chat
