"""What every agent does: answer in a conversation that it remembers, and write a text that it does not."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Collection, Sequence

from open_llm_vtuber.agent.memory import Memory
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.stimulus import ChatRemoval, HistoryLine, Stimulus, TextContext, TextWishes


class AgentInterface(ABC):
    """An agent and its memory."""

    def __init__(self, memory: Memory | None = None) -> None:
        """Agents that share a memory go on with each other's conversation."""
        self._memory = memory or Memory()

    @property
    @abstractmethod
    def model(self) -> str:
        """The name of the model that answers; "" where it has none."""

    @abstractmethod
    def chat(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        """Yield the reply to a stimulus piece by piece: text, tools that it takes, sentences that come spoken.

        Raises EngineError.
        """

    @abstractmethod
    def generate_text_on_demand(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text piece by piece, without the conversation and without a trace in it. Raises EngineError."""

    @abstractmethod
    def take_persona(self, persona: str, emotions: Collection[str]) -> None:
        """Be this character from the next reply on; what is remembered stays."""

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep an exchange; `heard` is what the audience heard of the reply."""
        self._memory.remember(stimulus, heard)

    def forget(self) -> None:
        """Begin anew."""
        self._memory.forget()

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on where these lines ended."""
        self._memory.recall(lines)

    def take_back(self, removal: ChatRemoval) -> None:
        """Forget the exchanges about what a moderator removed."""
        self._memory.take_back(removal)

    async def end(self) -> None:  # noqa: B027  most hold nothing
        """Let go of what it holds: nobody will ask it again."""
