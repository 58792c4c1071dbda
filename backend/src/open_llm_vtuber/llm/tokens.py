"""Pure: how long prompts and answers are, roughly, and prompts cut to what a model can take."""

import json
from collections.abc import Sequence
from dataclasses import replace

from open_llm_vtuber.stimulus import PromptMessage, TextAbilities
from open_llm_vtuber.tool_use import Tool

CHARACTERS_A_TOKEN = 3
"""A cautious guess for any language: English has about four."""
MESSAGE_TOKENS = 4
"""What each message costs beside its words."""


def estimated(text: str) -> int:
    """Return about how many tokens a text is."""
    return -(-len(text) // CHARACTERS_A_TOKEN)


def prompt_tokens(messages: Sequence[PromptMessage], tools: Sequence[Tool] = ()) -> int:
    """Return about how many tokens a prompt is, with the tools that it offers."""
    words = sum(estimated(message.content) + MESSAGE_TOKENS for message in messages)
    wishes = sum(estimated(call.arguments) for message in messages for call in message.tool_calls)
    offers = sum(estimated(tool.description + json.dumps(dict(tool.parameters))) for tool in tools)
    return words + wishes + offers


def fitted(messages: Sequence[PromptMessage], abilities: TextAbilities) -> list[PromptMessage]:
    """Return the prompt as a model with these abilities can take it.

    The oldest lines go first, then the end of the instructions; the last message stays whole. A model without
    tools is not told of any.
    """
    kept = list(messages) if abilities.tools else _without_tools(messages)
    left = abilities.prompt_tokens * CHARACTERS_A_TOKEN - sum(len(message.content) for message in kept)
    while left < 0 and (oldest := _oldest(kept)) is not None:
        left += len(kept.pop(oldest).content)
    if left < 0 and kept and kept[0].role == "system":
        length = max(len(kept[0].content) + left, 0)
        kept[0] = replace(kept[0], content=kept[0].content[:length])
    return kept


def _oldest(messages: Sequence[PromptMessage]) -> int | None:
    """Return where the oldest line stands that may go; a tool's result never stays without its call."""
    for index, message in enumerate(messages[:-1]):
        if message.role != "system":
            follows = messages[index + 1].role == "tool"
            return None if follows or message.role == "tool" else index
    return None


def _without_tools(messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    plain = [replace(message, tool_calls=()) for message in messages if message.role != "tool"]
    return [message for message in plain if message.content or message.role != "assistant"]
