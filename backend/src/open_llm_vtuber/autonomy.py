"""The two ports between a show and what makes her speak and move unasked."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Literal, Protocol

from open_llm_vtuber.ports import BodyControl
from open_llm_vtuber.protocol.autonomous_parts import Autonomous, AutonomousSummary, MoodState
from open_llm_vtuber.protocol.parts import ExpressionResult, MotionResult, State
from open_llm_vtuber.stimulus import ChatEvent, Priority, Stimulus, TextContext, TextWishes
from open_llm_vtuber.units import Milliseconds


class Floor(Protocol):
    """A show, as that needs it which makes her speak and move unasked. Nothing here waits but the words.

    It has also what every adapter can do, for triggers that are written against one.
    """

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
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text from whatever gives the words; nothing of it is spoken or remembered. Raises EngineError."""
        ...

    async def trigger_expression(
        self, expression_id: int | str, duration: Milliseconds = ..., priority: Priority = ...
    ) -> ExpressionResult:
        """Claim the face, unless told otherwise with the priority of what nobody asked for. Raises ProtocolError."""
        ...

    async def trigger_motion(
        self, motion_group: str, motion_index: int, *, loop: bool = False, priority: Priority = ...
    ) -> MotionResult:
        """Claim a gesture, with that priority, too. Raises ProtocolError."""
        ...

    async def get_character_state(self) -> State:
        """Return what the character is doing. Raises ProtocolError where it is not on air."""
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

    def turn_ended(self, stimulus: Stimulus, heard: str, *, gave_way: bool = False) -> None:
        """Take notice of what the audience has heard of it; one that gave way before its first word comes again."""
        ...

    def look(self) -> None:
        """Look again whether there is something to do: she may be free now."""
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

    def configure(self, triggers: Sequence[Mapping[str, Any]]) -> None:
        """Go by these, as a checked configuration has them, from now on; what was changed on air stays where it fits."""
        ...

    def changes(self) -> str:
        """Return what was changed of the triggers, as a text for `restore`; "" for nothing."""
        ...

    def restore(self, text: str) -> None:
        """Take over what was changed before the program was started anew; report what cannot be kept."""
        ...

    def fire(self, name: str) -> None:
        """Let a trigger fire as soon as she is free, whatever its conditions. Raises ProtocolError `not-found`."""
        ...

    def move_rundown(self, move: Literal["start", "stop", "skip", "back", "extend"], minutes: float) -> None:
        """Go about in the run-down; `minutes` is for `extend`. Raises ProtocolError `wrong-state` without one."""
        ...
