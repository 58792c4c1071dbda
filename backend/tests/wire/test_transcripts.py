"""Whole exchanges, one file for each message of a client, replayed against a server: ours, or another one by its URL.

A line of a file is what the client sends (`c`) or what must come (`s`: these fields, whatever else there is). `$name`
is something that came before (`save`), `<kind>` anything of that kind. `times: 1+` may be repeated, `optional` may be
missing, `past` names types that may come first; `pause` is a person's, in seconds. `needs` says what another server may lack.

`make conformance URL=ws://host:port/client-ws` replays them against that server.
"""

import asyncio
import base64
import json
import os
import wave
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pytest

import spoken
from live_server import Client, serving
from open_llm_vtuber.protocol.client_messages import ClientMessage
from wire.existing_client import Message
from wire.test_text_turn import saying

FOLDER = Path(__file__).parent / "transcripts"
NAMES = sorted(file.stem for file in FOLDER.glob("*.jsonl"))
OTHER = os.environ.get("OLV_CONFORMANCE_URL", "")
PATIENCE_S = 60.0 if OTHER else 10.0
SILENCE_S = 0.1
SPEECH = spoken.samples(spoken.noise(0.5, 9_000))[:4_096]


if OTHER:

    @pytest.fixture(autouse=True)
    def loopback_only() -> None:
        """Let the tests of this file reach it, wherever it is."""


def is_sound(value: object) -> bool:
    """Return whether it is a whole PCM 16 WAV in base64, or silence."""
    if value is None:
        return True
    with wave.open(BytesIO(base64.b64decode(str(value), validate=True))) as sound:
        return sound.getsampwidth() == 2 and len(sound.readframes(sound.getnframes())) > 0


def is_date(value: object) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value) is not None


def is_newest_first(value: object) -> bool:
    dates = [entry["timestamp"] for entry in value] if isinstance(value, list) else []
    return len(dates) > 0 and all(map(is_date, dates)) and dates == sorted(dates, reverse=True)


def has_unique_names(value: object) -> bool:
    names = [entry["name"] for entry in value if entry["filename"]] if isinstance(value, list) else []
    return 0 < len(names) == len(set(names))


KINDS: Mapping[str, Callable[[object], bool]] = {
    "<text>": lambda value: isinstance(value, str) and value != "",
    "<string>": lambda value: isinstance(value, str),
    "<number>": lambda value: isinstance(value, int | float),
    "<list>": lambda value: isinstance(value, list),
    "<object or null>": lambda value: value is None or isinstance(value, dict),
    "<sound>": is_sound,
    "<date>": is_date,
    "<newest first>": is_newest_first,
    "<files and unique names>": has_unique_names,
}


def fits(expected: object, got: object) -> bool:
    """Return whether a value is what a transcript expects."""
    match expected:
        case str() if expected in KINDS:
            return KINDS[expected](got)
        case dict():
            return isinstance(got, dict) and all(
                name in got and fits(value, got[name]) for name, value in expected.items()
            )
        case list():
            return isinstance(got, list) and len(got) == len(expected) and all(map(fits, expected, got))
        case _:
            return expected == got


class Replay:
    """One transcript against one connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._saved: dict[str, object] = {"$speech": SPEECH}
        self._next: Message | None = None

    async def play(self, events: Sequence[Message]) -> None:
        for number, event in enumerate(events, start=2):
            if "pause" in event:
                await asyncio.sleep(event["pause"])
            elif "c" in event:
                await self._client.connection.send(json.dumps(self._filled(event["c"])))
            else:
                await self._expect(event, number)

    async def nothing_more(self) -> None:
        """See that all that came was expected."""
        with pytest.raises(TimeoutError):
            await self._client.receive(SILENCE_S)
        assert self._next is None

    async def _expect(self, event: Message, number: int) -> None:
        expected, seen = self._filled(event["s"]), 0
        while True:
            got = await self._peek()
            if fits(expected, got):
                self._save(event, got)
                self._next, seen = None, seen + 1
                if event.get("times") != "1+":
                    return
            elif got["type"] in event.get("past", ()):
                self._next = None
            else:
                assert seen or event.get("optional"), f"line {number}: {expected} expected, {short(got)} came"
                return

    async def _peek(self) -> Message:
        if self._next is None:
            self._next = await self._client.receive(PATIENCE_S)
        return self._next

    def _save(self, event: Message, got: Message) -> None:
        for name, path in event.get("save", {}).items():
            value: Any = got
            for step in path.split("."):
                value = value[int(step) if step.isdigit() else step]
            self._saved[f"${name}"] = value

    def _filled(self, value: Any) -> Any:
        match value:
            case dict():
                return {name: self._filled(each) for name, each in value.items()}
            case str():
                return self._saved.get(value, value)
            case _:
                return value


def short(message: Message) -> str:
    """Return a message without its sound."""
    return json.dumps({name: value for name, value in message.items() if name not in ("audio", "volumes")})


def transcript(name: str) -> tuple[Message, Sequence[Message]]:
    """Return the head of a file and its events."""
    head, *events = map(json.loads, (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    return head, events


@asynccontextmanager
async def server() -> AsyncIterator[str]:
    """Return the address of the server that is looked at."""
    if OTHER:
        yield OTHER
    else:
        async with serving(saying("[joy] One, if I may say so. [smirk] And this is two.")) as ours:
            yield ours.ws()


@pytest.mark.parametrize("name", NAMES)
def test_an_exchange_is_as_it_is_written_down(name: str) -> None:
    head, events = transcript(name)
    if OTHER and "needs" in head:
        pytest.skip(f"another server may lack {head['needs']}")

    async def main() -> None:
        async with server() as url, Client.connect(url) as client:
            replay = Replay(client)
            if name != "open":
                await replay.play(transcript("open")[1])
            await replay.play(events)
            await replay.nothing_more()

    asyncio.run(main())


def test_every_message_of_a_client_has_its_transcript() -> None:
    types = {message.model_fields["type"].default for message in get_args(get_args(ClientMessage)[0])}
    assert types <= set(NAMES)
    for name in types:
        assert name in [event["c"]["type"] for event in transcript(name)[1] if "c" in event]


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("<text>", ""),
        ("<sound>", "UklGRg=="),
        ({"a": 1}, {"b": 1}),
        ([1, 2], [1]),
        ("<newest first>", [{"timestamp": "2026-01-01"}, {"timestamp": "2026-01-02"}]),
        ("<files and unique names>", [{"filename": "a", "name": "x"}, {"filename": "b", "name": "x"}]),
    ],
)
def test_what_does_not_fit_is_found(expected: object, got: object) -> None:
    try:
        assert not fits(expected, got)
    except (EOFError, wave.Error):
        assert expected == "<sound>"
