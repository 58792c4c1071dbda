"""The limit: a server on the same framework that does nothing but what cannot be left out.

`python -m benchmarks.bare run --port N` answers a heartbeat, and sends three sentences with the same voice's sound for
a typed line: cut with one pattern, wrapped as WAV, base64, JSON, sent. Clients that name a show are echoed to instead:
a typed line of one of them brings each of them the same frames, which were made beforehand.
"""

import argparse
import asyncio
import base64
import json
import re
from collections.abc import Iterator, Sequence
from functools import cache

import uvicorn
from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

from benchmarks.instant import REPLY, sentences, sound_of
from open_llm_vtuber.serving import listening_socket, server_config
from open_llm_vtuber.show.speech import wav
from open_llm_vtuber.tts.pcm import RATE

GREETINGS = 4
CHAIN_END = '{"type":"control","text":"conversation-chain-end"}'
ACK = '{"type":"heartbeat-ack"}'
SYNTH_COMPLETE = '{"type":"backend-synth-complete"}'
WAITING = 1_000
_SENTENCE = re.compile(r"[^.!?,]+[.!?,]\s*")

web = FastAPI()
_stages: dict[str, list[asyncio.Queue[str]]] = {}


@web.get("/health")
async def health() -> dict[str, dict[str, object]]:
    """Say that it is there."""
    return {"providers": {}}


@web.websocket("/client-ws")
async def talk(websocket: WebSocket, show: str = "") -> None:
    """Answer one client until it leaves."""
    await websocket.accept()
    outbox: asyncio.Queue[str] = asyncio.Queue(WAITING)
    audience = _stages.setdefault(show, []) if show else []
    audience.append(outbox)
    for _ in range(GREETINGS):
        outbox.put_nowait("{}")
    try:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(_write(websocket, outbox))
            try:
                while True:
                    message = json.loads(await websocket.receive_text())
                    for frame in _answers(message, is_echo=bool(show)):
                        for box in audience if frame.startswith('{"type":"audio"') else [outbox]:
                            box.put_nowait(frame)
                        await asyncio.sleep(0)
            except WebSocketDisconnect:
                writing.cancel()
    finally:
        audience.remove(outbox)


async def _write(websocket: WebSocket, outbox: asyncio.Queue[str]) -> None:
    try:
        while True:
            await websocket.send_text(await outbox.get())
    except (WebSocketDisconnect, RuntimeError):
        return


def _answers(message: dict[str, object], *, is_echo: bool) -> Iterator[str]:
    match message["type"]:
        case "heartbeat":
            yield ACK
        case "interrupt-signal":
            yield CHAIN_END
        case "text-input" if is_echo:
            yield from _prepared(str(message["text"]))
            yield SYNTH_COMPLETE
        case "text-input":
            for number, text in enumerate(_SENTENCE.findall(REPLY)):
                yield _frame(text, number)
            yield SYNTH_COMPLETE
        case _:
            pass


@cache
def _prepared(count: str) -> Sequence[str]:
    return [_frame(text, number) for number, text in enumerate(sentences(int(count)))]


def _frame(text: str, index: int) -> str:
    sound = base64.b64encode(wav(sound_of(text), RATE)).decode("ascii")
    return json.dumps({"type": "audio", "index": index, "text": text, "audio": sound}, separators=(",", ":"))


def main() -> None:
    """Serve, configured as the program is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    options, _ = parser.parse_known_args()
    uvicorn.Server(server_config(web)).run(sockets=[listening_socket("127.0.0.1", options.port)])


if __name__ == "__main__":
    main()
