"""The show's side of what she does unasked: when she is free for it, how it gets on air, what clients may ask of it."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, assert_never

from open_llm_vtuber.autonomy import Autonomy
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.ports import Adapter, Store
from open_llm_vtuber.protocol.autonomous_messages import AutonomousState
from open_llm_vtuber.protocol.autonomous_parts import AutonomousSummary, MoodState
from open_llm_vtuber.protocol.parts import ExpressionResult, MotionResult, State
from open_llm_vtuber.protocol.server_messages import FullText, ServerMessage
from open_llm_vtuber.show.autonomy_commands import AutonomousCommand, FireTrigger, SetAutonomous
from open_llm_vtuber.show.body import Body
from open_llm_vtuber.show.channel import Channel
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.role import Billing
from open_llm_vtuber.stimulus import (
    AUTONOMOUS,
    UNASKED,
    UNTIL_REPLACED,
    ChannelEvent,
    ChatEvent,
    ChatMessage,
    Priority,
    Stimulus,
    TextContext,
    TextWishes,
)
from open_llm_vtuber.units import Milliseconds

log = logging.getLogger(__name__)

SEEN = 500
"""The last messages and events, by which one that comes twice is known."""
NOTE = "triggers"
"""Under this name the store keeps what was changed of them."""
NONE_HERE = "Nothing happens unasked in this show."


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The parts of the show that it needs, as they are at the moment of asking."""

    director: Callable[[], Director]
    adapter: Callable[[], Adapter]
    billing: Callable[[], Billing]
    body: Callable[[], Body]
    mode: Callable[[], str]
    channel: Callable[[], Channel]
    is_listening: Callable[[], bool]
    on_change: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Notes:
    """Where one show's notes are kept."""

    store: Store
    show: str


