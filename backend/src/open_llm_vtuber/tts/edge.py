"""The voices of the Edge browser's reader, through the library edge-tts; optional (the extra `edge`).

Nobody has promised that this service stays: it is not an offer of Microsoft's to programs.
"""

import asyncio
from array import array
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from types import ModuleType, TracebackType
from typing import Protocol, Self, TypedDict, cast

from pydantic import Field

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.tts.extras import in_time, library
from open_llm_vtuber.tts.pcm import RATE, encode, speakable
from open_llm_vtuber.units import Hertz, Seconds

ENGINE = "edge_tts"
EXTRA = "edge"

_CONNECT_LIMIT = 5
_LARGEST = 2_500_000
"""Bytes of MP3 in one sentence: seven minutes of sound."""
_LONGEST = 2000


class _Piece(TypedDict, total=False):
    """What the library yields: sound, or where a sentence begins in it."""

    type: str
    data: bytes


class _Request(Protocol):
    state: Mapping[str, object]

    def stream(self) -> AsyncGenerator[_Piece, None]: ...


class EdgeTTS:
    """One of Edge's voices. Entering sends nothing; each sentence is a connection of its own."""

    sample_rate: Hertz = RATE

    class Options(EngineOptions):
        """Which voice, and how it speaks."""

        voice: str = Field("en-US-AvaMultilingualNeural", min_length=1)
        rate: str = Field("+0%", pattern=r"^[+-]\d{1,3}%$")
        pitch: str = Field("+0Hz", pattern=r"^[+-]\d{1,3}Hz$")
        timeout_s: Seconds = Field(10.0, ge=1)
        """Seconds until the first sound."""
        chunk_timeout_s: Seconds = Field(10.0, ge=1)
        """Seconds between two pieces of the sound."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._library: ModuleType | None = None
        self._decoder: ModuleType | None = None
        self._http: ModuleType | None = None

    async def __aenter__(self) -> Self:
        self._decoder = await library("miniaudio", engine=ENGINE, extra=EXTRA)
        self._http = await library("aiohttp", engine=ENGINE, extra=EXTRA)
        self._library = await library("edge_tts", engine=ENGINE, extra=EXTRA)
        try:
            self._request("Hello.")
        except ValueError:
            msg = f"{ENGINE}: voice is no name of a voice, such as en-US-AvaMultilingualNeural."
            raise ConfigError(msg) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._library = None

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sentence in one piece: it comes as MP3. Raises EngineError."""
        if not speakable(text):
            return
        mp3 = await self._receive(self._request(text[:_LONGEST]))
        sound = await asyncio.to_thread(self._decoded, mp3)
        if not sound:
            raise _failure("Edge's voice answered without any sound.", retryable=True)
        yield sound

    def _request(self, text: str) -> _Request:
        if self._library is None:
            raise _failure(f"{ENGINE} is not started.", retryable=False)
        options = self._options
        return cast(
            "_Request",
            self._library.Communicate(
                text,
                options.voice,
                rate=options.rate,
                pitch=options.pitch,
                connect_timeout=_CONNECT_LIMIT,
                receive_timeout=int(options.timeout_s),
            ),
        )

    async def _receive(self, request: _Request) -> bytes:
        limits = self._options
        mp3 = b""
        with self._explained():
            async with (
                aclosing(request.stream()) as answer,
                aclosing(in_time(answer, first=limits.timeout_s, between=limits.chunk_timeout_s)) as pieces,
            ):
                async for piece in pieces:
                    if piece["type"] == "audio":
                        mp3 += piece["data"]
                    if len(mp3) > _LARGEST:
                        raise _failure("Edge's voice sent more than a sentence can hold.", retryable=False)
        # The library takes a connection that is lost for an end. At a true end it has counted all bytes and begun anew.
        if request.state["chunk_audio_bytes"]:
            raise _failure("Edge's voice broke off.", retryable=True)
        return mp3

    def _decoded(self, mp3: bytes) -> bytes:
        decoder = self._decoder
        if decoder is None:
            raise _failure(f"{ENGINE} is not started.", retryable=False)
        try:
            samples: array[int] = decoder.decode(mp3, nchannels=1, sample_rate=RATE).samples
        except decoder.MiniaudioError:
            raise _failure("Edge's voice sent something that is not MP3.", retryable=True) from None
        return encode(samples)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the library raises into an EngineError."""
        if self._library is None or self._http is None:
            raise _failure(f"{ENGINE} is not started.", retryable=False)
        try:
            yield
        except TimeoutError:
            raise _failure("Edge's voice did not answer in time.", retryable=True) from None
        except self._library.exceptions.NoAudioReceived:
            msg = "Edge's voice answered without any sound: is there a voice of that name?"
            raise _failure(msg, retryable=False) from None
        except self._http.ClientResponseError as error:
            msg = f"Edge's voice refused the request ({error.status}): a newer edge-tts may be needed."
            raise _failure(msg, retryable=True) from None
        except (self._http.ClientError, OSError):
            raise _failure("Edge's voice cannot be reached, or broke off.", retryable=True) from None
        except (self._library.exceptions.EdgeTTSException, ValueError, TypeError, LookupError):
            msg = "Edge's voice answered something unknown: a newer edge-tts may be needed."
            raise _failure(msg, retryable=True) from None


def _failure(sentence: str, *, retryable: bool) -> EngineError:
    return EngineError(sentence, engine=ENGINE, retryable=retryable)
