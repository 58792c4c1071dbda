"""The `autonomous` mode: the character also speaks of its own accord. Its words are those of another adapter."""

from collections.abc import AsyncGenerator, Callable, Sequence

from open_llm_vtuber.adapters.base_adapter import BackendAdapter
from open_llm_vtuber.ports import BodyControl
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.stimulus import ChatRemoval, HistoryLine, Stimulus, TextContext, TextWishes


class AutonomousAdapter(BackendAdapter):
    """Stands on top of either of the other modes; what it adds is when to speak, which its show's scheduler decides."""

    def __init__(self, words: BackendAdapter) -> None:
        super().__init__()
        self._words = words

    @property
    def model(self) -> str:
        """The name of the model below."""
        return self._words.model

    def reply(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        """Yield the reply of a turn. Raises EngineError."""
        return self._words.reply(stimulus)

    def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text on demand. Raises EngineError."""
        return self._words.generate_text(prompt, context, options)

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep the exchange for later prompts."""
        self._words.remember(stimulus, heard)

    def forget(self) -> None:
        """Begin a new conversation."""
        self._words.forget()

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on with a stored conversation."""
        self._words.recall(lines)

    def take_back(self, removal: ChatRemoval) -> None:
        """Forget the exchanges about what a moderator removed."""
        self._words.take_back(removal)

    def take_stage(self, body: BodyControl, state: Callable[[], State]) -> None:
        """Take the stage, together with the adapter below."""
        super().take_stage(body, state)
        self._words.take_stage(body, state)

    async def end(self) -> None:
        """Let go of what the adapter below holds."""
        await self._words.end()
