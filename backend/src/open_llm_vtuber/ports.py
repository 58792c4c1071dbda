"""The ports: what a show needs of its parts, and nothing about who provides it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from types import TracebackType
from typing import Literal, Protocol, Self

from open_llm_vtuber.protocol.autonomy import Autonomous, AutonomousSummary, MoodState
from open_llm_vtuber.protocol.parts import ExpressionResult, MotionResult
from open_llm_vtuber.stimulus import (
    ChatEvent,
    ExpressionRequest,
    HistoryLine,
    MotionRequest,
    PromptMessage,
    SpeechEvent,
    Stimulus,
    TextAbilities,
    TextOptions,
)
from open_llm_vtuber.tool_use import Tool, ToolCall, ToolResult, ToolUse
from open_llm_vtuber.units import Hertz


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

    def generate_text(self, stimulus: Stimulus) -> AsyncGenerator[str | ToolUse, None]:
        """Yield the reply piece by piece, emotion tags included, and in between what tools are used.

        Raises EngineError.
        """
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


class Floor(Protocol):
    """A show, as that needs it which makes her speak and move unasked. Nothing here waits but the words."""

    @property
    def is_free(self) -> bool:
        """Whether she may speak now: nobody speaks, and nobody waits for an answer."""
        ...

    @property
    def mode(self) -> str:
        """The backend mode."""
        ...

    @property
    def character(self) -> str:
        """The name that she is called by."""
        ...

    @property
    def motions(self) -> Mapping[str, int]:
        """The avatar's motions: group → how many."""
        ...

    @property
    def faces(self) -> Mapping[str, int]:
        """The emotions that the avatar can show, in lower case: emotion → index of its expression."""
        ...

    @property
    def body(self) -> BodyControl | None:
        """Her face and her gestures; None where the avatar has none."""
        ...

    def generate_text(
        self, prompt: str, context: Mapping[str, str], options: TextOptions
    ) -> AsyncGenerator[str, None]:
        """Yield a text from whatever gives the words; nothing of it is spoken or remembered. Raises EngineError."""
        ...

    def say(self, stimulus: Stimulus) -> None:
        """Let her speak next. Raises ProtocolError `busy`."""
        ...

    def play(self, cue_sheet: str, facts: Mapping[str, str]) -> None:
        """Play a configured list of actions. Raises ProtocolError `not-found`."""
        ...

    def changed(self) -> None:
        """Note that the state is another one than before."""
        ...


class Autonomy(Protocol):
    """What makes her speak and move unasked, as a show needs it. Only `run` waits; the times are its own."""

    @property
    def is_enabled(self) -> bool:
        """Whether triggers fire."""
        ...

    async def run(self, floor: Floor) -> None:
        """Do it until cancelled."""
        ...

    def happened(self, event: ChatEvent) -> None:
        """Take notice of something on the channel."""
        ...

    def turn_began(self, stimulus: Stimulus) -> None:
        """Take notice that she reacts to something."""
        ...

    def turn_ended(self, stimulus: Stimulus, heard: str) -> None:
        """Take notice of what the audience has heard of it."""
        ...

    def speak_up(self, prompt: str, client: str) -> None:
        """Say something that this client asked for without saying what."""
        ...

    def mood(self) -> MoodState:
        """Return how she feels."""
        ...

    def summary(self) -> AutonomousSummary:
        """Return how it goes, in short."""
        ...

    def describe(self) -> Autonomous:
        """Return how it goes."""
        ...

    def enable(self, *, on: bool) -> None:
        """Let triggers fire, or not."""
        ...

    def set_trigger(self, name: str, settings: Mapping[str, object] | None, *, enabled: bool | None) -> None:
        """Add or change a trigger, or switch it. Raises ProtocolError `not-found` or `bad-message`."""
        ...

    def remove_trigger(self, name: str) -> None:
        """Take a trigger off. Raises ProtocolError `not-found`."""
        ...

    def fire(self, name: str) -> None:
        """Let a trigger fire as soon as she is free, whatever its conditions. Raises ProtocolError `not-found`."""
        ...

    def move_rundown(self, move: Literal["start", "stop", "skip", "back", "extend"], minutes: float) -> None:
        """Go about in the run-down; `minutes` is for `extend`. Raises ProtocolError `wrong-state` without one."""
        ...


class Store(Protocol):
    """What outlives a turn: histories, and which chat messages were already taken in. Raises EngineError."""

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
