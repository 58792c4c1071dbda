"""Pure: tools and tool calls as chat completions write them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from open_llm_vtuber.stimulus import PromptMessage, new_id
from open_llm_vtuber.tool_use import Tool, ToolCall

if TYPE_CHECKING:
    from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

MOST_CALLS = 16
"""Calls of one answer that are read; what a model wants beyond that is nonsense."""
LONGEST_ARGUMENTS = 20_000
"""Characters of a call's arguments that are read. What is cut is no JSON any more, and the model is told so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallPart:
    """What one chunk says of a call; "" is nothing."""

    index: int
    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class _Growing:
    index: int
    id: str
    name: str = ""
    arguments: str = ""


class ToolCallParts:
    """Puts the calls of one answer together."""

    def __init__(self) -> None:
        self._calls: list[_Growing] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, parts: Iterable[ToolCallPart]) -> None:
        """Take in what a chunk holds."""
        for part in parts:
            if call := self._call(part):
                call.name = call.name or part.name
                call.arguments = (call.arguments + part.arguments)[:LONGEST_ARGUMENTS]

    def whole(self) -> list[ToolCall]:
        """Return the calls, in their order."""
        return [
            ToolCall(id=call.id or new_id(), name=call.name, arguments=call.arguments) for call in self._calls
        ]

    def _call(self, part: ToolCallPart) -> _Growing | None:
        # The latest with this index. Some servers number every call 0: there a new id is a new call.
        for call in reversed(self._calls):
            if call.index == part.index and part.id in ("", call.id):
                return call
        if len(self._calls) == MOST_CALLS:
            return None
        self._calls.append(_Growing(part.index, part.id))
        return self._calls[-1]


def parts_of(deltas: Sequence["ChoiceDeltaToolCall"]) -> list[ToolCallPart]:
    """Return what a chunk says of tool calls. Raises TypeError: the SDK does not validate what it reads."""
    return [_part(delta) for delta in deltas]


def _part(delta: "ChoiceDeltaToolCall") -> ToolCallPart:
    function = delta.function
    return ToolCallPart(
        index=_number(delta.index),
        id=_text(delta.id),
        name=_text(function.name) if function else "",
        arguments=_text(function.arguments) if function else "",
    )


def _text(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value or ""


def _number(value: object) -> int:
    if value is not None and not isinstance(value, int):
        raise TypeError
    return value or 0


def offered(tools: Sequence[Tool]) -> list[Mapping[str, object]]:
    """Return the tools as a request offers them."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]


def written(message: PromptMessage) -> dict[str, object]:
    """Return a message as a request holds it."""
    fields: dict[str, object] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        fields["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        fields["tool_call_id"] = message.tool_call_id
    return fields
