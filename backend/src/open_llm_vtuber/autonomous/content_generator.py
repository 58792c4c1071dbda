"""What she says of her own accord: a prompt from all that is known, a line that she has not said lately, or nothing."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal, Protocol

from open_llm_vtuber import course
from open_llm_vtuber.autonomous.personality import Personality
from open_llm_vtuber.autonomous.repetition import RecentLines
from open_llm_vtuber.autonomous.templates import fields_of, filled
from open_llm_vtuber.autonomous.topics import Topics, proposed
from open_llm_vtuber.autonomous.written_lines import LINES
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.stimulus import TextContext, TextWishes
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

WRITING_LIMIT: Seconds = 30.0
"""How long a model may take for a line; then a written one is said."""
TRIES = 2
LONGEST_LINE = 600
"""Characters of one unasked contribution."""
TOKENS_A_SENTENCE = 48
SHOWN_LINES = 6
SHOWN_CHARACTERS = 120
_TAGS = re.compile(r"\[[^\]\n]{0,40}\]")
_SENTENCE = re.compile(r".+?(?:[.!?…。!?]+[\"'”’)\]]*(?=\s|$)|$)\s*", re.DOTALL)


class Writer(Protocol):
    """The part of an adapter that writes a text on demand; nothing of it enters memory."""

    def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield the text piece by piece. Raises EngineError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why she speaks, and what is known just now."""

    task: str
    """What the operator wants her to say: a checked template."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Values for the template's fields, by name; a viewer's name and words are a stranger's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A line for her, or the reason why there is none."""

    text: str
    source: Literal["model", "written", "nothing"]
    topic: str = ""
    tries: int = 1
    similarity: float = 0.0
    """To the nearest of her recent lines."""
    reason: str = ""


