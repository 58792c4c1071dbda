"""The invented chat that comes with the project holds what it promises."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from open_llm_vtuber.chat.selection import Selection, unanswerable
from open_llm_vtuber.stimulus import ChatMessage, ChatRemoval
from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.messages import read_line

EXAMPLE = Path(__file__).parents[3] / "examples" / "chat.irc"


def test_the_example_has_something_of_everything() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    parsed = [line for text in lines if (line := parse_line(text)) is not None]
    events = [event for line in parsed if (event := read_line(line, datetime.now(UTC))) is not None]
    assert len(lines) == len(events) == 200
    messages = [event for event in events if isinstance(event, ChatMessage)]
    removals = [event for event in events if isinstance(event, ChatRemoval)]
    assert len({message.id for message in messages}) == len(messages)
    assert len({message.username for message in messages}) == 60
    assert {message.channel for message in messages} == {"examplechannel"}
    assert (messages[-1].timestamp - messages[0].timestamp).total_seconds() == pytest.approx(360, abs=1)
    assert [removal.message_id is None for removal in removals] == [True, False]
    assert sum(Selection(["Mika"], "examplechannel").addressed(message) for message in messages) > 25
    assert {unanswerable(message) for message in messages} == {None, "command", "emote-only"}
    assert any(message.is_action for message in messages)
    assert any("\U000e0000" in message.text for message in messages)
    assert any(not message.display_name.isascii() for message in messages)
