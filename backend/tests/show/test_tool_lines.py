"""What clients are told of tools."""

from datetime import datetime

from open_llm_vtuber.protocol.codec import encode
from open_llm_vtuber.protocol.server_messages import ToolCallStatus
from open_llm_vtuber.show.tool_lines import ToolLines
from open_llm_vtuber.tool_use import ToolUse

RUNNING = ToolUse(id="u1", name="clock", status="running", content="{}")
DONE = ToolUse(id="u1", name="clock", status="completed", content="noon")


def shown(*uses: ToolUse) -> list[ToolCallStatus]:
    published: list[ToolCallStatus] = []
    lines = ToolLines("Mika", published.append)
    for use in uses:
        lines.show(use)
    lines.end()
    lines.end()
    return published


def test_each_step_of_a_use_is_told_under_its_id_and_the_characters_name() -> None:
    told = shown(RUNNING, DONE)
    assert [(each.tool_id, each.tool_name, each.status, each.content, each.name) for each in told] == [
        ("u1", "clock", "running", "{}", "Mika"),
        ("u1", "clock", "completed", "noon", "Mika"),
    ]


def test_times_are_such_as_every_client_can_read() -> None:
    [when, _] = [each.timestamp for each in shown(RUNNING, DONE)]
    assert datetime.fromisoformat(when).utcoffset() is not None
    assert when.endswith("+00:00")
    assert "Z" not in when, "an offset and a Z together are no time in JavaScript"


def test_what_was_not_finished_is_told_to_be_over_once() -> None:
    assert [(each.tool_id, each.status) for each in shown(RUNNING)] == [("u1", "running"), ("u1", "error")]


def test_text_that_would_break_a_message_is_made_harmless() -> None:
    [told] = shown(ToolUse(id="u", name="a\ud800", status="completed", content="b\udfff"))
    assert encode(told)
