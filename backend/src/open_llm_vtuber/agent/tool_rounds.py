"""A reply that may take tools: ask the model, use the tools it wants, ask again, within limits.

What the tools take and answer is part of the prompt: all of it together stays within the model's window.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from open_llm_vtuber import course
from open_llm_vtuber.agent.window import Prompt, fitting_tools, length_of_tools, window_of
from open_llm_vtuber.decided import Asked
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import LanguageModel, Toolbox
from open_llm_vtuber.stimulus import Payer, PromptMessage, TextOptions, new_id
from open_llm_vtuber.tool_use import Tool, ToolCall, ToolResult, ToolUse
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

ROUNDS = 5
"""How often the model may ask for tools in one reply. After that it is asked without any, so it has to answer."""
CALLS_A_ROUND = 8
TIME_FOR_TOOLS: Seconds = 60.0
"""How long all the tools of one reply may take together."""
LONGEST_RESULT = 8_000
"""Characters of one result that the model reads."""
RESULTS_TOGETHER = 16_000
"""Characters of all results of one reply."""
SMALLEST_RESULT = 200
"""Characters of a result for which there must be room before a tool is used."""
LONGEST_ARGUMENTS = 1_000
"""Characters of a call's arguments that the model reads again."""
SHARE_OF_TOOLS = 2
"""One part in so many of the window's free room is for describing tools."""

NO_TIME = ToolResult(text="There is no time left for tools: answer without.", is_failure=True)
NOT_JSON = ToolResult(text="The arguments are not a JSON object.", is_failure=True)


class ToolRounds:
    """A language model with a toolbox. Without tools it is the model alone."""

    def __init__(self, llm: LanguageModel, toolbox: Toolbox | None) -> None:
        self._llm = llm
        self._toolbox = toolbox if llm.abilities.tools else None
        self._left_out: set[str] = set()
        """Tools of which it was said that there is no room for them."""

    async def stream(
        self, prompt: Sequence[PromptMessage], payer: Payer | None = None
    ) -> AsyncGenerator[str | ToolUse, None]:
        """Yield the reply piece by piece, and each tool as its use begins and ends. Raises EngineError."""
        offered = self._toolbox.tools if self._toolbox else ()
        reply = _Reply(prompt, window_of(self._llm.abilities), offered, payer)
        self._say_left_out(reply.left_out)
        for number in range(ROUNDS + 1):
            tools = self._offer(reply) if number < ROUNDS else ()
            calls: list[ToolCall] = []
            async with aclosing(self._round(reply, tools)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str):
                        reply.said += piece
                        yield piece
                    else:
                        calls.append(piece)
            if not calls:
                return
            async with aclosing(self._use(reply, reply.affordable(calls[:CALLS_A_ROUND]))) as uses:
                async for use in uses:
                    yield use

    def _offer(self, reply: "_Reply") -> Sequence[Tool]:
        can_use = self._toolbox is not None and reply.seconds_left > 0 and not reply.is_full
        return reply.tools if can_use else ()

    def _say_left_out(self, tools: Sequence[Tool]) -> None:
        new = [tool.name for tool in tools if tool.name not in self._left_out]
        if new:
            self._left_out.update(new)
            log.warning("There is no room in the language model's window for the tools %s.", ", ".join(new))

    async def _round(self, reply: "_Reply", tools: Sequence[Tool]) -> AsyncGenerator[str | ToolCall, None]:
        """Ask the model once; tools that were not offered are not used."""
        begun = False
        options = TextOptions(tools=tools, payer=reply.payer, is_spoken=True)
        try:
            messages = reply.messages(tools)
            course.note(Asked(model=self._llm.abilities.model, messages=messages))
            async with aclosing(self._llm.stream(messages, options)) as pieces:
                async for piece in pieces:
                    begun = True
                    if tools or isinstance(piece, str):
                        yield piece
        except EngineError as error:
            # A server refuses a request with tools when its model cannot use any.
            if begun or not tools or error.retryable:
                raise
        else:
            return
        async with aclosing(self._round(reply, ())) as pieces:
            async for piece in pieces:
                self._give_up_tools()
                yield piece

    def _give_up_tools(self) -> None:
        if self._toolbox:
            log.warning(
                "The language model refuses requests with tools; it is asked without any from now on."
            )
            self._toolbox = None

    async def _use(self, reply: "_Reply", calls: Sequence[ToolCall]) -> AsyncGenerator[ToolUse, None]:
        """Use the tools, one after the other, and put down what they answered."""
        reply.asked_for(calls)
        for call in calls:
            use = ToolUse(id=new_id(), name=call.name, status="running", content=call.arguments)
            yield use
            result = await self._result(reply, call)
            text = reply.answered(call, result)
            yield replace(use, status="error" if result.is_failure else "completed", content=text)

    async def _result(self, reply: "_Reply", call: ToolCall) -> ToolResult:
        arguments = _arguments(call.arguments)
        if arguments is None:
            return NOT_JSON
        if self._toolbox is None or reply.seconds_left <= 0:
            return NO_TIME
        clock = asyncio.get_running_loop()
        began = clock.time()
        try:
            async with asyncio.timeout(reply.seconds_left):
                return await self._toolbox.call(call.name, arguments)
        except TimeoutError:
            return NO_TIME
        except EngineError as error:  # it costs this use of the tool, not the reply
            log.warning("%s", error)
            return ToolResult(text=str(error), is_failure=True)
        finally:
            reply.seconds_left -= clock.time() - began


