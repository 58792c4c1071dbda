"""HTTP to Twitch: bounded in time and size, and no address or secret in any error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from pydantic_core import from_json

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.fields import Json, as_object, line
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    import httpx2

ENGINE = "twitch"
TIMEOUT_S: Seconds = 10.0
LARGEST_ANSWER = 4 * 1024 * 1024
_MOST_REASON = 200


class Unreachable(EngineError):
    """Nothing came back."""

    def __init__(self, why: str) -> None:
        shown = bounded(one_line(why), _MOST_REASON)
        super().__init__(f"Twitch could not be reached ({shown}).", engine=ENGINE, retryable=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. A body that is no JSON object is empty."""

    status: int
    body: Json
    headers: Mapping[str, str]
    """Names in lower case."""

    @property
    def reason(self) -> str:
        """Twitch's own words for why it was refused, as one short line."""
        words = line(self.body, "message", _MOST_REASON) or line(self.body, "error", _MOST_REASON)
        return words or f"status {self.status}"


class Web(Protocol):
    """Sends requests. Raises Unreachable."""

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Sequence[tuple[str, str]] = (),
        form: Mapping[str, str] | None = None,
        json: Json | None = None,
    ) -> Answer:
        """Return the answer, whatever its status."""
        ...


class HttpWeb:
    """The real one, while it is entered."""

    def __init__(self, timeout: Seconds = TIMEOUT_S) -> None:
        self._timeout = timeout
        self._client: httpx2.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        import httpx2  # slow to import, and needed only where there is a token

        self._client = httpx2.AsyncClient(timeout=self._timeout, follow_redirects=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._client:
            await self._client.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Sequence[tuple[str, str]] = (),
        form: Mapping[str, str] | None = None,
        json: Json | None = None,
    ) -> Answer:
        """Return the answer, whatever its status. Raises Unreachable."""
        import httpx2

        if self._client is None:
            raise Unreachable("not open")
        try:
            request = self._client.build_request(
                method,
                url,
                headers=dict(headers or {}),
                params=list(params),
                data=dict(form) if form else None,
                json=dict(json) if json else None,
            )
            answer = await self._client.send(request, stream=True)
            try:
                body = await _bounded_body(answer)
            finally:
                await answer.aclose()
        # Its text may hold the address, and an address may hold what is nobody's business: the kind is enough.
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise Unreachable(type(error).__name__) from None
        return Answer(
            answer.status_code, _json_object(body), {k.lower(): v for k, v in answer.headers.items()}
        )


async def _bounded_body(answer: "httpx2.Response") -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise Unreachable("the answer is too large")
    return bytes(body)


def _json_object(body: bytes) -> Json:
    try:
        return as_object(from_json(body))
    except (ValueError, RecursionError):
        return {}
