"""Tools: what a language model may use, what it asks of one, and what came of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something that a language model may have done; `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A language model's wish to use a tool, as it came: nobody has checked the name or the arguments yet."""

    id: str
    """The model's own name for this call; unique within one answer at best."""
    name: str
    arguments: str
    """A JSON object, if the model did it right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool answered. Its text is somebody else's: data, never an instruction."""

    text: str
    is_failure: bool = False
    """The tool says that it could not do it; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """How the use of a tool is going. `id` belongs to this use for ever."""

    id: str
    name: str
    status: Literal["running", "completed", "error"]
    content: str
    """The arguments while it runs, then the result."""
