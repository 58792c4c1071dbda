"""The ports: what a show needs of its parts, and nothing about who provides it."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self

from open_llm_vtuber.protocol.parts import ExpressionResult, MotionResult, Spend, State
from open_llm_vtuber.remembered import Exchange, Fact, Sighting, Viewer
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.speech_events import SpeechEvent
from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChatRemoval,
    ExpressionRequest,
    HistoryLine,
    MotionRequest,
    Priority,
    PromptMessage,
    Spending,
    Stimulus,
    TextAbilities,
    TextContext,
    TextOptions,
    TextWishes,
)
from open_llm_vtuber.tool_use import Tool, ToolCall, ToolResult
from open_llm_vtuber.units import Hertz, Milliseconds


class Engine(Protocol):
    """Something that is started once, used by many, and stopped. Entering raises EngineError or ConfigError."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class LanguageModel(Engine, Protocol):
    """Turns a prompt into text."""

    abilities: TextAbilities

    def stream(
        self, messages: Sequence[PromptMessage], options: TextOptions
    ) -> AsyncGenerator[str | ToolCall, None]:
        """Yield the answer piece by piece; closing the iterator stops the generation. Raises EngineError.

        Where tools are offered, those that the model wants to use come last.
        """
        ...


class SpeechSynthesizer(Engine, Protocol):
    """Turns a sentence into sound: 16-bit little-endian mono PCM, whole samples in every chunk."""

    sample_rate: Hertz

    def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sentence's sound; nothing at all when it holds nothing to speak. Raises EngineError."""
        ...


class SpeechRecognizer(Engine, Protocol):
    """Turns an utterance into text."""

    async def transcribe(self, utterance: bytes) -> str:
        """Return what was said, "" when that is nothing. The sound is 16-bit little-endian mono at 16 kHz.

        Raises EngineError.
        """
        ...


class SpeechStream(Protocol):
    """Finds the utterances in one microphone's sound, and keeps what it needs to know of the past for that."""

    async def hear(self, sound: bytes) -> Sequence[SpeechEvent]:
        """Take the next piece, of any length, and return what it brought. Raises EngineError."""
        ...


class VoiceActivityDetector(Engine, Protocol):
    """Tells speech from other sound."""

    def listen(self) -> SpeechStream:
        """Return a stream of its own for one microphone."""
        ...


class Toolbox(Protocol):
    """The tools of one character."""

    @property
    def tools(self) -> Sequence[Tool]:
        """What can be used just now. Names are unique, and such that every language model takes them."""
        ...

    async def call(self, name: str, arguments: Mapping[str, object]) -> ToolResult:
        """Use a tool, within a time that is limited. Raises EngineError when it cannot be used."""
        ...


