"""A fake of the existing web client: the state machine of its section in the protocol's description, without a screen.

Pure: messages and seconds in, messages out. `tab.py` puts it on a connection.
"""

import base64
import wave
from collections import deque
from io import BytesIO
from math import inf
from typing import Any, Literal

from open_llm_vtuber.units import Seconds

Message = dict[str, Any]
State = Literal["loading", "idle", "thinking-speaking", "interrupted", "listening", "waiting"]

RENDERED_AFTER: Seconds = 0.1
"""Audio is judged by the state that was rendered last, and rendering takes a moment."""
PAUSE: Seconds = 0.02
LOADS: Seconds = 2.0
"""How long a model takes until it can show a face."""
DEFAULT_FACE = 0
CHUNK = 4_096
"""Samples of the microphone in one message."""
WAITS: Seconds = 2.0
INIT = ("fetch-backgrounds", "fetch-configs", "fetch-history-list", "create-new-history")
CHAIN_END: Message = {"type": "control", "text": "conversation-chain-end"}


class ExistingClient:
    """What the client shows, plays and loses."""

    def __init__(self, *, copies: int = 10) -> None:
        self.state: State = "loading"
        self.uid = ""
        self.bubbles: list[tuple[Literal["human", "ai"], str]] = []
        self.played: list[Message] = []
        self.lost: list[Message] = []
        """Audio that arrived and is neither shown nor heard."""
        self.toasts: list[str] = []
        self.face: int | str = DEFAULT_FACE
        self.faces: list[tuple[Seconds, int | str]] = []
        """Every face that it took on, and when."""
        self.heard = ""
        self._copies = copies
        self._queue: deque[Message] = deque()
        self._busy_until: Seconds = 0.0
        self._rendered_at: Seconds = 0.0
        self._loaded_at: Seconds = inf
        self._resets_at: Seconds = inf
        self._waiting_until: Seconds = 0.0
        self._synth_complete = False
        self._new_bubble = True

    @staticmethod
    def opened() -> list[Message]:
        """Return what it sends when the socket opens."""
        return [{"type": each} for each in INIT]

    def due(self, now: Seconds) -> Seconds | None:
        """Return when something happens by itself."""
        times = [self._busy_until, self._resets_at] + (
            [self._waiting_until] if self.state == "waiting" else []
        )
        return min((each for each in times if now < each < inf), default=None)

    def type_text(self, text: str, now: Seconds) -> list[Message]:
        """Press Enter behind a text."""
        sent = self.press_interrupt(now)
        self.state, self._waiting_until = "waiting", now + WAITS
        self.bubbles.append(("human", text))
        return [*sent, {"type": "text-input", "text": text, "images": []}]

    def press_interrupt(self, now: Seconds) -> list[Message]:
        """Press the hand button."""
        if self.state != "thinking-speaking":
            return []
        self._stop(now)
        return [{"type": "interrupt-signal", "text": self.heard}, *self._completed(now)]

    def speech_begins(self, now: Seconds) -> list[Message]:
        """Begin to talk into the microphone."""
        sent = self.press_interrupt(now)
        self.state = "listening"
        return sent

    def speech_ends(self, samples: list[float]) -> list[Message]:
        """End an utterance: all of it is sent at once."""
        self.state = "thinking-speaking"
        self._queue.clear()
        pieces = [samples[start : start + CHUNK] for start in range(0, len(samples), CHUNK)]
        return [
            *({"type": "mic-audio-data", "audio": piece} for piece in pieces),
            {"type": "mic-audio-end", "images": []},
        ]

    def receive(self, message: Message, now: Seconds) -> list[Message]:
        """Take in a message; return what it answers."""
        sent = self.advance(now)
        match message:
            case {"type": "control", "text": "conversation-chain-start"}:
                if self.state == "interrupted":
                    self._rendered_at = now + RENDERED_AFTER
                self.state, self.heard = "thinking-speaking", ""
                self._queue.clear()
            case {"type": "control", "text": "conversation-chain-end"}:
                self._queue.append(message)
            case {"type": "audio"} if self.state in ("interrupted", "listening") or now < self._rendered_at:
                self.lost.append(message)
            case {"type": "audio"}:
                self._queue.append(message)
            case {"type": "backend-synth-complete"}:
                self._synth_complete = True
            case {"type": "set-model-and-conf", "conf_uid": str(), "model_info": {"url": str()}}:
                self.uid = message["client_uid"]
                self._become_idle(now)
                self._loaded_at = now + LOADS
            case {"type": "new-history-created"}:
                self._become_idle(now)
                self.bubbles.clear()
            case {"type": "user-input-transcription", "text": str(text)}:
                self.bubbles.append(("human", text))
            case {"type": "force-new-message"}:
                self._new_bubble = True
            case {"type": "interrupt-signal"} if self.state == "thinking-speaking":
                self._stop(now)
            case {"type": "error", "message": str(text)}:
                self.toasts.append(text)
            case _:
                pass  # what it does not know it ignores
        return [*sent, *self.advance(now)]

    def advance(self, now: Seconds) -> list[Message]:
        """Play on; return what it sends meanwhile."""
        sent: list[Message] = []
        if now >= self._resets_at:
            self._resets_at = inf
            self._take_on(DEFAULT_FACE, now)
        if self.state == "waiting" and now >= self._waiting_until:
            self._become_idle(now)
        while self._queue and self._busy_until <= now:
            sent += self._play(self._queue.popleft(), now)
        return [*sent, *self._completed(now)]

    def _play(self, item: Message, now: Seconds) -> list[Message]:
        if item == CHAIN_END:
            if self.state == "thinking-speaking":
                self._become_idle(now)
            return []
        self.played.append(item)
        if item["audio"] and (item["actions"] or {}).get("expressions"):
            self._take_on(item["actions"]["expressions"][0], now)
        self._busy_until = now + length_of(item) + PAUSE
        shown = item["display_text"]
        if shown is None:
            return []
        self.heard += shown["text"]
        if self._new_bubble or self.bubbles[-1][0] == "human":
            self.bubbles.append(("ai", ""))
            self._new_bubble = False
        self.bubbles[-1] = ("ai", self.bubbles[-1][1] + shown["text"])
        return [{"type": "audio-play-start", "display_text": shown, "forwarded": True}]

    def _become_idle(self, now: Seconds) -> None:
        if self.state != "idle":
            self._resets_at = now + RENDERED_AFTER  # when that is rendered
        self.state = "idle"

    def _take_on(self, face: int | str, now: Seconds) -> None:
        if now >= self._loaded_at:
            self.face = face
            self.faces.append((now, face))

    def _completed(self, now: Seconds) -> list[Message]:
        if not self._synth_complete or self._queue or self._busy_until > now:
            return []
        self._synth_complete = False
        return [{"type": "frontend-playback-complete"}] * self._copies

    def _stop(self, now: Seconds) -> None:
        self._queue.clear()
        self._busy_until = now
        self.state = "interrupted"


def length_of(audio: Message) -> Seconds:
    """Return how long an audio message sounds; without sound it takes no time."""
    if audio["audio"] is None:
        return 0.0
    with wave.open(BytesIO(base64.b64decode(audio["audio"], validate=True))) as sound:
        return float(sound.getnframes() / sound.getframerate())