class AutonomyDesk:
    """Keeps the port `Floor` for one show. Without an `Autonomy` only a client's wish makes her speak up.

    With `notes` it keeps what clients change of the triggers; a private show has none, as nobody finds it again.
    """

    def __init__(
        self, autonomy: Autonomy | None, show: Surroundings, speak_up: str, notes: Notes | None = None
    ) -> None:
        self._autonomy = autonomy
        self._notes = notes
        self._noted = ""
        self._opening = asyncio.Lock()
        self._is_open = False
        self._show = show
        self._speak_up = speak_up
        self._seen: deque[str] = deque(maxlen=SEEN)

    async def run(self) -> None:
        """Let it happen until cancelled."""
        if self._autonomy:
            await self._open(self._autonomy)
            await self._autonomy.run(self)

    async def ask(self, command: AutonomousCommand) -> Sequence[ServerMessage]:
        """Change what is asked, keep it, and answer how it goes. Raises ProtocolError, and EngineError of the store."""
        if self._autonomy is None:
            raise ProtocolError(NONE_HERE, code="wrong-state")
        await self._open(self._autonomy)
        match command:
            case SetAutonomous():
                _change(self._autonomy, command)
                await self._keep(self._autonomy)
            case FireTrigger():
                self._autonomy.fire(command.trigger)
            case _:
                assert_never(command)
        return (AutonomousState(**dict(self._autonomy.describe())),)

    async def _open(self, autonomy: Autonomy) -> None:
        """Take over, once, what was changed before a restart; who asks meanwhile waits for that.

        While the store cannot say what it was, nothing takes its place either.
        """
        async with self._opening:
            if self._is_open or self._notes is None:
                return
            try:
                self._noted = await self._notes.store.noted(self._notes.show, NOTE) or ""
            except EngineError as error:
                log.warning("show %s: %s", self._notes.show, error)
                return
            self._is_open = True
            autonomy.restore(self._noted)

    def configure(self, triggers: Sequence[Mapping[str, Any]]) -> None:
        """Go by the triggers of the configuration as it is now."""
        if self._autonomy:
            self._autonomy.configure(triggers)

    async def _keep(self, autonomy: Autonomy) -> None:
        if self._notes is None or not self._is_open or (changes := autonomy.changes()) == self._noted:
            return
        await self._notes.store.note(self._notes.show, NOTE, changes)
        self._noted = changes

    def speak_up(self, client: str) -> Sequence[ServerMessage]:
        """Let her say something because a client wants it, and nothing where she speaks already, or is about to."""
        director = self._show.director()
        if director.turn or director.waiting:
            return ()
        if self._autonomy and self._autonomy.is_enabled:
            self._autonomy.speak_up(self._speak_up, client)
        else:
            director.submit(
                Stimulus(text=self._speak_up, source="unasked", author="", client=client, priority=UNASKED)
            )
        return (FullText(text="AI wants to speak something..."),)

    def happened(self, event: ChatEvent) -> None:
        """Pass on what happened on the channel, once: platforms deliver some of it twice."""
        if self._autonomy is None:
            return
        if isinstance(event, ChatMessage | ChannelEvent):
            if event.id in self._seen:
                return
            self._seen.append(event.id)
        self._autonomy.happened(event)

    def turn_began(self, stimulus: Stimulus) -> None:
        """Pass on that she reacts to something."""
        if self._autonomy:
            self._autonomy.turn_began(stimulus)

    def turn_ended(self, stimulus: Stimulus, heard: str) -> None:
        """Pass on what was heard of it."""
        if self._autonomy:
            self._autonomy.turn_ended(stimulus, heard, gave_way=not heard and self.must_give_way)

    def look(self) -> None:
        """Pass on that something about the show has changed: she may be free now."""
        if self._autonomy:
            self._autonomy.look()

    @property
    def must_give_way(self) -> bool:
        """Whether somebody waits for her: what nobody asked for ends with the sentence that is being said."""
        director, channel = self._show.director(), self._show.channel()
        return director.waiting > 0 or self._show.is_listening() or channel.is_awaited

    @property
    def mood(self) -> MoodState | None:
        """How she feels."""
        return self._autonomy.mood() if self._autonomy else None

    @property
    def summary(self) -> AutonomousSummary | None:
        """How it goes, in short."""
        return self._autonomy.summary() if self._autonomy else None

    @property
    def is_free(self) -> bool:
        """Whether she may speak unasked."""
        return self._show.director().is_free and not self._show.channel().is_awaited

    @property
    def mode(self) -> str:
        """The backend mode."""
        return self._show.mode()

    @property
    def character(self) -> str:
        """The name that she is called by."""
        return self._show.billing().character_name

    @property
    def motions(self) -> Mapping[str, int]:
        """The avatar's motions: group → how many."""
        return {group: len(motions) for group, motions in self._show.billing().model.motions.items()}

    @property
    def faces(self) -> Mapping[str, int]:
        """The emotions that the avatar can show: emotion → index."""
        return self._show.billing().model.emotions

    @property
    def body(self) -> Body:
        """Her face and her gestures."""
        return self._show.body()

    def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text from whatever gives the words just now. Raises EngineError."""
        return self._show.adapter().generate_text(prompt, context, options)

    async def trigger_expression(
        self,
        expression_id: int | str,
        duration: Milliseconds = UNTIL_REPLACED,
        priority: Priority = UNASKED,
    ) -> ExpressionResult:
        """Claim the face. Raises ProtocolError."""
        return await self._show.adapter().trigger_expression(expression_id, duration, priority)

    async def trigger_motion(
        self, motion_group: str, motion_index: int, *, loop: bool = False, priority: Priority = UNASKED
    ) -> MotionResult:
        """Claim a gesture. Raises ProtocolError."""
        return await self._show.adapter().trigger_motion(
            motion_group, motion_index, loop=loop, priority=priority
        )

    async def get_character_state(self) -> State:
        """Return what the character is doing. Raises ProtocolError."""
        return await self._show.adapter().get_character_state()

    def say(self, stimulus: Stimulus) -> None:
        """Let her speak next. Raises ProtocolError `busy`."""
        self._show.director().submit(stimulus)

    def play(self, cue_sheet: str, facts: Mapping[str, str]) -> None:
        """Play a configured list of actions; its words are unasked, too. Raises ProtocolError `not-found`, `busy`."""
        if said := self._show.channel().events.play(cue_sheet, facts):
            self.say(replace(said, source="unasked", priority=AUTONOMOUS))

    def changed(self) -> None:
        """Note that the state is another one than before."""
        self._show.on_change()


def _change(autonomy: Autonomy, command: SetAutonomous) -> None:
    if command.rundown is not None:
        autonomy.move_rundown(command.rundown, command.minutes)
    if command.trigger is None:
        if command.settings is not None or command.remove:
            raise ProtocolError("Which trigger? `trigger` is missing.", code="bad-message")
        if command.enabled is not None:
            autonomy.enable(on=command.enabled)
    elif command.remove:
        autonomy.remove_trigger(command.trigger)
    elif command.settings is not None or command.enabled is not None:
        autonomy.set_trigger(command.trigger, command.settings, enabled=command.enabled)
