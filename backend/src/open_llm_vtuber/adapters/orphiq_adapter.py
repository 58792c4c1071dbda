"""The `orphiq` mode: our own agent gives the words."""

from collections.abc import AsyncGenerator, Collection, Sequence

from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.stimulus import HistoryLine, Stimulus
from open_llm_vtuber.tool_use import ToolUse


class OrphiqAdapter:
    """Keeps the adapter port with an agent of our own."""

    def __init__(self, agent: BasicMemoryAgent) -> None:
        self._agent = agent

    def generate_text(self, stimulus: Stimulus) -> AsyncGenerator[str | ToolUse, None]:
        """Yield the reply piece by piece, and the tools that it takes. Raises EngineError."""
        return self._agent.chat(stimulus)

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep the exchange for later prompts."""
        self._agent.remember(stimulus, heard)

    def forget(self) -> None:
        """Begin a new conversation."""
        self._agent.forget()

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on with a stored conversation."""
        self._agent.recall(lines)

    def retract(self, message_ids: Collection[str], username: str | None) -> None:
        """Forget the exchanges about these chat messages, and all of a viewer's where one is named."""
        self._agent.retract(message_ids, username)
