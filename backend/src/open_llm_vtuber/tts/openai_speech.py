"""Any voice that is served the OpenAI way: OpenAI itself, Kokoro servers and others."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, field_validator

from open_llm_vtuber.accounts import SpeechOptions, failure
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.openai_sdk import connect, within
from open_llm_vtuber.tts.pcm import RATE, speakable, whole_samples
from open_llm_vtuber.tts.wav import read_wav
from open_llm_vtuber.units import Hertz, Seconds

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai._response import AsyncStreamedBinaryAPIResponse

ENGINE = "openai_tts"
_LARGEST = 20_000_000
"""Bytes of one sentence: seven minutes of sound. What is longer is not a sentence."""


class OpenAITTS:
    """A voice behind an address. Entering sends nothing: a provider may start later than we do."""

    sample_rate: Hertz = RATE

    class Options(SpeechOptions):
        """Where the voice is and how it sounds."""

        model: str = Field("gpt-4o-mini-tts", min_length=1)
        voice: str = Field("alloy", min_length=1)
        file_extension: Literal["pcm", "wav"] = "pcm"
        """pcm must be 24 kHz, 16-bit, mono, as OpenAI sends it; a wav says what it is and may be any."""
        timeout_s: Seconds = Field(30.0, gt=0)
        """Seconds until the first sound, repeated requests included."""
        chunk_timeout_s: Seconds = Field(15.0, gt=0)
        """Seconds between two pieces of the sound."""

        @field_validator("file_extension", mode="before")
        @classmethod
        def _no_mp3(cls, value: object) -> object:
            if value == "mp3":
                msg = "mp3 cannot be played as it comes; set pcm, or wav where the server does not know pcm"
                raise ValueError(msg)
            return value

    def __init__(self, options: Options) -> None:
        self._options = options
        self._client: AsyncOpenAI | None = None
        self._account = options.account(ENGINE, "voice")

    async def __aenter__(self) -> Self:
        self._client = await connect(self._account)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sound as it comes (a wav: in one piece); closing hangs up. Raises EngineError."""
        if not speakable(text):
            return
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._options.timeout_s
        async with AsyncExitStack() as stack:
            response = await within(self._account, deadline, self._open(stack, text), begun=False)
            self._check_type(response.headers.get("content-type", ""))
            received = await stack.enter_async_context(
                aclosing(self._receive(response.iter_bytes(), deadline))
            )
            unpack = self._unpack if self._options.file_extension == "wav" else whole_samples
            pieces = await stack.enter_async_context(aclosing(unpack(received)))
            silent = True
            async for piece in pieces:
                silent = False
                yield piece
        if silent:
            raise failure(self._account, f"{self._account.where} answered without any sound.", retryable=True)

    async def _open(self, stack: AsyncExitStack, text: str) -> "AsyncStreamedBinaryAPIResponse":
        """Send the request and return the answer as it begins."""
        if self._client is None:
            raise failure(self._account, f"{ENGINE} is not started.", retryable=False)
        options = self._options
        request = self._client.audio.speech.with_streaming_response.create(
            input=text, model=options.model, voice=options.voice, response_format=options.file_extension
        )
        return await stack.enter_async_context(request)

    def _check_type(self, content_type: str) -> None:
        """Raise EngineError when what comes is not sound that we can play."""
        kind = content_type.partition(";")[0].strip().lower()
        if kind in {"text/html", "text/plain", "application/json"}:
            msg = (
                f"{self._account.where} does not answer like a voice: check base_url (often it ends in /v1)."
            )
            raise failure(self._account, msg, retryable=False)
        if kind in {"audio/mpeg", "audio/mp3"}:
            msg = (
                f"{self._account.where} sends MP3, which cannot be played: set file_extension to wav or pcm."
            )
            raise failure(self._account, msg, retryable=False)

    async def _receive(self, chunks: AsyncIterator[bytes], deadline: Seconds) -> AsyncGenerator[bytes, None]:
        """Yield what comes, each piece within its limit. Raises EngineError."""
        clock = asyncio.get_running_loop()
        size = 0
        while chunk := await within(self._account, deadline, anext(chunks, b""), begun=size > 0):
            size += len(chunk)
            if size > _LARGEST:
                msg = f"{self._account.where} sent more sound than a sentence can hold."
                raise failure(self._account, msg, retryable=False)
            yield chunk
            deadline = clock.time() + self._options.chunk_timeout_s

    async def _unpack(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """Yield the sound of a WAV in one piece: converting it needs all of it. Raises EngineError."""
        data = b"".join([chunk async for chunk in chunks])
        if not data:
            return
        try:
            sound = await asyncio.to_thread(read_wav, data)
        except ValueError:
            raise self._unreadable() from None
        if sound:
            yield sound

    def _unreadable(self) -> EngineError:
        """Return the error for something that is called WAV and is not one that we know."""
        msg = f"{self._account.where} sent no 16-bit WAV: set file_extension to pcm if it can send that."
        return failure(self._account, msg, retryable=False)