class _Reply:
    """What one reply has come to, and what is left of its limits."""

    def __init__(
        self, prompt: Sequence[PromptMessage], window: int, tools: Sequence[Tool], payer: Payer | None
    ) -> None:
        self.payer = payer
        self._prompt = Prompt(prompt, window)
        self.tools, self.left_out = fitting_tools(tools, self._prompt.room // SHARE_OF_TOOLS)
        self.is_full = False
        """There was no room for what the model wanted."""
        self.said = ""
        """In this round."""
        self.seconds_left = TIME_FOR_TOOLS
        self._taken = length_of_tools(self.tools)
        self._characters_left = RESULTS_TOGETHER
        self._reserved = 0
        """Characters of the window for the results that are still to come."""

    def messages(self, tools: Sequence[Tool]) -> list[PromptMessage]:
        """Return what the model is asked when it is offered these."""
        return self._prompt.messages(length_of_tools(tools))

    def affordable(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        """Return the first of these calls, as many as fit with what was said and a little of each result."""
        room = self._prompt.room - self._taken - len(self.said)
        fitting: list[ToolCall] = []
        for call in calls:
            room -= len(_sane(call).arguments) + len(call.name) + len(call.id) + _least(call)
            if room < 0:
                break
            fitting.append(call)
        self.is_full = not fitting
        return fitting

    def asked_for(self, calls: Sequence[ToolCall]) -> None:
        """Put down what the model has said, and the tools that it wants."""
        sane = tuple(_sane(call) for call in calls)
        if sane:
            self._prompt.add(PromptMessage(role="assistant", content=self.said, tool_calls=sane))
        self._reserved = sum(map(_least, calls))
        self.said = ""

    def answered(self, call: ToolCall, result: ToolResult) -> str:
        """Put down what a tool answered, and return as much of it as there is room for."""
        self._reserved -= _least(call)
        room = self._prompt.room - self._taken - self._reserved - len(call.id)
        text = result.text[: min(LONGEST_RESULT, self._characters_left, room)]
        self._characters_left -= len(text)
        self._prompt.add(PromptMessage(role="tool", content=text, tool_call_id=call.id))
        return text


def _least(call: ToolCall) -> int:
    """Return how many characters its answer takes at least."""
    return len(call.id) + SMALLEST_RESULT


def _sane(call: ToolCall) -> ToolCall:
    """Return the call as the model reads it again.

    Some servers parse what they once wrote themselves: what is no JSON must not go back.
    """
    is_sane = len(call.arguments) <= LONGEST_ARGUMENTS and _arguments(call.arguments) is not None
    return call if is_sane else replace(call, arguments="{}")


def _arguments(text: str) -> Mapping[str, object] | None:
    """Return a call's arguments, None when they are none. Models leave out the braces of an empty object."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
