"""The `autonomous` mode: the character also speaks of its own accord. Its words are those of another adapter."""

from collections.abc import AsyncGenerator, Callable, Sequence

from open_llm_vtuber.adapters.base_adapter import BackendAdapter
from open_llm_vtuber.ports import BodyControl
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.stimulus import ChatRemoval, HistoryLine, Stimulus, TextContext, TextWishes


def _never() -> bool:
    return False


class AutonomousAdapter(BackendAdapter):
    """Stands on top of either of the other modes; what it adds is when to speak, which its show's scheduler decides."""

    def __init__(
        self,
        words: BackendAdapter,
        spare: BackendAdapter | None = None,
        is_lost: Callable[[], bool] = _never,
    ) -> None:
        """`spare` gives the words while `is_lost` says that nobody behind `words` answers.

        A show is put into this mode when its provider is gone: it must not ask that provider again for each line.
        """
        super().__init__()
        self._usual = words
        self._spare = spare or words
        self._is_lost = is_lost

    @property
    def _words(self) -> BackendAdapter:
        return self._spare if self._is_lost() else self._usual

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
        """Take the stage, together with the adapters below."""
        super().take_stage(body, state)
        self._usual.take_stage(body, state)
        self._spare.take_stage(body, state)

    async def end(self) -> None:
        """Let go of what the adapters below hold."""
        await self._usual.end()
        await self._spare.end()
