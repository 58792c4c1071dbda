"""The audience: everybody attached to a show, each with an outbox of a limited size."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from open_llm_vtuber import course
from open_llm_vtuber.decided import Cue
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.codec import encode
from open_llm_vtuber.protocol.envelope import Capability
from open_llm_vtuber.protocol.server_messages import Control, ServerMessage
from open_llm_vtuber.show.stage_view import for_a_stage
from open_llm_vtuber.units import Seconds

OUTBOX_FRAMES = 1_000
OUTBOX_CHARACTERS = 32_000_000
"""What a client may leave unread before it is dropped: some minutes of speech."""
INTERRUPTED_CLIENT_NEEDS: Seconds = 0.3
"""An existing client that was interrupted loses the audio that follows a chain start sooner than this."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """What waits for one client: what all get, held once however many they are, and how it ends for this one."""

    text: str
    end: str = ""
    not_before: Seconds = 0.0

    @property
    def size(self) -> int:
        return len(self.text) + len(self.end)


class Encoded:
    """A cue as JSON, and without its last brace: made once, so that no client's outbox holds a copy of the sound."""

    def __init__(self, message: ServerMessage) -> None:
        self.text = encode(message)
        self.open = self.text[:-1]


class OutboxClosed(Exception):
    """The client read too slowly and was dropped, or the show has ended."""


class Outbox:
    """What is on its way to one client. When it is full the client is dropped; nobody else waits."""

    def __init__(self, client: str, *, listens_only: bool = False) -> None:
        self.client = client
        self.listens_only = listens_only
        """Whether it plays nothing: it is never the primary, and the show is not played to it."""
        self.capabilities: frozenset[Capability] | None = None
        """None: an existing web client, which never said what it can do."""
        self.is_stage = False
        """Whether it came with the rights of a stage: it sees what the audience may notice, and no more."""
        self.seq = 0
        self.is_interrupted = False
        self.is_in_chain = False
        """Whether a chain has begun on this connection that has not ended."""
        self._frames: deque[_Frame] = deque()
        self._characters = 0
        self._ready = asyncio.Event()
        self._closed = False
        self._audio_from: Seconds = 0.0

    @property
    def plays(self) -> bool:
        """Whether the show is played to it: everybody but who only listens or watches."""
        return not self.listens_only and "preview" not in (self.capabilities or ())

    @property
    def is_existing_client(self) -> bool:
        """Whether this is a web client that knows only the messages of old."""
        return self.capabilities is None and not self.listens_only

    def wants(self, message: ServerMessage) -> bool:
        """Whether a cue is for this client."""
        return message.capability is None or message.capability in (self.capabilities or ())

    def send(self, message: ServerMessage) -> None:
        """Queue an answer to a request of this client."""
        self._put(_Frame(encode(message)))

    def relay(self, text: str) -> None:
        """Queue a frame that somebody else has encoded."""
        self._put(_Frame(text))

    def put_cue(self, cue: Encoded, tail: str, message: ServerMessage) -> None:
        """Queue a cue that has already been encoded; `tail` is for clients that said hello."""
        self.seq += 1
        if isinstance(message, Control):
            self.is_in_chain = message.text == "conversation-chain-start"
        not_before = self._audio_from if isinstance(message, Audio) else 0.0
        if self.is_existing_client:
            self._put(_Frame(cue.text, not_before=not_before))
        else:
            self._put(_Frame(cue.open, f',"seq":{self.seq}{tail}}}', not_before))

    def chain_starts(self) -> None:
        """Note that a chain begins."""
        if self.is_existing_client and self.is_interrupted:
            self._audio_from = asyncio.get_running_loop().time() + INTERRUPTED_CLIENT_NEEDS
        self.is_interrupted = False

    async def get(self) -> str:
        """Return the next frame. Raises OutboxClosed when there will be none."""
        while not self._frames:
            if self._closed:
                raise OutboxClosed
            self._ready.clear()
            await self._ready.wait()
        frame = self._frames[0]
        if frame.not_before:
            await asyncio.sleep(max(0.0, frame.not_before - asyncio.get_running_loop().time()))
            if self._closed:
                raise OutboxClosed
        self._frames.popleft()
        self._characters -= frame.size
        return frame.text + frame.end

    def close(self) -> None:
        """Let the reader of this outbox end; what is unread is lost."""
        self._closed = True
        self._frames.clear()
        self._characters = 0
        self._ready.set()

    def _put(self, frame: _Frame) -> None:
        if self._closed:
            return
        self._frames.append(frame)
        self._characters += frame.size
        if len(self._frames) > OUTBOX_FRAMES or self._characters > OUTBOX_CHARACTERS:
            self.close()
        self._ready.set()


