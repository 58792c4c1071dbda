"""Pure: what of a prompt fits into a language model's window, when tools and their results come on top of it."""

import json
from collections.abc import Sequence

from open_llm_vtuber.stimulus import PromptMessage, TextAbilities
from open_llm_vtuber.tool_use import Tool

CHARACTERS_A_TOKEN = 3
"""A cautious guess for any language; the window only has to stay below the model's limit."""


def window_of(abilities: TextAbilities) -> int:
    """Return how many characters a prompt may have."""
    return abilities.prompt_tokens * CHARACTERS_A_TOKEN


def length(messages: Sequence[PromptMessage]) -> int:
    """Return how many characters of the window these take, with the names and arguments of tools."""
    return sum(
        len(message.content)
        + len(message.tool_call_id)
        + sum(len(call.id) + len(call.name) + len(call.arguments) for call in message.tool_calls)
        for message in messages
    )


def length_of_tools(tools: Sequence[Tool]) -> int:
    """Return how many characters of the window it takes to offer these."""
    return sum(
        len(tool.name) + len(tool.description) + len(json.dumps(dict(tool.parameters), ensure_ascii=False))
        for tool in tools
    )


def fitting_tools(tools: Sequence[Tool], room: int) -> tuple[Sequence[Tool], Sequence[Tool]]:
    """Return, in their order, those that can be offered in so much room, and the others."""
    offered: list[Tool] = []
    left_out: list[Tool] = []
    for tool in tools:
        takes = length_of_tools((tool,))
        (offered if takes <= room else left_out).append(tool)
        room -= takes if takes <= room else 0
    return offered, left_out


class Prompt:
    """A prompt that grows while tools are used. The oldest exchanges make room, who she is and what is asked stay."""

    def __init__(self, messages: Sequence[PromptMessage], window: int) -> None:
        is_system = bool(messages) and messages[0].role == "system"
        self._system = list(messages[:1]) if is_system else []
        self._past = list(messages[len(self._system) : -1])
        self._present = list(messages[-1:]) if len(messages) > len(self._system) else []
        self._window = window

    @property
    def room(self) -> int:
        """How many characters more fit, once the whole past has made room. Never less than none."""
        return max(self._window - length(self._system) - length(self._present), 0)

    def add(self, message: PromptMessage) -> None:
        """Put a message behind the others."""
        self._present.append(message)

    def messages(self, taken: int) -> list[PromptMessage]:
        """Return what is sent, when so many characters of the window are taken by tools."""
        room = self.room - taken
        while self._past and length(self._past) > room:
            self._past.pop(0)
            while self._past and self._past[0].role != "user":  # an exchange goes as a whole
                self._past.pop(0)
        return [*self._system, *self._past, *self._present]
