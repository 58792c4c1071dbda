"""What docker/smoke.sh asks of the running program, from inside the container. TOKEN is its access token."""

import asyncio
import os
import urllib.error
import urllib.request

from open_llm_vtuber.client import ClientError, connect
from open_llm_vtuber.protocol.audio_message import Audio

SERVER = os.environ.get("SERVER", "http://127.0.0.1:12393")
TOKEN = os.environ["TOKEN"]


def status(path: str, **headers: str) -> int:
    """Return the status of an answer."""
    request = urllib.request.Request(SERVER + path, headers=headers)  # noqa: S310  an address of ours
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def speaks() -> None:
    """Have her say something, and wait for its sound."""
    async with asyncio.timeout(60), connect(SERVER, token=TOKEN) as her:
        await her.say("Hello from the container.", verbatim=True)
        async for cue in her.cues():
            if isinstance(cue, Audio) and cue.audio:
                return


async def is_closed() -> bool:
    """Return whether a client without the token is turned away."""
    try:
        async with connect(SERVER):
            return False
    except ClientError as error:
        return error.code == "refused"


assert status("/health") == 200, "not healthy"
assert status("/api/state") == 401, "the API is open without the token"
assert status("/api/state", Authorization=f"Bearer {TOKEN}") == 200, "the token is not accepted"
assert status("/health", Host="elsewhere.example.com") == 421, "it goes by any name"
assert asyncio.run(is_closed()), "the WebSocket is open without the token"
asyncio.run(speaks())
