"""A reply that may take tools: ask the model, use the tools it wants, ask again, within limits."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

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

NO_TIME = ToolResult(text="There is no time left for tools: answer without.", is_failure=True)
NOT_JSON = ToolResult(text="The arguments are not a JSON object.", is_failure=True)


class ToolRounds:
    """A language model with a toolbox. Without tools it is the model alone."""

    def __init__(self, llm: LanguageModel, toolbox: Toolbox | None) -> None:
        self._llm = llm
        self._toolbox = toolbox if llm.abilities.tools else None

    async def stream(
        self, prompt: Sequence[PromptMessage], payer: Payer | None = None
    ) -> AsyncGenerator[str | ToolUse, None]:
        """Yield the reply piece by piece, and each tool as its use begins and ends. Raises EngineError."""
        reply = _Reply(prompt, payer)
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
            async with aclosing(self._use(reply, calls[:CALLS_A_ROUND])) as uses:
                async for use in uses:
                    yield use

    def _offer(self, reply: "_Reply") -> Sequence[Tool]:
        return self._toolbox.tools if self._toolbox and reply.seconds_left > 0 else ()

    async def _round(self, reply: "_Reply", tools: Sequence[Tool]) -> AsyncGenerator[str | ToolCall, None]:
        """Ask the model once; tools that were not offered are not used."""
        begun = False
        options = TextOptions(tools=tools, payer=reply.payer)
        try:
            async with aclosing(self._llm.stream(reply.messages, options)) as pieces:
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

    def __init__(self, prompt: Sequence[PromptMessage], payer: Payer | None) -> None:
        self.payer = payer
        self.messages = list(prompt)
        self.said = ""
        """In this round."""
        self.seconds_left = TIME_FOR_TOOLS
        self._characters_left = RESULTS_TOGETHER

    def asked_for(self, calls: Sequence[ToolCall]) -> None:
        """Put down what the model has said, and the tools that it wants."""
        # Some servers parse what they once wrote themselves: what is no JSON must not go back.
        sane = [
            call if _arguments(call.arguments) is not None else replace(call, arguments="{}")
            for call in calls
        ]
        self.messages.append(PromptMessage(role="assistant", content=self.said, tool_calls=tuple(sane)))
        self.said = ""

    def answered(self, call: ToolCall, result: ToolResult) -> str:
        """Put down what a tool answered, and return as much of it as there is room for."""
        text = result.text[: min(LONGEST_RESULT, self._characters_left)]
        self._characters_left -= len(text)
        self.messages.append(PromptMessage(role="tool", content=text, tool_call_id=call.id))
        return text


def _arguments(text: str) -> Mapping[str, object] | None:
    """Return a call's arguments, None when they are none. Models leave out the braces of an empty object."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
