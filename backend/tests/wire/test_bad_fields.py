"""Each field of each message, missing, of every wrong type, empty, huge and nested; and names that are paths."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes import FakeEar
from live_server import SCRIPTED, Client, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.protocol.client_messages import ClientMessage
from virtual_time import run_virtual
from wire.existing_client import Message
from wire.set_of_shows import SetOfShows, set_of_shows
from wire.tab import browser_tab, kinds
from wire.test_golden import SENT
from wire.test_text_turn import saying

CLASSES = get_args(get_args(ClientMessage)[0])
EXAMPLES = {type(message): json.loads(text) for text, message in reversed(SENT)}
BAD_VALUES: Mapping[str, tuple[str, str]] = {
    "null": ("null", "null"),
    "a number": ("number", "7"),
    "an infinite number": ("number", "1e999"),
    "no number": ("number", "NaN"),
    "a truth": ("boolean", "true"),
    "an empty text": ("string", '""'),
    "blanks": ("string", '"  "'),
    "a path": ("string", '"../../../etc/passwd"'),
    "a zero": ("string", '"\\u0000"'),
    "half a character": ("string", '"\\ud800"'),
    "a huge text": ("string", json.dumps("x" * 100_000)),
    "an empty list": ("array", "[]"),
    "a list of lists": ("array", "[[1]]"),
    "a huge list": ("array", json.dumps([0] * 200_000)),
    "a deep list": ("array", "[" * 5_000 + "]" * 5_000),
    "an object": ("object", '{"a": 1}'),
    "a deep object": ("object", '{"a":' * 5_000 + "1" + "}" * 5_000),
}
"""What JSON calls it, and its text."""
REFUSALS = {"bad-json", "bad-message", "too-long"}
MAY_BE_TOLD = REFUSALS | {"not-found", "nothing-heard", "wrong-state", "not-configured", "busy"}
PATHS = (
    "../../../etc/passwd",
    "..",
    "a/b",
    "a\\b",
    "/etc/passwd",
    "C:\\x",
    "CON",
    "a:b",
    "\0",
    "%2e%2e%2fx",
    "2026-01-01_00-00-00_" + "0" * 32,
    "2026-01-01_00-00-00_" + "0" * 32 + "/../x",
)


def cases(message: type[Any]) -> Iterator[tuple[str, str, bool]]:
    """Yield what is wrong, the frame, and whether it must be refused."""
    example = EXAMPLES[message]
    schema = message.model_json_schema(by_alias=False)
    for field in schema["properties"]:
        if field == "type":
            continue
        rest = {name: value for name, value in example.items() if name != field}
        yield f"{field} is missing", json.dumps(rest), field in schema.get("required", ())
        allowed = set(allowed_kinds(schema["properties"][field]))
        for what, (kind, text) in BAD_VALUES.items():
            frame = f'{json.dumps(rest)[:-1]}, "{field}": {text}}}'
            yield f"{field} is {what}", frame, kind not in allowed


def allowed_kinds(field: Mapping[str, Any]) -> Iterator[str]:
    """Yield what JSON calls the values that the schema of a field lets in."""
    for option in field.get("anyOf") or field.get("oneOf") or [field]:
        yield "object" if "$ref" in option else "number" if option["type"] == "integer" else option["type"]


async def written(shows: SetOfShows) -> list[str]:
    """Return every line that is stored, of whomever."""
    conversations = [(owner, uid) for owner, of in shows.store._histories.items() for uid in of]
    return [line.content for owner, uid in conversations for line in await shows.store.lines(owner, uid)]


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("message", CLASSES, ids=lambda message: message.__name__)
def test_a_message_with_a_bad_field_is_an_error_or_does_nothing(message: type[Any]) -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "Yes.") as shows, shows.tab() as neighbour, shows.tab() as tab:
            untouched = len(neighbour.frames)
            for what, frame, is_refused in cases(message):
                before, stored = len(tab.frames), await written(shows)
                await tab._connection.send(frame)
                await tab.send("heartbeat", request_id=what)
                await tab.until_came("heartbeat-ack", request_id=what)
                errors = [each for each in tab.frames[before:] if each["type"] == "error"]
                codes = {each["code"] for each in errors}
                assert codes <= MAY_BE_TOLD, what
                if is_refused:
                    assert codes & REFUSALS, what
                    assert len(errors) == 1, what
                    assert await written(shows) == stored, what
                else:
                    await tab.send("interrupt-signal")
            assert len(neighbour.frames) == untouched
            await neighbour.type_text("hello")
            await neighbour.until_turns(1)
            assert neighbour.client.bubbles == [("human", "hello"), ("ai", "Yes. ")]

    run_virtual(main())


@pytest.mark.parametrize(
    "image",
    [
        {},
        {"source": "moon", "data": "data:image/jpeg;base64,!!!", "mime_type": "image/jpeg"},
        {"source": "camera", "data": "data:text/html,<script>alert(1)</script>", "mime_type": "text/html"},
        {"source": "screen", "data": "../../../etc/passwd", "mime_type": "image/png"},
        {"source": "camera", "data": "data:image/png;base64," + "A" * 1_000_000, "mime_type": "image/png"},
    ],
    ids=["nothing", "no base64", "a page", "a path", "a megabyte of zeros"],
)
def test_a_picture_that_is_none_costs_nothing(image: Message) -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "Yes.") as shows, shows.tab() as tab:
            await tab.send("text-input", text="look", images=[image])
            await tab.until_turns(1)
            assert (tab.client.toasts, tab.client.bubbles) == ([], [("ai", "Yes. ")])
            assert [each.content for each in shows.llm.prompts[0]][1:] == ["look"]

    run_virtual(main())


def test_a_name_that_is_a_path_or_unknown_is_an_error_and_leads_nowhere(tmp_path: Path) -> None:
    configuration = {"character_config": SCRIPTED, "system_config": {"data_dir": str(tmp_path / "data")}}
    bystander = tmp_path / "x"
    bystander.write_text("mine")

    async def main() -> None:
        async with (
            serving(Settings.model_validate(configuration)) as server,
            Client.connect(server.ws()) as client,
        ):
            await client.until("set-model-and-conf")
            files = names_in(tmp_path)
            for path in PATHS:
                for type_, field in (
                    ("fetch-and-set-history", "history_uid"),
                    ("delete-history", "history_uid"),
                    ("switch-config", "file"),
                ):
                    await client.send(type_, **{field: path})
                    error = (await client.until("error"))[-1]
                    assert (error["code"], error["request_type"]) == ("not-found", type_), path
                    assert str(tmp_path) not in error["message"]
            await client.send("fetch-history-list")
            assert (await client.until("history-list"))[-1]["histories"] == []
            assert names_in(tmp_path) == files
            assert bystander.read_text() == "mine"

    asyncio.run(main())


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def frames(draw: st.DrawFn) -> str:
    """Return a message of a client in which some fields are something else, or missing, or too many."""
    message = dict(EXAMPLES[draw(st.sampled_from(CLASSES))])
    fields = [name for name in message if name != "type"]
    for name in draw(st.lists(st.sampled_from([*fields, "request_id", "text", "audio"]), max_size=3)):
        if draw(st.booleans()):
            message[name] = draw(JSON_VALUES)
        else:
            message.pop(name, None)
    return json.dumps(message)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(frames(), max_size=12))
def test_whatever_the_fields_hold_there_is_no_bug_to_be_told_and_the_next_line_is_answered(
    sent: Sequence[str],
) -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "Yes.", ear=FakeEar("Hello.")) as shows, shows.connected() as end:
            for frame in sent:
                await end.send(frame)
            await asyncio.sleep(600)  # until all that waits is answered
            assert "internal" not in [frame.get("code") for frame in end.waiting()]
            await end.send('{"type": "resume"}')  # what came may have stopped the show
            await end.send('{"type": "text-input", "text": "the last line", "images": []}')
            await asyncio.sleep(60)
            chain = [each for each in kinds(end.waiting()) if each.startswith("conversation-chain")]
            assert chain == ["conversation-chain-start", "conversation-chain-end"]
            assert "the last line" in await written(shows)

    run_virtual(main())


def test_a_thousand_messages_in_a_second_hurt_nobody() -> None:
    flood = [json.dumps(each) for each in EXAMPLES.values() if each["type"] != "client-hello"]

    async def main() -> None:
        async with (
            serving(saying("Yes.")) as server,
            browser_tab(server.ws()) as tab,
            Client.connect(server.ws(), max_queue=None) as vandal,
        ):
            await tab.type_text("hello")
            for number in range(1_000):
                await vandal.connection.send(flood[number % len(flood)])
            await tab.until_turns(1)
            assert (tab.client.toasts, tab.client.lost) == ([], [])
            assert tab.client.bubbles == [("human", "hello"), ("ai", "Yes. ")]
            await vandal.send("heartbeat", request_id="alive")
            seen = await vandal.until("heartbeat-ack", limit_s=30, request_id="alive")
            assert "internal" not in [each.get("code") for each in seen]
            chain = [kind for kind in kinds(seen) if kind.startswith("conversation-chain")]
            follows = [after for before, after in pairwise(chain) if before == "conversation-chain-start"]
            assert set(follows) <= {"conversation-chain-end"}, (
                "one chain at a time; a refusal has an end of its own"
            )

    asyncio.run(main())