class ContentGenerator:
    """Writes what she says unasked. `draw` returns chances (0 ≤ chance < 1); times are the caller's seconds."""

    def __init__(
        self,
        personality: Personality,
        *,
        topics: Topics,
        draw: Callable[[], float],
        recent: RecentLines | None = None,
        lines: Sequence[str] = LINES,
        propose_topics: bool = False,
    ) -> None:
        self.personality = personality
        self.topics = topics
        self.recent = recent or RecentLines()
        self._draw = draw
        self._lines = lines
        self._proposes = propose_topics

    async def generate_response(self, occasion: Occasion, adapter: Writer, now: Seconds) -> Content:
        """Return a line that is no near-repeat; where the model has none, a written one; else nothing, and why."""
        nearest = topic = ""
        for attempt in range(1, TRIES + 1):
            topic = await self._topic(occasion, adapter, now)
            try:
                text = await self._written_by(adapter, self._build_prompt(occasion, topic, nearest, now), now)
            except (EngineError, TimeoutError) as error:
                reason = str(error) or "The language model took too long."
                return self._from_the_list(occasion, topic, reason, attempt)
            if not text:
                return self._from_the_list(occasion, topic, "The language model said nothing.", attempt)
            near, nearest = self.recent.nearest(without_tags(text))
            if not self.recent.is_repeat(without_tags(text)):
                return Content(text=text, source="model", topic=topic, tries=attempt, similarity=near)
        return self._from_the_list(occasion, topic, "The language model repeats itself.", TRIES)

    def verbatim(self, lines: Sequence[str], facts: Mapping[str, str], now: Seconds) -> Content:
        """Return one of the operator's own lines, the first by chance that she has not said lately.

        A single line is said whenever the operator wants it.
        """
        if not facts.get("topic") and any("topic" in fields_of(line) for line in lines):
            facts = {**facts, "topic": self.topics.take(now, self._draw()) or ""}
        if len(lines) == 1:
            return Content(text=filled(lines[0], facts), source="written")
        start = int(self._draw() * len(lines))
        return self._first_new(
            [*lines[start:], *lines[:start]], facts, "", 1, "all of its lines were said lately"
        )

    def said(self, line: str) -> None:
        """Note a line that the audience has heard."""
        self.recent.add(without_tags(line))

    async def _topic(self, occasion: Occasion, adapter: Writer, now: Seconds) -> str:
        if given := occasion.facts.get("topic"):
            return given
        if self._proposes and not self.topics.rested(now):
            await self._take_proposals(adapter)
        return self.topics.take(now, self._draw()) or ""

    async def _take_proposals(self, adapter: Writer) -> None:
        prompt = (
            "Name ten different small topics that you would enjoy talking about on your stream. One a line, "
            "at most six words each, nothing else."
        )
        try:
            answer = await self._collected(adapter, prompt, TextWishes(max_tokens=160, temperature=1.0))
        except (EngineError, TimeoutError):
            return  # she talks without a topic
        self.topics.add(proposed(answer))

    async def _written_by(self, adapter: Writer, prompt: str, now: Seconds) -> str:
        sentences = self.personality.sentences(now)
        options = TextWishes(max_tokens=TOKENS_A_SENTENCE * sentences, temperature=1.0)
        answer = one_line(await self._collected(adapter, prompt, options))
        return bounded("".join(_SENTENCE.findall(answer)[:sentences]).strip(), LONGEST_LINE)

    @staticmethod
    async def _collected(adapter: Writer, prompt: str, options: TextWishes) -> str:
        pieces: list[str] = []
        length = 0
        async with (
            course.timeout(WRITING_LIMIT),
            aclosing(adapter.generate_text(prompt, None, options)) as answer,
        ):
            async for piece in answer:
                pieces.append(piece)
                length += len(piece)
                if length > 2 * LONGEST_LINE:
                    break
        return "".join(pieces)

    def _build_prompt(self, occasion: Occasion, topic: str, nearest: str, now: Seconds) -> str:
        facts = {**occasion.facts, "topic": topic}
        known = [
            f"{name}: {facts[name]}" for name in ("title", "category", "viewers", "time") if facts.get(name)
        ]
        parts = [
            "Nobody has spoken to you just now: you keep your show going by yourself.",
            filled(occasion.task, facts),
            f"Topic: {topic}." if topic and "topic" not in fields_of(occasion.task) else "",
            f"About the stream: {'; '.join(known)}." if known else "",
            self.personality.manner(now),
            f"Say at most {self.personality.sentences(now)} short sentences, only the words that you speak.",
            self._not_again(nearest),
        ]
        return "\n".join(filter(None, parts))

    def _not_again(self, nearest: str) -> str:
        lines = [bounded(line, SHOWN_CHARACTERS) for line in self.recent.lines[-SHOWN_LINES:]]
        if nearest:
            return f"Say something entirely different from this: {bounded(nearest, SHOWN_CHARACTERS)}"
        return f"You said lately: {' / '.join(lines)}\nDo not say that again." if lines else ""

    def _from_the_list(self, occasion: Occasion, topic: str, reason: str, tries: int) -> Content:
        start = int(self._draw() * len(self._lines))
        lines = [*self._lines[start:], *self._lines[:start]]
        return self._first_new(lines, {**occasion.facts, "topic": topic}, topic, tries, reason)

    def _first_new(
        self, lines: Sequence[str], facts: Mapping[str, str], topic: str, tries: int, reason: str
    ) -> Content:
        for line in lines:
            if not all(facts.get(name) for name in fields_of(line)):
                continue  # it speaks of something that nobody knows
            text = filled(line, facts)
            near, _ = self.recent.nearest(without_tags(text))
            if not self.recent.is_repeat(without_tags(text)):
                return Content(
                    text=text, source="written", topic=topic, tries=tries, similarity=near, reason=reason
                )
        return Content(text="", source="nothing", topic=topic, tries=tries, reason=reason)


def without_tags(line: str) -> str:
    """Return a line without the emotion tags, which nobody hears."""
    return " ".join(_TAGS.sub(" ", line).split())
