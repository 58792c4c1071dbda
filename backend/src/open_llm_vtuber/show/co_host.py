"""The streamer on stage beside her: microphones of a named show, who has the floor, and when they are answered."""

import logging
from asyncio import Event
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from open_llm_vtuber import course
from open_llm_vtuber.errors import ErrorCode, ProtocolError
from open_llm_vtuber.modes import FloorMode
from open_llm_vtuber.protocol.floor_messages import CoHostState, FloorSet
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.ears import LONGEST_UTTERANCE, SPEECH_BEGINS, SPEECH_ENDS, Ears
from open_llm_vtuber.show.echo import EchoGate, Played
from open_llm_vtuber.show.floor import Floor, Microphone
from open_llm_vtuber.show.hearing import Hearing
from open_llm_vtuber.show.partner import Partner
from open_llm_vtuber.show.sound import RATE, SAMPLE_BYTES, pcm
from open_llm_vtuber.show.stage_commands import GiveWord, MakeWay, TakeWord
from open_llm_vtuber.speech_events import SpeechBegan
from open_llm_vtuber.stimulus import ON_STAGE, Stimulus
from open_llm_vtuber.text_rules import stage_mark

log = logging.getLogger(__name__)

_LONGEST_JOINED = round(LONGEST_UTTERANCE * RATE) * SAMPLE_BYTES
SOMEBODY = "Streamer"
"""How the streamer is called where nothing says it."""
HOLD_THE_KEY = "Push-to-talk is on: only what is said while the key is held counts."
STILL_WAITS = "What you said before still waits for its turn."
SCENE = (
    "{name}, the streamer, is on stage with you. What {name} says aloud begins with {mark}. Nobody else's words can "
    "begin so: everything else comes from the chat. {name} hosts this show with you and is answered first."
)


@dataclass(slots=True)
class _Place:
    """One microphone on stage."""

    gate: EchoGate
    is_speaking: bool = False
    """Whether speech was found in its sound that has not ended."""
    is_given: bool = False
    """Whether its client has sent pieces of an utterance that is not complete."""
    told: set[str] = field(default_factory=set)
    """What its client was told once: the sound would bring it up ten times a second."""


