"""One member's turn in a group, as the others see it: the text, once it plays, and never the sound."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter
from pydantic_core import from_json

from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.parts import DisplayText
from open_llm_vtuber.protocol.server_messages import (
    Control,
    ForceNewMessage,
    InterruptSignalCue,
    ServerMessage,
)
from open_llm_vtuber.show.audience import Encoded, Outbox
from open_llm_vtuber.show.speech import SLICE

UNREAD_LINES = 100
"""Lines that a character is told of at once; of more, the oldest are not."""
EVERYBODY_SEES = frozenset(
    ("control", "full-text", "tool_call_status", "force-new-message", "interrupt-signal", "error")
)
"""What the other members get of a turn as it is; its words they get when the speaker's client begins to play them."""
CHAIN_START = Control(text="conversation-chain-start")
CHAIN_END = Control(text="conversation-chain-end")
_CUE: TypeAdapter[ServerMessage] = TypeAdapter(ServerMessage)


@dataclass(slots=True)
class Member:
    """A client in the group, and the lines that its character has not been told yet."""

    client: str
    outbox: Outbox
    unread: deque[str] = field(default_factory=lambda: deque(maxlen=UNREAD_LINES))


class Reply:
    """One member's turn, as the others see it."""

    def __init__(self, speaker: Member, listeners: Sequence[Member]) -> None:
        self.speaker = speaker
        self.is_cut = False
        self.name = ""
        self._listeners = list(listeners)
        self._is_open = self._needs_new_message = False
        self._texts: list[str] = []
        self._played: list[str] = []
        self._to_play: deque[DisplayText] = deque()

    @property
    def heard(self) -> str:
        """What was heard of it: all, or what the speaker's client began to play before it was cut."""
        return "".join(self._played if self.is_cut else self._texts).replace("<\u200b", "<")

    def follow(self, message: ServerMessage) -> None:
        """Take in a cue of the speaker's show and pass on what everybody sees."""
        if isinstance(message, Audio) and message.display_text:
            self.name = message.display_text.name or ""
            self._texts.append(message.display_text.text)
            self._to_play.append(message.display_text)
        elif message.type in EVERYBODY_SEES:
            for listener in self._listeners:
                show_cue(listener.outbox, message)
            if message == CHAIN_START:
                self._is_open = self._needs_new_message = True
            if isinstance(message, ForceNewMessage):
                self._needs_new_message = False

    def play_started(self, text: str) -> None:
        """Show a sentence to the others. Only what this turn has said counts, each once, whatever a client says."""
        if all(each.text != text for each in self._to_play):
            return
        while (shown := self._to_play.popleft()).text != text:
            self._play(shown)
        self._play(shown)

    def drop(self, client: str) -> None:
        """Let a listener go who leaves the group: for it the chain ends here."""
        for listener in self._listeners:
            if listener.client == client and self._is_open:
                self._end_chain(listener)
        self._listeners = [each for each in self._listeners if each.client != client]

    def close(self) -> None:
        """End the chain for the others, once what was said is kept; also if the speaker's show could not end its own."""
        for listener in self._listeners if self._is_open else ():
            self._end_chain(listener)
        self._is_open = False

    def _end_chain(self, listener: Member) -> None:
        if self._needs_new_message:
            show_cue(listener.outbox, ForceNewMessage())
        show_cue(listener.outbox, CHAIN_END)

    def _play(self, shown: DisplayText) -> None:
        self._played.append(shown.text)
        forwarded = Audio(
            audio=None, volumes=(), slice_length=SLICE, display_text=shown, actions=None, forwarded=True
        )
        for listener in self._listeners:
            show_cue(listener.outbox, forwarded)


def show_cue(outbox: Outbox, message: ServerMessage) -> None:
    """Queue a cue of another show for a client, with the care that its own audience takes."""
    if message == CHAIN_START:
        outbox.chain_starts()
    if isinstance(message, InterruptSignalCue):
        outbox.is_interrupted = True
    outbox.put_cue(Encoded(message), "", message)


def cue_of(text: str) -> ServerMessage | None:
    """Return what a show sent, without what concerns this connection only; None for what is not part of a turn."""
    fields: dict[str, object] = from_json(text)
    if fields["type"] not in EVERYBODY_SEES | {"audio"}:
        return None
    for own in ("seq", "turn_id", "index"):
        fields.pop(own, None)
    return _CUE.validate_python(fields)
