"""The ears of one show: what each client's microphone has sent so far, and which words were in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.ports import SpeechRecognizer, SpeechStream, VoiceActivityDetector
from open_llm_vtuber.protocol.codec import harmless
from open_llm_vtuber.protocol.server_messages import Control, UserInputTranscription
from open_llm_vtuber.show.sound import length, pcm
from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded, SpeechEvent
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

SPEECH_BEGINS = Control(text="interrupt")
SPEECH_ENDS = Control(text="mic-audio-end")
LONGEST_UTTERANCE: Seconds = 60.0
LONGEST_LINE = 2_000
"""Characters of what was said; nobody says more in a minute."""
DEAF = "The server cannot hear: its speech recognition is off or did not start."
NO_DETECTION = "The server does not listen for speech by itself: its voice detection is off or did not start."
NOTHING = "Nothing was heard; please say it again."


@dataclass(slots=True)
class _Microphone:
    sound: bytearray = field(default_factory=bytearray)
    was_too_long: bool = False
    stream: SpeechStream | None = None
    is_told: bool = False
    """That nobody listens was said once: the sound would bring it up ten times a second."""


class Ears:
    """Collects what microphones send, one buffer for each client, and listens to it. Without parts it is deaf."""

    def __init__(
        self,
        recognizer: SpeechRecognizer | None = None,
        detector: VoiceActivityDetector | None = None,
        *,
        longest: Seconds = LONGEST_UTTERANCE,
    ) -> None:
        self._recognizer = recognizer
        self._detector = detector
        self._longest = longest
        self._microphones: dict[tuple[str, str], _Microphone] = {}
        """By client, and by what it calls them: one connection may bring several people's."""

    @property
    def can_hear(self) -> bool:
        """Whether there is anything that turns sound into words."""
        return self._recognizer is not None

    def take_in(self, client: str, samples: Sequence[float], microphone: str = "") -> None:
        """Put a piece behind what this client's microphone has sent. Too much of it is dropped."""
        self.take(client, pcm(samples), microphone)

    def take(self, client: str, sound: bytes, microphone: str = "") -> None:
        """Do the same with 16-bit little-endian mono sound."""
        if self.can_hear:
            self._append(self._microphone(client, microphone), sound)

    async def find_speech(
        self, client: str, samples: Sequence[float], microphone: str = ""
    ) -> Sequence[SpeechEvent]:
        """Listen for utterances, keep those that are complete, and return what happened.

        Raises ProtocolError, once for each client, when nothing listens.
        """
        return await self.events_in(client, pcm(samples), microphone)

    async def events_in(self, client: str, sound: bytes, microphone: str = "") -> Sequence[SpeechEvent]:
        """Do the same with 16-bit little-endian mono sound."""
        source = self._microphone(client, microphone)
        try:
            return await self._detect(source, sound)
        except (EngineError, ProtocolError) as error:
            if source.is_told:
                return ()
            source.is_told = True
            raise ProtocolError(str(error), code=error.code) from error

    async def found(self, client: str, samples: Sequence[float], microphone: str = "") -> list[Control]:
        """Do the same, and return what a client is told of it."""
        events = await self.find_speech(client, samples, microphone)
        return [SPEECH_BEGINS if isinstance(each, SpeechBegan) else SPEECH_ENDS for each in events]

    def stimulus(self, client: str, author: str, microphone: str = "") -> Stimulus:
        """Take what has been collected, to be answered. Raises ProtocolError when it cannot be listened to."""
        source = self._microphone(client, microphone)
        sound, was_too_long = source.sound, source.was_too_long
        source.sound, source.was_too_long = bytearray(), False
        if not self.can_hear:
            raise ProtocolError(DEAF, code="wrong-state")
        if was_too_long:
            raise ProtocolError(f"That was longer than {self._longest:.0f} seconds.", code="too-long")
        if not sound:
            raise ProtocolError(NOTHING, code="nothing-heard")
        return Stimulus(text="", source="voice", author=author, client=client, utterance=bytes(sound))

    async def listen(self, utterance: bytes) -> str:
        """Return the words in it. Raises ProtocolError `nothing-heard`, or EngineError."""
        if self._recognizer is None:
            raise ProtocolError(DEAF, code="wrong-state")
        text = bounded(one_line(await self._recognizer.transcribe(utterance)), LONGEST_LINE)
        if not any(character.isalnum() for character in text):
            raise ProtocolError(NOTHING, code="nothing-heard")
        return text

    async def words(self, client: str, microphone: str = "") -> UserInputTranscription:
        """Take what has been collected and listen to it now. Raises as `stimulus` and `listen` do."""
        utterance = self.stimulus(client, "", microphone).utterance or b""
        return UserInputTranscription(text=harmless(await self.listen(utterance)))

    def forget(self, client: str, microphone: str | None = None) -> None:
        """Drop everything of a client that has left, or of one of its microphones."""
        gone = [key for key in self._microphones if key[0] == client and microphone in (key[1], None)]
        for key in gone:
            del self._microphones[key]

    async def _detect(self, microphone: _Microphone, sound: bytes) -> Sequence[SpeechEvent]:
        if self._detector is None or not self.can_hear:
            raise ProtocolError(NO_DETECTION if self.can_hear else DEAF, code="wrong-state")
        microphone.stream = microphone.stream or self._detector.listen()
        events = await microphone.stream.hear(sound)
        for event in events:
            if isinstance(event, SpeechEnded):
                self._append(microphone, event.utterance)
        return events

    def _append(self, microphone: _Microphone, piece: bytes) -> None:
        if length(microphone.sound) + length(piece) > self._longest:
            microphone.was_too_long = True
            microphone.sound.clear()
        if not microphone.was_too_long:
            microphone.sound += piece

    def _microphone(self, client: str, microphone: str) -> _Microphone:
        return self._microphones.setdefault((client, microphone), _Microphone())
