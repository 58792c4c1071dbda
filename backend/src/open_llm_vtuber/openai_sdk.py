"""The OpenAI SDK, met in one place: its lazy import, its client, and what its errors mean to an operator."""

import asyncio
import importlib
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from open_llm_vtuber.accounts import (
    CONNECT_LIMIT,
    MALFORMED,
    Account,
    is_loopback,
    own_fault,
    refusal,
    too_slow,
    unconnected,
    unreadable,
)
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    import openai

T = TypeVar("T")


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
        timeout=httpx2.Timeout(account.timeout, connect=min(CONNECT_LIMIT, account.timeout)),
        # A proxy in the environment is for the outside world: it cannot reach this machine's loopback.
        http_client=openai.DefaultAsyncHttpxClient(
            trust_env=not is_loopback(account.base_url),
            limits=httpx2.Limits(max_keepalive_connections=20 if account.keep_alive else 0),
        ),
    )
    _ = client.chat.completions, client.audio.speech, client.audio.transcriptions
    return client


async def within(account: Account, deadline: Seconds, answer: Awaitable[T], *, begun: bool) -> T:
    """Await something of the SDK's until `deadline` (the loop's clock).

    `begun` says whether the answer had started, so that the sentence fits. Raises only EngineError.
    """
    with _explained(account, begun=begun):
        async with asyncio.timeout_at(deadline):
            return await answer


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
        raise refusal(account, error.status_code, error.response.headers) from None
    except (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError):
        raise too_slow(account, begun=begun) from None
    except (openai.APIConnectionError, httpx2.RequestError):
        raise unconnected(account, begun=begun) from None
    except openai.OpenAIError:
        raise own_fault(account) from None
    except MALFORMED:
        raise unreadable(account) from None
