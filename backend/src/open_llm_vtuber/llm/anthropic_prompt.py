"""Pure: prompts and tools as Anthropic's messages write them."""

import json
import re
from collections.abc import Mapping, Sequence

from open_llm_vtuber.stimulus import PromptMessage
from open_llm_vtuber.tool_use import Tool, ToolCall

Block = Mapping[str, object]

OPENING = "(The stream goes on.)"
"""Said first where the prompt begins with the character's own words: a conversation has to begin with a user's."""
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_-]")


def system_of(messages: Sequence[PromptMessage]) -> str:
    """Return the instructions, which stand apart from the conversation."""
    return "\n\n".join(
        message.content for message in messages if message.role == "system" and message.content
    )


def conversation(messages: Sequence[PromptMessage]) -> list[dict[str, object]]:
    """Return the rest: blocks in turns of user and assistant, beginning with the user; nothing is empty."""
    turns: list[tuple[str, list[Block]]] = []
    for message in messages:
        blocks = [] if message.role == "system" else _blocks(message)
        role = "assistant" if message.role == "assistant" else "user"
        if not blocks:
            continue
        if not turns and role == "assistant":
            turns.append(("user", [_text(OPENING)]))
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        else:
            turns.append((role, blocks))
    return [{"role": role, "content": blocks} for role, blocks in turns]


def offered(tools: Sequence[Tool]) -> list[Block]:
    """Return the tools as a request offers them."""
    return [
        {"name": tool.name, "description": tool.description, "input_schema": dict(tool.parameters)}
        for tool in tools
    ]


def _blocks(message: PromptMessage) -> list[Block]:
    if message.role == "tool":
        result = {"type": "tool_result", "tool_use_id": _id(message.tool_call_id)}
        return [{**result, "content": message.content}]
    said = [_text(message.content)] if message.content.strip() else []
    return [*said, *(_wish(call) for call in message.tool_calls)]


def _text(content: str) -> Block:
    return {"type": "text", "text": content}


def _wish(call: ToolCall) -> Block:
    return {"type": "tool_use", "id": _id(call.id), "name": call.name, "input": _arguments(call.arguments)}


def _id(given: str) -> str:
    """Return an id as Anthropic takes them: another provider may have made it, earlier in the conversation."""
    return _NOT_IN_AN_ID.sub("_", given) or "_"


def _arguments(text: str) -> object:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
