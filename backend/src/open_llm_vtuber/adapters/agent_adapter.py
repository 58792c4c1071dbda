"""An agent as a source of words: what the modes have in common whose words an agent writes."""

from collections.abc import AsyncGenerator, Collection, Sequence

from open_llm_vtuber.adapters.base_adapter import BackendAdapter
from open_llm_vtuber.agent.agents.agent_interface import AgentInterface
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.stimulus import ChatRemoval, HistoryLine, Stimulus, TextContext, TextWishes


class AgentAdapter(BackendAdapter):
    """Hands everything that is about words to an agent."""

    def __init__(self, agent: AgentInterface) -> None:
        super().__init__()
        self._agent = agent

    @property
    def model(self) -> str:
        """The name of the agent's model."""
        return self._agent.model

    def reply(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        """Yield the reply of a turn. Raises EngineError."""
        return self._agent.chat(stimulus)

    def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text on demand. Raises EngineError."""
        return self._agent.generate_text_on_demand(prompt, context, options)

    def take_persona(self, persona: str, emotions: Collection[str]) -> None:
        """Be this character from the next turn on."""
        self._agent.take_persona(persona, emotions)

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep the exchange for later prompts."""
        self._agent.remember(stimulus, heard)

    def forget(self) -> None:
        """Begin a new conversation."""
        self._agent.forget()

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on with a stored conversation."""
        self._agent.recall(lines)

    def take_back(self, removal: ChatRemoval) -> None:
        """Forget the exchanges about what a moderator removed."""
        self._agent.take_back(removal)

    async def end(self) -> None:
        """Let go of what the agent holds."""
        await self._agent.end()
