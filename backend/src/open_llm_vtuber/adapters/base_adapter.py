"""What every adapter is: a source of words, with the way to the body of the show that it speaks for."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Collection, Sequence

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import BodyControl
from open_llm_vtuber.protocol.parts import ExpressionResult, MotionResult, State
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.stimulus import (
    TYPED,
    UNTIL_REPLACED,
    ChatRemoval,
    ExpressionRequest,
    HistoryLine,
    MotionRequest,
    Priority,
    Stimulus,
    TextContext,
    TextWishes,
)
from open_llm_vtuber.units import Milliseconds

OWNER = "adapter"
"""Whose the claims are that come through an adapter."""


class BackendAdapter(ABC):
    """Gives a show its words. The body is the show's own and does not depend on where they come from.

    Cancelling whoever reads the words stops the generation. Keeps the port `Adapter`.
    """

    def __init__(self) -> None:
        self._body: BodyControl | None = None
        self._state: Callable[[], State] | None = None

    @property
    @abstractmethod
    def model(self) -> str:
        """The name of the model that answers; "" where it has none."""

    @abstractmethod
    def reply(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        """Yield the reply of a turn piece by piece, and the tools that it takes. Raises EngineError."""

    @abstractmethod
    def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text on demand piece by piece. Nothing of it is remembered. Raises EngineError."""

    @abstractmethod
    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep the exchange for later prompts; `heard` is what the audience heard of the reply."""

    @abstractmethod
    def forget(self) -> None:
        """Begin a new conversation."""

    @abstractmethod
    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on with a stored conversation."""

    @abstractmethod
    def take_back(self, removal: ChatRemoval) -> None:
        """Forget the exchanges about what a moderator removed."""

    def take_persona(self, persona: str, emotions: Collection[str]) -> None:  # noqa: B027  its words may be another's
        """Be this character from the next turn on; what is remembered stays."""

    async def end(self) -> None:  # noqa: B027  most hold nothing
        """Let go of what it holds of its own: its show is over, or becomes somebody else."""

    def take_stage(self, body: BodyControl, state: Callable[[], State]) -> None:
        """Take these for the body and the state of the show whose words it gives."""
        self._body, self._state = body, state

    async def trigger_expression(
        self,
        expression_id: int | str,
        duration: Milliseconds = UNTIL_REPLACED,
        priority: Priority = TYPED,
    ) -> ExpressionResult:
        """Claim the face for `duration` (0: until it is replaced); say what became of it.

        Raises ProtocolError: `not-found` for an expression that the avatar lacks, `wrong-state` off air.
        """
        request = ExpressionRequest(
            expression=expression_id, owner=OWNER, priority=priority, duration=duration
        )
        return self._stage().express(request)

    async def trigger_motion(
        self, motion_group: str, motion_index: int, *, loop: bool = False, priority: Priority = TYPED
    ) -> MotionResult:
        """Claim a gesture; say what became of it. Raises ProtocolError as above."""
        request = MotionRequest(
            group=motion_group, index=motion_index, owner=OWNER, priority=priority, loop=loop
        )
        return self._stage().move(request)

    async def get_character_state(self) -> State:
        """Return what the character is doing. Raises ProtocolError `wrong-state` off air."""
        if self._state is None:
            raise ProtocolError("The character is not on air.", code="wrong-state")
        return self._state()

    def _stage(self) -> BodyControl:
        if self._body is None:
            raise ProtocolError("The character is not on air.", code="wrong-state")
        return self._body
