"""How existing web clients see a face outside speech: a short silent sentence that carries it.

They apply an expression only with sound, when it begins to play, and go back to their default whenever they become
idle. So each is told only while no speech is queued for it, and a face that lasts longer is told again after a chain.
"""

from dataclasses import dataclass
from math import inf

from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.parts import Actions
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.speech import SLICE, speech
from open_llm_vtuber.units import Hertz, Seconds

LOADING: Seconds = 3.0
"""What a client that has just been told of a model needs until it can show faces."""
BECOMING_IDLE: Seconds = 0.3
"""What a client needs after a chain to reset its face; one that came sooner would be lost."""
_RATE = Hertz(8_000)
_SILENCE = speech(b"\0\0" * (_RATE // 10), _RATE)


@dataclass(slots=True)
class _Watched:
    shown: int | None
    """The face that it shows as far as we know; None: whichever."""
    ready_at: Seconds


class SilentFaces:
    """Keeps in mind what each existing client shows, and tells it when that is not what should be seen."""

    def __init__(self, audience: Audience, resting: int) -> None:
        self._audience = audience
        self._resting = resting
        self._clients: dict[str, _Watched] = {}

    def update(self, face: int, now: Seconds) -> Seconds | None:
        """Tell those that can be told; return when to look again although nothing happens until then."""
        self._keep_count(now)
        again = inf
        for outbox in self._audience.existing:
            client = self._clients[outbox.client]
            if client.shown == face or outbox.is_in_chain or outbox.is_interrupted:
                continue
            if client.ready_at > now:
                again = min(again, client.ready_at)
                continue
            outbox.send(_carrying(face))
            client.shown = face
        return None if again == inf else again

    def shows(self, face: int) -> bool:
        """Whether one of them shows it."""
        return any(client.shown == face for client in self._clients.values())

    def rides(self, face: int, *, sounds: bool, now: Seconds) -> bool:
        """Note that a sentence is about to be sent; return whether some client needs to be told the face with it."""
        self._keep_count(now)
        is_needed = any(client.shown != face for client in self._clients.values())
        if sounds:
            for client in self._clients.values():
                client.shown = face
        return is_needed

    def chain_ended(self, now: Seconds) -> None:
        """Note that all of them become idle, but for those that were interrupted."""
        self._keep_count(now)
        for outbox in self._audience.existing:
            client = self._clients[outbox.client]
            client.shown = None if outbox.is_interrupted else self._resting
            client.ready_at = max(client.ready_at, now + BECOMING_IDLE)

    def model_changes(self, resting: int, now: Seconds) -> None:
        """Note that all of them load another model."""
        self._resting = resting
        self._clients = {name: _Watched(resting, now + LOADING) for name in self._clients}

    def _keep_count(self, now: Seconds) -> None:
        present = {outbox.client for outbox in self._audience.existing}
        for client in self._clients.keys() - present:
            del self._clients[client]
        for client in present - self._clients.keys():
            self._clients[client] = _Watched(self._resting, now + LOADING)


def _carrying(face: int) -> Audio:
    return Audio(
        audio=_SILENCE.wav_base64,
        volumes=_SILENCE.volumes,
        slice_length=SLICE,
        display_text=None,
        actions=Actions(expressions=(face,)),
    )
