"""Any ear that is served the OpenAI way: OpenAI itself, Groq, servers around Whisper and others."""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import Field

from open_llm_vtuber.accounts import SpeechOptions, failure
from open_llm_vtuber.asr.pcm import as_wav, is_audible
from open_llm_vtuber.openai_sdk import connect, within
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    from openai import AsyncOpenAI

ENGINE = "openai_asr"


class OpenAIASR:
    """An ear behind an address. Entering sends nothing: a provider may start later than we do."""

    class Options(SpeechOptions):
        """Where the ear is and what it listens for."""

        model: str = Field("whisper-1", min_length=1)
        language: str = Field("", max_length=20)
        """Of what is said, for example en. Empty: the provider finds out, which is slower and sometimes wrong."""
        timeout_s: Seconds = Field(20.0, gt=0)
        """Seconds until the words are there, repeated requests included."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._client: AsyncOpenAI | None = None
        self._account = options.account(ENGINE, "ear")

    async def __aenter__(self) -> Self:
        self._client = await connect(self._account)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def transcribe(self, utterance: bytes) -> str:
        """Return what was said; silence is not sent anywhere. Raises EngineError."""
        if self._client is None:
            raise failure(self._account, f"{ENGINE} is not started.", retryable=False)
        if not is_audible(utterance):
            return ""
        from openai import omit  # the SDK is slow to import; by now it is there

        answer = await within(
            self._account,
            asyncio.get_running_loop().time() + self._options.timeout_s,
            self._client.audio.transcriptions.create(
                file=("utterance.wav", as_wav(utterance), "audio/wav"),
                model=self._options.model,
                response_format="json",
                language=self._options.language or omit,
            ),
            begun=False,
        )
        return self._text_of(answer)

    def _text_of(self, answer: object) -> str:
        """Return the words in an answer: the SDK passes on whatever a server has sent. Raises EngineError."""
        text = getattr(answer, "text", None)
        if not isinstance(text, str):
            where = self._account.where
            msg = f"{where} does not answer like an ear: check base_url (often it ends in /v1)."
            raise failure(self._account, msg, retryable=False)
        return text.strip()
