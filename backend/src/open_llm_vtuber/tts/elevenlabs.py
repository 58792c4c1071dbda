"""ElevenLabs' voices, through its own library; optional (the extra `elevenlabs`)."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager
from types import ModuleType, TracebackType
from typing import Protocol, Self, cast

from pydantic import Field, field_validator

from open_llm_vtuber.accounts import ApiKey, BaseUrl, host_of
from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.tts.extras import in_time, library
from open_llm_vtuber.tts.pcm import RATE, speakable, whole_samples
from open_llm_vtuber.units import Hertz, Seconds

ENGINE = "elevenlabs_tts"
EXTRA = "elevenlabs"

_FORMAT = "pcm_24000"
_CONNECT_LIMIT: Seconds = 5.0
_LARGEST = 20_000_000
"""Bytes of one sentence: seven minutes of sound."""
_LONGEST = 2000
_UNAUTHORIZED, _NO_CREDIT, _TOO_MANY, _SERVER_FAULTS = (401, 403), 402, 429, 500


class _Client(Protocol):
    """What is used of the library."""

    @property
    def text_to_speech(self) -> "_TextToSpeech": ...


class _TextToSpeech(Protocol):
    def stream(
        self,
        voice_id: str,
        *,
        text: str,
        model_id: str,
        output_format: str,
        voice_settings: object,
        request_options: dict[str, object],
    ) -> AsyncGenerator[bytes, None]: ...


class _Connections(Protocol):
    async def aclose(self) -> None: ...


class ElevenLabsTTS:
    """A voice of ElevenLabs. Entering sends nothing."""

    sample_rate: Hertz = RATE

    class Options(EngineOptions):
        """Whose account, which voice, how it speaks. Sound always comes as PCM, whatever output_format says."""

        api_key: ApiKey
        voice_id: str = Field(pattern=r"^\w{1,64}$")
        model_id: str = Field("eleven_multilingual_v2", pattern=r"^[\w.-]{1,64}$")
        stability: float = Field(0.5, ge=0, le=1)
        similarity_boost: float = Field(0.5, ge=0, le=1)
        style: float = Field(0.0, ge=0, le=1)
        use_speaker_boost: bool = True
        base_url: BaseUrl = "https://api.elevenlabs.io"
        timeout_s: Seconds = Field(10.0, gt=0)
        """Seconds until the first sound."""
        chunk_timeout_s: Seconds = Field(10.0, gt=0)
        """Seconds between two pieces of the sound."""

        @field_validator("api_key", mode="before")
        @classmethod
        def _a_key_is_needed(cls, value: object) -> object:
            if not value:
                msg = "is empty; copy it from your ElevenLabs account"
                raise ValueError(msg)
            return value

    def __init__(self, options: Options) -> None:
        self._options = options
        self._where = f"The voice at {host_of(options.base_url)}"
        self._library: ModuleType | None = None
        self._http: ModuleType | None = None
        self._client: _Client | None = None
        self._connections: _Connections | None = None

    async def __aenter__(self) -> Self:
        self._library = await library("elevenlabs.client", engine=ENGINE, extra=EXTRA)
        self._http = await library("httpx", engine=ENGINE, extra=EXTRA)
        limit = self._http.Timeout(self._options.timeout_s, connect=_CONNECT_LIMIT)
        connections = self._http.AsyncClient(timeout=limit)
        self._client = cast(
            "_Client",
            self._library.AsyncElevenLabs(
                api_key=self._options.api_key.get_secret_value(),
                base_url=self._options.base_url,
                httpx_client=connections,
            ),
        )
        self._connections = connections
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        connections, self._connections, self._client = self._connections, None, None
        if connections is not None:
            await connections.aclose()

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sound as it comes; closing hangs up. Raises EngineError."""
        if not speakable(text):
            return
        size = 0
        async with AsyncExitStack() as stack:
            stack.enter_context(self._explained())
            answer = await stack.enter_async_context(aclosing(self._request(text)))
            pieces = await stack.enter_async_context(aclosing(self._timed(answer)))
            async for chunk in await stack.enter_async_context(aclosing(whole_samples(pieces))):
                size += len(chunk)
                if size > _LARGEST:
                    raise self._failure("sent more sound than a sentence can hold", retryable=False)
                yield chunk
        if not size:
            raise self._failure("answered without any sound", retryable=True)

    def _request(self, text: str) -> AsyncGenerator[bytes, None]:
        if self._client is None:
            raise EngineError(f"{ENGINE} is not started.", engine=ENGINE, retryable=False)
        options = self._options
        manner = options.model_dump(include={"stability", "similarity_boost", "style", "use_speaker_boost"})
        return self._client.text_to_speech.stream(
            options.voice_id,
            text=text[:_LONGEST],
            model_id=options.model_id,
            output_format=_FORMAT,
            voice_settings=manner,
            request_options={"max_retries": 0},
        )

    def _timed(self, answer: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        return in_time(answer, first=self._options.timeout_s, between=self._options.chunk_timeout_s)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the library raises into an EngineError; `from None`, for it holds the provider's own words."""
        if self._http is None:  # not started: _request says so
            yield
            return
        from elevenlabs.core.api_error import ApiError  # it is there: the client is

        try:
            yield
        except ApiError as error:
            raise self._status(error.status_code or 0) from None
        except (TimeoutError, self._http.TimeoutException):
            raise self._failure("did not answer in time", retryable=True) from None
        except self._http.HTTPError:
            raise self._failure("cannot be reached, or broke off", retryable=True) from None
        except (ValueError, TypeError, LookupError):
            raise self._failure("sent something that cannot be read", retryable=True) from None

    def _status(self, status: int) -> EngineError:
        if status in _UNAUTHORIZED:
            return self._failure(f"refused the key ({status}): check api_key", retryable=False)
        if status == _NO_CREDIT:
            return self._failure(f"wants to be paid first ({status})", retryable=False)
        if status == _TOO_MANY:
            return self._failure(f"takes no more requests for now ({status})", retryable=True)
        if status >= _SERVER_FAULTS:
            return self._failure(f"had a fault of its own ({status})", retryable=True)
        return self._failure(f"refused the request ({status}): check voice_id and model_id", retryable=False)

    def _failure(self, what: str, *, retryable: bool) -> EngineError:
        return EngineError(f"{self._where} {what}.", engine=ENGINE, retryable=retryable)