class Audience:
    """Fans cues out. A cue is encoded once, however many clients get it."""

    def __init__(self) -> None:
        self._outboxes: dict[str, Outbox] = {}

    def __len__(self) -> int:
        """Return how many clients the show is played to."""
        return sum(box.plays for box in self._outboxes.values())

    def plays_to(self, client: str | None) -> bool:
        """Return whether that client is there and the show is played to it."""
        return client in self._outboxes and self._outboxes[client].plays

    @contextmanager
    def attach(self, client: str, *, listens_only: bool = False) -> Iterator[Outbox]:
        """Let a client listen for as long as the context lasts."""
        outbox = self._outboxes[client] = Outbox(client, listens_only=listens_only)
        try:
            yield outbox
        finally:
            del self._outboxes[client]
            outbox.close()

    @property
    def existing(self) -> Sequence[Outbox]:
        """The existing web clients."""
        return [box for box in self._outboxes.values() if box.is_existing_client]

    def able(self, capability: Capability) -> int:
        """Return how many clients have said that they can do that."""
        return sum(capability in (box.capabilities or ()) for box in self._outboxes.values())

    def outbox(self, client: str) -> Outbox | None:
        """Return the outbox of an attached client."""
        return self._outboxes.get(client)

    def close(self) -> None:
        """Let everybody go: the show has ended."""
        for outbox in self._outboxes.values():
            outbox.close()

    @property
    def primary(self) -> str | None:
        """The client that plays the sound and reports its end.

        The first that can be primary, else the first existing web client, else whoever is there first and not just watching.
        """
        boxes = [box for box in self._outboxes.values() if box.plays]
        stages = [box for box in boxes if "primary" in (box.capabilities or ())]
        existing = [box for box in boxes if box.is_existing_client]
        return next((box.client for box in [*stages, *existing, *boxes]), None)

    def publish(
        self,
        message: ServerMessage,
        *,
        turn_id: str | None = None,
        index: int | None = None,
        but_for: Collection[str | None] = (),
    ) -> None:
        """Queue a cue for everybody whom it concerns, but for those named."""
        course.note(Cue(message=message, turn_id=turn_id, index=index))
        concerned = [
            box for box in self._outboxes.values() if box.wants(message) and box.client not in but_for
        ]
        if not concerned:
            return
        cue = Encoded(message)
        shown = for_a_stage(message) if any(box.is_stage for box in concerned) else message
        on_stage = cue if shown is message else Encoded(shown) if shown else None
        tail = "" if turn_id is None else f',"turn_id":"{turn_id}"'
        tail += "" if index is None else f',"index":{index}'
        for box in concerned:
            if own := on_stage if box.is_stage else cue:
                box.put_cue(own, tail, message)

    def tell_each(self, messages: Callable[[str], Sequence[ServerMessage]], *, but_for: str) -> None:
        """Queue for each client what is for it alone, but for the one named."""
        for box in self._outboxes.values():
            if box.client != but_for:
                for message in messages(box.client):
                    box.send(message)

    def interrupted(self) -> None:
        """Note that everybody's playback is cut: existing clients then drop audio until the next chain."""
        for box in self._outboxes.values():
            box.is_interrupted = True

    def chain_starts(self, *, turn_id: str) -> None:
        """Publish the start of a chain, with care for clients that were interrupted."""
        for box in self._outboxes.values():
            box.chain_starts()
        self.publish(Control(text="conversation-chain-start"), turn_id=turn_id)
