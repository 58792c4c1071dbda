"""`/tts-ws`: a text in, its sentences as sound files out, for a tool that tries the voice. No show has a part in it."""

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from contextlib import aclosing

from starlette.websockets import WebSocket, WebSocketDisconnect

from open_llm_vtuber.errors import ProtocolError, VTuberError
from open_llm_vtuber.ports import SpeechSynthesizer
from open_llm_vtuber.show.sentences import Sentence, SentenceSplitter
from open_llm_vtuber.show.speech import wav
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

LONGEST_TEXT = 2_000
KEPT: Seconds = 60.0
"""How long a sound can be fetched."""
MOST_SOUNDS = 100
MOST_BYTES = 50_000_000
STALLED: Seconds = 20.0
"""How long a client may take no byte before it is dropped."""


class SoundCache:
    """Sounds under names that nobody can guess, for a minute; when it is full the oldest go.

    In memory: nothing is left behind by a crash, and no name leads to a file.
    """

    def __init__(self) -> None:
        self._sounds: dict[str, bytes] = {}
        self._bytes = 0

    def put(self, sound: bytes) -> str:
        """Keep a sound and return its name."""
        name = f"{secrets.token_urlsafe(16)}.wav"
        self._sounds[name] = sound
        self._bytes += len(sound)
        while len(self._sounds) > MOST_SOUNDS or self._bytes > MOST_BYTES:
            self._drop(next(iter(self._sounds)))
        asyncio.get_running_loop().call_later(KEPT, self._drop, name)
        return name

    def get(self, name: str) -> bytes | None:
        """Return a sound that is still there."""
        return self._sounds.get(name)

    def _drop(self, name: str) -> None:
        self._bytes -= len(self._sounds.pop(name, b""))


async def serve_speech(websocket: WebSocket, voice: SpeechSynthesizer, cache: SoundCache) -> None:
    """Speak one text after another until the client leaves or stops reading."""
    await websocket.accept()
    try:
        while True:
            event = await websocket.receive()
            if event["type"] == "websocket.disconnect":
                return
            try:
                await _speak(websocket, _sentences(event.get("text")), voice, cache)
            except VTuberError as error:
                await _send(websocket, status="error", message=str(error))
    except (WebSocketDisconnect, RuntimeError):
        return  # the client has left in the middle of a text
    except TimeoutError:
        log.warning("a client of /tts-ws was dropped: it stopped reading")


async def _speak(
    websocket: WebSocket, sentences: Sequence[Sentence], voice: SpeechSynthesizer, cache: SoundCache
) -> None:
    """Send a file for each sentence. Raises EngineError."""
    for sentence in sentences:
        async with aclosing(voice.synthesize(sentence.text)) as chunks:
            pcm = b"".join([chunk async for chunk in chunks])
        if pcm:
            name = cache.put(wav(pcm, voice.sample_rate))
            await _send(websocket, status="partial", audioPath=f"cache/{name}", text=sentence.text)
    await _send(websocket, status="complete")


def _sentences(frame: str | None) -> Sequence[Sentence]:
    """Return what can be spoken of a client's text. Raises ProtocolError when that is nothing."""
    try:
        request = json.loads(frame or "")
    except (ValueError, RecursionError):
        raise ProtocolError("A request is a text frame that holds JSON.", code="bad-json") from None
    text = request.get("text") if isinstance(request, dict) else None
    if not isinstance(text, str):
        raise ProtocolError("A request is an object with a text.", code="bad-message")
    if len(text) > LONGEST_TEXT:
        raise ProtocolError(f"A text has at most {LONGEST_TEXT} characters.", code="too-long")
    splitter = SentenceSplitter((), first_clause=False)
    spoken = [each for each in (*splitter.feed(text), *splitter.finish()) if each.is_speakable]
    if not spoken:
        raise ProtocolError("There is nothing to speak in that text.", code="bad-message")
    return spoken


async def _send(websocket: WebSocket, **fields: str) -> None:
    async with asyncio.timeout(STALLED):
        await websocket.send_text(json.dumps(fields))
