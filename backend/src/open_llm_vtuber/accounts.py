"""Accounts at providers: where requests go and in whose name, and what a provider's failures mean to an operator."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.units import Seconds

CONNECT_LIMIT: Seconds = 5.0
LONGEST_RETRY_AFTER: Seconds = 3600.0
"""What a provider may ask us to wait; more is a mistake of somebody's clock."""
_UNAUTHORIZED = (401, 403)
_NOT_FOUND = 404
_TOO_MANY = 429
_REFUSALS = 400
_SERVER_FAULTS = 500
_WORTH_RETRYING = (408, 409, 425)
# What an SDK's own reading of an answer raises when the answer is not what it should be: broken JSON and
# UTF-8 (ValueError), and well-formed JSON of another shape.
MALFORMED = (ValueError, TypeError, AttributeError, LookupError)


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
    address_setting: str = "base_url"
    """What the operator's configuration calls the address."""
    organization: str | None = None
    project: str | None = None
    timeout: Seconds = 30.0
    max_retries: int = 2
    """How often the SDK repeats a request whose answer has not begun."""
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


def is_loopback(base_url: str) -> bool:
    """Return whether the address is this machine itself."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_event_stream(content_type: str) -> bool:
    """Return whether an answer says of itself that it is a stream of events."""
    return content_type.lower().startswith("text/event-stream")


def failure(
    account: Account, sentence: str, *, retryable: bool, retry_after: Seconds | None = None
) -> EngineError:
    """Return the error that names `account`'s engine."""
    return EngineError(sentence, engine=account.engine, retryable=retryable, retry_after=retry_after)


def too_slow(account: Account, *, begun: bool) -> EngineError:
    """Return the error for an answer that did not come in time."""
    what = "stopped in the middle of its answer" if begun else "did not begin to answer in time"
    return failure(account, f"{account.where} {what}.", retryable=True)


def unconnected(account: Account, *, begun: bool) -> EngineError:
    """Return the error for a connection that was not made or did not last."""
    if begun:
        return failure(account, f"{account.where} broke off in mid-answer.", retryable=True)
    msg = f"{account.where} does not answer: is that server running, and is the address right?"
    return failure(account, msg, retryable=True)


def own_fault(account: Account) -> EngineError:
    """Return the error for a provider that reports one while it answers."""
    return failure(account, f"{account.where} reported a fault of its own while answering.", retryable=True)


def unreadable(account: Account) -> EngineError:
    """Return the error for an answer that makes no sense."""
    msg = f"{account.where} sent something that cannot be read: does {account.address_setting} lead to the right server?"
    return failure(account, msg, retryable=True)


def wordless(account: Account, content_type: str, hint: str = "") -> EngineError:
    """Return the error for an answer that ended without a word; `hint` says how such an address mostly looks."""
    if not is_event_stream(content_type):
        check = f"{account.address_setting} ({hint})" if hint else account.address_setting
        msg = f"{account.where} does not answer like a language model: check {check}."
        return failure(account, msg, retryable=False)
    return failure(account, f"{account.where} answered without a single word.", retryable=True)


def refusal(account: Account, status: int, headers: Mapping[str, str]) -> EngineError:
    """Return the error for an HTTP status that is a refusal."""
    where = account.where
    if status in _UNAUTHORIZED:
        sentence, retryable = f"{where} refused the key ({status}): check {account.key_setting}.", False
    elif status == _NOT_FOUND:
        sentence = f"{where} does not know this ({status}): check {account.address_setting} and model."
        retryable = False
    elif status == _TOO_MANY:
        sentence = f"{where} takes no more requests for now ({status}): its limit is reached."
        retryable = True
    elif status >= _SERVER_FAULTS or status in _WORTH_RETRYING:
        sentence, retryable = f"{where} had a fault of its own ({status}).", True
    elif status < _REFUSALS:  # the answer began well, and reported a fault later
        return own_fault(account)
    else:
        sentence = f"{where} refused the request ({status}): check the model's name and what it allows."
        retryable = False
    return failure(account, sentence, retryable=retryable, retry_after=retry_after(headers))


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> Seconds | None:
    """Return how long a provider asks us to wait, in seconds (RFC 9110, 10.2.3); None when it does not say.

    `retry-after-ms` is what OpenAI adds for waits of less than a second.
    """
    try:
        if given := headers.get("retry-after-ms"):
            wait = float(given) / 1000
        elif given := headers.get("retry-after"):
            wait = _seconds(given, now or datetime.now(UTC))
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER) if wait == wait else None  # noqa: PLR0124  not a number


def _seconds(given: str, now: datetime) -> Seconds:
    if given.strip().replace(".", "", 1).isdigit():
        return float(given)
    until = parsedate_to_datetime(given)
    return (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