class CoHost:
    """Acts on the commands about microphones in a named show.

    `wait-for-me`: who speaks takes the floor; she finishes her clause and begins nothing until they are answered.
    `talk-over`: she goes on, and their words wait in front of the chat. `push-to-talk`: as the first, but only what a
    client says is an utterance counts (`mic-audio-data`), and no sound is searched for speech.
    """

    def __init__(  # noqa: PLR0913  its parts, each by name
        self,
        settings: CoHostSettings,
        ears: Ears,
        hearing: Hearing,
        audience: Audience,
        director: Director,
        perform: Callable[[Stimulus], None],
        *,
        played: Played,
        human_name: Callable[[], str],
        on_change: Callable[[], None],
        partner: Partner,
    ) -> None:
        self.partner = partner
        self._settings = settings
        self._mode: FloorMode = settings.floor
        self._ears = ears
        self._hearing = hearing
        self._audience = audience
        self._director = director
        self._perform = perform
        self._played = played
        self._human_name = human_name
        self._on_change = on_change
        self._floor = Floor()
        self._places: dict[Microphone, _Place] = {}
        self._spoken: dict[Microphone, Stimulus] = {}
        """What waits for those who have the floor; one utterance for each who speaks."""
        self._was_here = False
        self._moved = Event()

    async def run(self) -> None:
        """Give up on those who fell silent without an end, until cancelled."""
        while True:
            self._moved.clear()
            with suppress(TimeoutError):
                async with course.timeout_at(self._floor.lapses_at):
                    await self._moved.wait()
            if self._floor.lapse(course.now()):
                self._settle()

    @property
    def is_listening(self) -> bool:
        """Whether she keeps silent because somebody speaks."""
        return self._mode != "talk-over" and self._floor.holder is not None

    @property
    def keeps_silent(self) -> bool:
        """Whether no turn may begin: somebody speaks, or it is the other character's turn."""
        return self.is_listening or self.partner.is_waiting

    @property
    def name(self) -> str:
        """How the streamer is called."""
        return self._settings.name or self._human_name() or SOMEBODY

    def turn_begins(self) -> str:
        """Note that a turn begins, and return what she is told about the stage; "" while nobody else was heard on it."""
        self.partner.began()
        mark = stage_mark(self.name, "streamer")
        streamer = SCENE.format(name=self.name, mark=mark) if self._was_here else ""
        return "\n".join(filter(None, (streamer, self.partner.scene)))

    @property
    def state(self) -> CoHostState:
        """What pages are told."""
        holder = self._floor.holder
        return CoHostState(
            floor=self._mode,
            name=self.name,
            holder=holder[0] if holder else None,
            waiting=self._floor.next_ones,
        )

    async def ask(self, command: commands.HearingCommand) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers. Raises ProtocolError and EngineError."""
        match command:
            case commands.Hear():
                await self._hear(command)
            case commands.HearAll():
                await self._find_speech(command)
            case commands.AnswerUtterance():
                self._answer(command)
            case commands.SetFloor():
                return (await self._set(command),)
            case commands.FindSpeech() | commands.Transcribe() | commands.ForgetMicrophone():
                return await self._hearing.ask(command)
            case GiveWord() | TakeWord() | MakeWay():
                return await self.partner.ask(command)
        return ()

    def forget(self, client: str) -> None:
        """Drop everything of a client that has left; what it said to the end is still answered."""
        self._ears.forget(client)
        for who in [who for who in self._places if who[0] == client]:
            del self._places[who]
            if who not in self._spoken:
                self._floor.leave(who)
        self._settle()

    async def _hear(self, command: commands.Hear) -> None:
        """Take in a piece of an utterance that the client has found, or that is spoken while a key is held."""
        who = (command.client, command.microphone)
        place = self._place(who)
        sound = place.gate.filtered(pcm(command.samples), course.now())
        if self._floor.stay(who, course.now()) or await self._speaks(who, place):
            place.is_given = True
            self._ears.take(command.client, sound, command.microphone)

    async def _find_speech(self, command: commands.HearAll) -> None:
        who = (command.client, "")
        place = self._place(who)
        if self._mode == "push-to-talk":
            self._tell_once(place, HOLD_THE_KEY)
            return
        sound = place.gate.filtered(pcm(command.samples), course.now())
        if place.is_speaking:
            self._floor.stay(who, course.now())
        outbox = self._audience.outbox(command.client)
        for event in await self._ears.events_in(command.client, sound):
            place.is_speaking = isinstance(event, SpeechBegan)
            if outbox:  # at once, as a client on its own is told, too
                outbox.send(SPEECH_BEGINS if place.is_speaking else SPEECH_ENDS)
            if place.is_speaking:
                await self._speaks(who, place)
            else:
                self._floor.finish(who, course.now())
                self._moved.set()

    async def _speaks(self, who: Microphone, place: _Place) -> bool:
        """Note that somebody begins to speak; return whether that counts. Raises ProtocolError, once, where it does not."""
        try:
            is_first = self._floor.hear(who, course.now())
        except ProtocolError as error:
            self._tell_once(place, str(error), code="busy")
            return False
        self._was_here = True
        self._moved.set()
        self._on_change()
        if is_first and self.is_listening:
            await self._director.make_way()
        return True

    def _answer(self, command: commands.AnswerUtterance) -> None:
        """Have an utterance answered: at once, or when those who spoke before have had their say."""
        who = (command.client, command.microphone)
        place = self._place(who)
        place.told.clear()
        if place.is_given:
            place.is_given = False
            self._ears.take(command.client, place.gate.rest(), command.microphone)
        try:
            heard = self._ears.stimulus(command.client, command.author, command.microphone)
        except ProtocolError:
            self._leaves(who)
            raise
        if who in self._spoken:
            raise ProtocolError(STILL_WAITS, code="busy")
        self._was_here = True
        self._spoken[who] = replace(heard, author=self.name, standing="streamer", priority=ON_STAGE)
        if self._floor.holder in (who, None):
            said = self._spoken.pop(who)
            self._floor.leave(who)
            try:
                self._perform(self._joined(said))
            finally:
                self._settle()
        else:
            self._floor.wait(who)

    def _leaves(self, who: Microphone) -> None:
        if who not in self._spoken:
            self._floor.leave(who)
            self._settle()

    def _joined(self, said: Stimulus) -> Stimulus:
        """Return it behind what the same client has said before and nobody has listened to: who breathes goes on."""

        def goes_on(other: Stimulus) -> bool:
            return other.standing == "streamer" and other.client == said.client and bool(other.utterance)

        parts = [each.utterance or b"" for each in (*self._director.drop(goes_on), said)]
        return replace(said, utterance=b"".join(parts)[-_LONGEST_JOINED:])

    def _settle(self) -> None:
        """Have what waits answered, as far as everybody before has had their say; let the show go on."""
        while (who := self._floor.holder) in self._spoken and who is not None:
            self._floor.leave(who)
            with suppress(ProtocolError):  # too much waits already, or everything is stopped
                self._perform(self._joined(self._spoken.pop(who)))
        self._moved.set()
        self._on_change()
        if not self.keeps_silent:
            self._director.wake()

    async def _set(self, command: commands.SetFloor) -> FloorSet:
        was_listening = self.is_listening
        self._mode = command.floor
        for place in self._places.values():
            place.told.clear()
        if self.is_listening and not was_listening:
            await self._director.make_way()
        self._settle()
        told = FloorSet(floor=command.floor)
        self._audience.publish(told, but_for=(command.client,))
        return told

    def _place(self, who: Microphone) -> _Place:
        if who not in self._places:
            self._places[who] = _Place(EchoGate(self._played if self._settings.echo_gate else Played()))
        return self._places[who]

    @staticmethod
    def _tell_once(place: _Place, what: str, code: ErrorCode = "wrong-state") -> None:
        """Refuse, once. Raises ProtocolError."""
        if what not in place.told:
            place.told.add(what)
            raise ProtocolError(what, code=code)
