"""The language model that several make together: when one fails the next answers, or goes on where it broke off."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from types import TracebackType
from typing import Self

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.fallback import Fallback, Link, OnChange
from open_llm_vtuber.llm.canned import CannedLines
from open_llm_vtuber.llm.held import Held
from open_llm_vtuber.llm.seam import Continuation, ending, whole_words
from open_llm_vtuber.llm.tokens import fitted
from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.stimulus import PromptMessage, TextAbilities, TextOptions
from open_llm_vtuber.tool_use import ToolCall
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

GO_ON = (
    "(Your answer was cut off there. Go on from exactly where it stopped, in a new sentence. "
    "Repeat nothing of it, and do not mention the cut.)"
)
PROBE = (PromptMessage(role="user", content="Say hello."),)
SHORTEST_PAUSE: Seconds = 10.0
"""Between two probes of a chain of which nobody answers."""

OnExhausted = Callable[[str], None]
"""Gets one sentence: nobody of the chain answers any more, and why."""


def _ignore(_: str) -> None:
    return


def _nothing() -> None:
    return


class FallbackBrain:
    """Several language models by name, the best one first; its abilities are the first one's.

    What was yielded counts as said. When a model breaks off in the middle of its answer, the sentence is ended and
    the next model goes on with a new one, without what was said already; when there is none, the answer ends there.
    Entering starts the models of `ours`; whoever made the others has started them and will stop them.
    """

    def __init__(
        self,
        brains: Mapping[str, LanguageModel],
        on_change: OnChange,
        *,
        ours: Sequence[LanguageModel] = (),
        canned: CannedLines | None = None,
        on_exhausted: OnExhausted = _ignore,
        on_recovered: Callable[[], None] = _nothing,
    ) -> None:
        """`canned` gives the lines that are said when the budget is spent; without any that is silence."""
        self.brains = brains
        self.abilities: TextAbilities = next(iter(brains.values())).abilities
        self._chain = Fallback(brains, on_change)
        self._ours = ours
        self._canned = canned
        self._on_exhausted = on_exhausted
        self._on_recovered = on_recovered
        self._exhausted = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            for brain in self._ours:
                await stack.enter_async_context(brain)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._stack.aclose()

    @property
    def is_exhausted(self) -> bool:
        """Whether nobody answered the last request."""
        return self._exhausted.is_set()

    async def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Yield the answer piece by piece; closing the iterator stops the generation.

        Raises the last model's EngineError when nobody has said a word.
        """
        said, trouble = "", None
        for link in self._chain.candidates():
            if said and link.engine.abilities.is_demo:
                continue  # it cannot go on with somebody else's answer
            answer = _answer(link.engine, messages, options, said)
            try:
                async with aclosing(answer) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str):
                            said += piece
                        yield piece
            except EngineError as error:
                trouble = self._failed(link, error, said)
                if end := ending(said):
                    said += end
                    yield end
            else:
                self._worked(link, went_on=trouble is not None and bool(said))
                return
        if said:
            return
        if line := self._spent(trouble, options):
            yield line
            return
        if trouble is None:
            raise AssertionError("a chain has a last engine")
        raise trouble

    async def probe(self) -> bool:
        """Ask one after the other for a word, and return whether one came."""
        for link in self._chain.links:
            try:
                async with aclosing(link.engine.stream(PROBE, TextOptions(max_tokens=8))) as pieces:
                    await anext(pieces)
            except (EngineError, StopAsyncIteration) as error:
                if isinstance(error, EngineError) and not isinstance(error, Held):
                    self._chain.failed(link, error)
            else:
                self._worked(link, went_on=False)
                return True
        return False

    async def watch(self) -> None:
        """Probe a chain of which nobody answers until somebody does: for ever, in a task of its owner."""
        while True:
            await self._exhausted.wait()
            now = asyncio.get_running_loop().time()
            rest = min(link.circuit.rest_left(now) for link in self._chain.links)
            await asyncio.sleep(max(rest, SHORTEST_PAUSE))
            if self._exhausted.is_set():
                await self.probe()

    def _failed(self, link: Link[LanguageModel], error: EngineError, said: str) -> EngineError:
        if not isinstance(error, Held):
            self._chain.failed(link, error)
        if said:
            log.warning("%s broke off in the middle of an answer: %s", link.name, error)
            self._chain.mention(str(error))
        return error

    def _worked(self, link: Link[LanguageModel], *, went_on: bool) -> None:
        if not went_on:
            self._chain.mention("")
        self._chain.worked(link)
        if self._canned:
            self._canned.again()
        if self._exhausted.is_set():
            self._exhausted.clear()
            log.info("%s answers again", link.name)
            self._on_recovered()

    def _spent(self, trouble: EngineError | None, options: TextOptions) -> str:
        """Return what to say when nobody answers: something only where it is the money that has run out.

        Who has asked for a text, and not for a reply, gets the error: it would take the line for the text.
        """
        if isinstance(trouble, Held):
            is_said = options.is_spoken and trouble.cause == "budget"
            return self._canned.line() if self._canned and is_said else ""
        if not self._exhausted.is_set():
            self._exhausted.set()
            self._on_exhausted(str(trouble))
        return ""


async def _answer(
    brain: LanguageModel, messages: Sequence[PromptMessage], options: TextOptions, said: str
) -> AsyncGenerator[str | ToolCall, None]:
    """Yield one model's answer, or its continuation of what was said, without half words while it lasts."""
    prompt = fitted(messages, brain.abilities)
    if said:
        prompt += [PromptMessage(role="assistant", content=said), PromptMessage(role="user", content=GO_ON)]
    if options.tools and not brain.abilities.tools:
        options = replace(options, tools=())
    seam = Continuation(said) if said else None
    pending = ""
    async with aclosing(brain.stream(prompt, options)) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                whole, pending = whole_words(pending + (seam.feed(piece) if seam else piece))
            else:
                whole, pending = pending, ""
            if whole:
                yield whole
            if not isinstance(piece, str):
                yield piece
    if rest := pending + (seam.finish() if seam else ""):
        yield rest
