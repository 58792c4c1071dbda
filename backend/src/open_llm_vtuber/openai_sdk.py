"""The OpenAI SDK, met in one place: its lazy import, its client, and what its errors mean to an operator."""

import asyncio
import importlib
import ipaddress
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    import openai

T = TypeVar("T")

_CONNECT_LIMIT: Seconds = 5.0
_UNAUTHORIZED = (401, 403)
_NOT_FOUND = 404
_TOO_MANY = 429
_SERVER_FAULTS = 500
_WORTH_RETRYING = (408, 409, 425)
# What the SDK's own reading of an answer raises when the answer is not what it should be: broken JSON and
# UTF-8 (ValueError), and well-formed JSON of another shape.
_MALFORMED = (ValueError, TypeError, AttributeError, LookupError)


def _web_address(value: str) -> str:
    """Return `value` if requests can be sent there. Raises ValueError, without echoing what it may hide."""
    msg = "must be an http:// or https:// address, for example http://localhost:11434/v1"
    try:
        parts = urlsplit(value.strip())
        parts.port  # noqa: B018 - reading it is the check: it raises for a port that is none
    except ValueError:
        raise ValueError(msg) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "must not carry a name, a password, a ? or a #; the key has a setting of its own"
        raise ValueError(msg)
    return parts.geturl()


def _sendable_key(value: SecretStr) -> SecretStr:
    """Return the key as a header can carry it. Raises ValueError when none can."""
    key = value.get_secret_value().strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        msg = "holds a space, a line break or a letter that no key has; copy it again"
        raise ValueError(msg)
    return SecretStr(key or "not-needed")


BaseUrl = Annotated[str, AfterValidator(_web_address)]
ApiKey = Annotated[SecretStr, AfterValidator(_sendable_key)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where requests go and in whose name."""

    engine: str
    """The engine's name in its table; errors carry it."""
    base_url: str
    api_key: SecretStr
    key_setting: str
    """What the operator's configuration calls the key."""
    where: str
    """How an error's sentence begins, for example "The voice at api.example.com:443"."""
    organization: str | None = None
    project: str | None = None
    timeout: Seconds = 30.0
    max_retries: int = 2
    """How often a request is repeated whose answer has not begun."""
    keep_alive: bool = True
    """Whether a connection serves more than one request. The next one is then faster, but may find it closed."""


class SpeechOptions(EngineOptions):
    """Where a voice or an ear is that is served the OpenAI way, and how long it may take."""

    base_url: BaseUrl = "https://api.openai.com/v1"
    api_key: ApiKey = SecretStr("not-needed")
    timeout_s: Seconds = Field(30.0, gt=0)

    def account(self, engine: str, job: str) -> Account:
        """Return the account of the engine that does this job: errors name the job and the host."""
        return Account(
            engine=engine,
            base_url=self.base_url,
            api_key=self.api_key,
            key_setting="api_key",
            where=f"The {job} at {host_of(self.base_url)}",
            timeout=self.timeout_s,
        )


def host_of(base_url: str) -> str:
    """Return host:port (or the host alone) for an operator to recognise; never a path, key or name."""
    parts: SplitResult = urlsplit(base_url)
    host = parts.hostname or ""
    return f"{host}:{parts.port}" if parts.port else host


async def connect(account: Account) -> "openai.AsyncOpenAI":
    """Return a client, to be closed by the caller. Sends nothing. Raises ConfigError without the SDK."""
    try:
        # About a second of work, the first time: not on the loop.
        await asyncio.to_thread(importlib.import_module, "openai")
    except ImportError as error:
        msg = f"{account.engine} needs the package 'openai', which is not installed."
        raise ConfigError(msg) from error
    return await asyncio.to_thread(_client, account)


def _client(account: Account) -> "openai.AsyncOpenAI":
    """Build the client: reads certificates, and imports the parts of the SDK that it otherwise puts off."""
    import httpx2  # it comes with the SDK and is as slow
    import openai

    client = openai.AsyncOpenAI(
        base_url=account.base_url,
        api_key=account.api_key.get_secret_value(),
        organization=account.organization,
        project=account.project,
        max_retries=account.max_retries,
        timeout=httpx2.Timeout(account.timeout, connect=min(_CONNECT_LIMIT, account.timeout)),
        # A proxy in the environment is for the outside world: it cannot reach this machine's loopback.
        http_client=openai.DefaultAsyncHttpxClient(
            trust_env=not is_loopback(account.base_url),
            limits=httpx2.Limits(max_keepalive_connections=20 if account.keep_alive else 0),
        ),
    )
    _ = client.chat.completions, client.audio.speech, client.audio.transcriptions
    return client


def is_loopback(base_url: str) -> bool:
    """Return whether the address is this machine itself."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def within(account: Account, deadline: Seconds, answer: Awaitable[T], *, begun: bool) -> T:
    """Await something of the SDK's until `deadline` (the loop's clock).

    `begun` says whether the answer had started, so that the sentence fits. Raises only EngineError.
    """
    with _explained(account, begun=begun):
        async with asyncio.timeout_at(deadline):
            return await answer


def is_event_stream(content_type: str) -> bool:
    """Return whether an answer says of itself that it is a stream of events."""
    return content_type.lower().startswith("text/event-stream")


def failure(account: Account, sentence: str, *, retryable: bool) -> EngineError:
    """Return the error that names `account`'s engine."""
    return EngineError(sentence, engine=account.engine, retryable=retryable)


@contextmanager
def _explained(account: Account, *, begun: bool) -> Iterator[None]:
    """Turn what the SDK raises into an EngineError.

    Always `from None`: a provider's own words can hold parts of the key, and a chained error ends in a log.
    """
    import httpx2  # see _client
    import openai

    try:
        yield
    except openai.APIStatusError as error:
        raise _status(account, error.status_code) from None
    except (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError):
        what = "stopped in the middle of its answer" if begun else "did not begin to answer in time"
        raise failure(account, f"{account.where} {what}.", retryable=True) from None
    except (openai.APIConnectionError, httpx2.RequestError):
        raise _connection(account, begun=begun) from None
    except openai.OpenAIError:
        msg = f"{account.where} reported a fault of its own while answering."
        raise failure(account, msg, retryable=True) from None
    except _MALFORMED:
        msg = f"{account.where} sent something that cannot be read: does base_url lead to the right server?"
        raise failure(account, msg, retryable=True) from None


def _connection(account: Account, *, begun: bool) -> EngineError:
    """Return the error for a connection that was not made or did not last."""
    if begun:
        return failure(account, f"{account.where} broke off in mid-answer.", retryable=True)
    msg = f"{account.where} does not answer: is that server running, and is the address right?"
    return failure(account, msg, retryable=True)


def _status(account: Account, status: int) -> EngineError:
    """Return the error for an HTTP status that is a refusal."""
    where = account.where
    if status in _UNAUTHORIZED:
        sentence, retryable = f"{where} refused the key ({status}): check {account.key_setting}.", False
    elif status == _NOT_FOUND:
        sentence, retryable = f"{where} does not know this ({status}): check base_url and model.", False
    elif status == _TOO_MANY:
        sentence, retryable = (
            f"{where} takes no more requests for now ({status}): its limit is reached.",
            True,
        )
    elif status >= _SERVER_FAULTS or status in _WORTH_RETRYING:
        sentence, retryable = f"{where} had a fault of its own ({status}).", True
    else:
        sentence = f"{where} refused the request ({status}): check the model's name and what it allows."
        retryable = False
    return failure(account, sentence, retryable=retryable)
