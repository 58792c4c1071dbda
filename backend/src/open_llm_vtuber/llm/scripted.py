"""A language model that is none: written lines, for rehearsals, tests and machines without a model."""

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from open_llm_vtuber.engines import EngineOptions
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities, TextOptions
from open_llm_vtuber.units import Milliseconds

LINES = (
    "[joy] Oh, {word}! I could talk about that all night.",
    "[surprise] Wait, {word}? Now you have my full attention.",
    "[joy] You said {word} and I am already smiling. Tell me more!",
    "[smirk] Somebody in chat said {word}. I knew this stream would get good.",
    "[neutral] Let me think about {word} for a second. [joy] Yes, I like it!",
    "[surprise] Is it really about {word}? [joy] Best chat ever.",
    "[joy] Thank you for bringing up {word}. That made my evening.",
    "[sadness] I wish I knew more about {word}. [joy] You could teach me!",
    "[smirk] Careful, if you say {word} again I will make a song about it.",
    "[joy] Everyone, {word} is the word of the day. Write it down!",
)
_NO_WORD = "that"
_LONGEST_WORD = 20
_AUTHOR = re.compile(r"\A[^:\n]{1,40}: (?=\S)")
_WORDS = re.compile(r"[^\W\d_]+")
_PIECES = re.compile(r"\S+\s*")


class ScriptedLLM:
    """Answers with a written line that echoes one word of what was said. The same words get the same line."""

    abilities = TextAbilities(emotion_tags=True, prompt_tokens=2000, is_demo=True, model="scripted")

    class Options(EngineOptions):
        """What it says."""

        lines: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], ...] = Field(
            LINES, min_length=1
        )
        """Said instead of the written lines; `{word}` becomes the longest word of the last message."""
        delay_ms: Milliseconds = Field(Milliseconds(0), ge=0)
        """Pause before each word."""

    def __init__(self, options: Options) -> None:
        self._options = options

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        pass

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str, None]:
        """Yield the line word by word; a token is a word. Raises nothing."""
        asked = next((message.content for message in reversed(messages) if message.role == "user"), "")
        said = asked.rpartition("\n")[2]  # before it may stand what else is known
        for piece in _PIECES.findall(self._line(_AUTHOR.sub("", said)))[: options.max_tokens]:
            await asyncio.sleep(self._options.delay_ms / 1000)
            yield piece

    def _line(self, said: str) -> str:
        """Return the line for what was said. Not hash(): Python salts it anew in every process."""
        lines = self._options.lines
        return lines[zlib.crc32(said.encode("utf-8", "replace")) % len(lines)].replace("{word}", echo(said))


def echo(said: str) -> str:
    """Return the longest word (the first of them), in lower case and letters only, or "that" without any."""
    return max(_WORDS.findall(said), key=len, default=_NO_WORD).lower()[:_LONGEST_WORD]