class Adapter(Protocol):
    """Where the words of a turn come from."""

    @property
    def model(self) -> str:
        """The name of the model that answers; "" where it has none."""
        ...

    def reply(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        """Yield the reply of a turn piece by piece, emotion tags included, and in between what tools are used.

        A sentence may come with its own sound instead of as text. Raises EngineError.
        """
        ...

    def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text on demand piece by piece; closing stops the generation. Nothing of it is remembered.

        Raises EngineError.
        """
        ...

    async def trigger_expression(
        self, expression_id: int | str, duration: Milliseconds = ..., priority: Priority = ...
    ) -> ExpressionResult:
        """Claim the face of the show. Raises ProtocolError."""
        ...

    async def trigger_motion(
        self, motion_group: str, motion_index: int, *, loop: bool = False, priority: Priority = ...
    ) -> MotionResult:
        """Claim a gesture of the show. Raises ProtocolError."""
        ...

    async def get_character_state(self) -> State:
        """Return what the character is doing. Raises ProtocolError where it is not on air."""
        ...

    def take_stage(self, body: "BodyControl", state: Callable[[], State]) -> None:
        """Take these for the body and the state of the show whose words it gives."""
        ...

    def take_persona(self, persona: str, emotions: Collection[str]) -> None:
        """Be this character from the next turn on; what is remembered stays. `emotions` are those it is told of."""
        ...

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep the exchange for later prompts; `heard` is what the audience heard of the reply."""
        ...

    def forget(self) -> None:
        """Begin a new conversation."""
        ...

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on with a stored conversation: forget the last one, remember what these lines say."""
        ...

    def take_back(self, removal: ChatRemoval) -> None:
        """Forget the exchanges about what a moderator removed."""
        ...

    async def end(self) -> None:
        """Let go of what it holds of its own: its show is over, or becomes somebody else."""
        ...


class BodyControl(Protocol):
    """The face and the gestures of a show, for whoever may ask for some. Nothing here waits."""

    def express(self, request: ExpressionRequest) -> ExpressionResult:
        """Claim the face, and say what became of it. Replaces the owner's last one.

        Raises ProtocolError: `not-found` for an expression that the avatar lacks, with a list of those it has.
        """
        ...

    def move(self, request: MotionRequest) -> MotionResult:
        """Claim a gesture, and say what became of it. Raises ProtocolError as above."""
        ...

    def release(
        self, kind: Literal["expression", "motion"], *, claim_id: str | None = None, owner: str | None = None
    ) -> Sequence[str]:
        """End one claim, or all of an owner's; return the ids of those that have ended."""
        ...


class Books(Protocol):
    """What remote language models cost."""

    def shown(self) -> Spend:
        """Return what an operator may see of it."""
        ...

    def stream_begins(self, at: datetime) -> None:
        """Count a stream from then on."""
        ...


class Judge(Protocol):
    """Reads a sentence for its meaning before it is spoken."""

    async def objection(self, text: str) -> str | None:
        """Return the name of what speaks against it, or None. Raises EngineError."""
        ...


class ViewerBook(Protocol):
    """What is remembered of viewers, by channel (`platform/name`) and login. Raises EngineError."""

    async def find(self, channel: str, username: str) -> Viewer | None:
        """Return what is known of a viewer; None for somebody who was never here."""
        ...

    async def saw(self, channel: str, sightings: Sequence[Sighting]) -> None:
        """Note who wrote how often."""
        ...

    async def keep(self, channel: str, username: str, exchange: Exchange, facts: Sequence[Fact]) -> None:
        """Keep what was said between a viewer and the character; of each only the last ones stay."""
        ...

    async def retract(self, channel: str, message_ids: Collection[str]) -> None:
        """Forget what these messages said, and what was answered."""
        ...

    async def forget(self, channel: str, username: str, *, everything: bool = True) -> None:
        """Forget a viewer; without `everything` only his words, not that he was here."""
        ...

    async def forget_older_than(self, moment: datetime) -> None:
        """Forget every viewer who was not here since then."""
        ...


class PaidEvents(Protocol):
    """Events that somebody paid for, until they are acknowledged: exactly once, over restarts. Raises EngineError."""

    async def take_in(self, show: str, event: ChannelEvent) -> bool:
        """Keep it; return False if it was taken in before."""
        ...

    async def acknowledged(self, show: str, ids: Collection[str]) -> None:
        """Note that they need nothing more; of whom they came is forgotten."""
        ...

    async def waiting(self, show: str) -> Sequence[ChannelEvent]:
        """Return those that were never acknowledged, oldest first."""
        ...

    async def forget_viewer(self, show: str, username: str) -> None:
        """Forget who somebody was and what they wrote; the event itself stays."""
        ...


class Store(Protocol):
    """What outlives a turn: histories, and which chat messages were already taken in. Raises EngineError."""

    @property
    def viewers(self) -> ViewerBook:
        """What is remembered of viewers."""
        ...

    @property
    def paid(self) -> PaidEvents:
        """What somebody paid for and is not acknowledged."""
        ...

    async def erase_lines(
        self, owners: str, *, message_ids: Collection[str] = (), username: str | None = None
    ) -> int:
        """Delete the lines of these messages, or of a viewer, and of their answers; return how many.

        In every history of every owner whose name begins with `owners`.
        """
        ...

    async def note(self, show: str, name: str, text: str) -> None:
        """Keep a text of a show under a name, in place of the one before."""
        ...

    async def noted(self, show: str, name: str) -> str | None:
        """Return what was noted under that name."""
        ...

    async def first_sight(self, show: str, message_id: str) -> bool:
        """Return True once for each (show, message id), False ever after."""
        ...

    async def create_history(self, owner: str) -> str:
        """Begin an empty history for `owner` (a show and its character) and return its uid."""
        ...

    async def append(self, owner: str, history: str, line: HistoryLine) -> None:
        """Store a line; it is safe once this returns."""
        ...

    async def histories(self, owner: str) -> Sequence[tuple[str, HistoryLine]]:
        """Return uid and latest line of the owner's histories that hold any, newest first."""
        ...

    async def lines(self, owner: str, history: str) -> Sequence[HistoryLine]:
        """Return its lines, oldest first. Raises ProtocolError `not-found`, also for somebody else's history."""
        ...

    async def delete_history(self, owner: str, history: str) -> None:
        """Delete it with all its lines. Raises ProtocolError `not-found`."""
        ...

    async def move_history(self, owner: str, history: str, to: str) -> None:
        """Give a history that holds lines to another owner. Raises ProtocolError `not-found`."""
        ...


class SpendingStore(Protocol):
    """Keeps what remote language models cost. Raises EngineError."""

    async def note_spending(self, spending: Spending) -> None:
        """Keep it; it is safe once this returns."""
        ...

    async def spendings(self, since: datetime) -> Sequence[Spending]:
        """Return what was kept since then, oldest first."""
        ...
