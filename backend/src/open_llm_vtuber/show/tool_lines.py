"""What clients are told of the tools that a turn uses."""

from collections.abc import Callable
from dataclasses import replace

from open_llm_vtuber import course
from open_llm_vtuber.protocol.codec import harmless
from open_llm_vtuber.protocol.server_messages import ToolCallStatus
from open_llm_vtuber.tool_use import ToolUse

INTERRUPTED = "It was interrupted."
LONGEST = 8_000
"""Characters of arguments or a result that clients are shown."""


class ToolLines:
    """Publishes how the use of each tool is going. No use is left running: clients would show it for ever."""

    def __init__(self, name: str, publish: Callable[[ToolCallStatus], None]) -> None:
        self._name = name
        self._publish = publish
        self._running: dict[str, ToolUse] = {}

    def show(self, use: ToolUse) -> None:
        """Tell how it is going."""
        self._running.pop(use.id, None)
        if use.status == "running":
            self._running[use.id] = use
        self._publish(
            ToolCallStatus(
                tool_id=use.id,
                tool_name=_sendable(use.name),
                status=use.status,
                content=_sendable(use.content),
                name=self._name,
                timestamp=course.wall().isoformat(timespec="milliseconds"),
            )
        )

    def end(self) -> None:
        """Tell that whatever still runs is of no use any more."""
        for use in list(self._running.values()):
            self.show(replace(use, status="error", content=INTERRUPTED))


def _sendable(text: str) -> str:
    # Half a surrogate pair (JSON can escape one) could not be sent to anybody.
    return harmless(text[:LONGEST].encode("utf-8", "replace").decode("utf-8"))
