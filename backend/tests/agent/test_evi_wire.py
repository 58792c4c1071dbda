"""Any frame is a message of EVI's, one that is not used, or a fault that is said."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.agent.evi_wire import (
    AssistantMessage,
    AudioOutput,
    Context,
    SessionSettings,
    ToolError,
    UserInput,
    read,
    written,
)


def test_a_message_is_read_with_what_is_used_of_it() -> None:
    message = read(
        json.dumps(
            {
                "type": "assistant_message",
                "id": "m1",
                "from_text": False,
                "message": {"role": "assistant", "content": "Hi."},
                "models": {"prosody": {"scores": {"Joy": 0.5}}},
                "a new field": 1,
            }
        )
    )
    assert isinstance(message, AssistantMessage)
    assert (message.id, message.message.content, message.models.scores) == ("m1", "Hi.", {"Joy": 0.5})


def test_what_nobody_measured_has_no_scores() -> None:
    message = read('{"type": "assistant_message", "id": null, "message": {}, "models": {"prosody": null}}')
    assert isinstance(message, AssistantMessage)
    assert not message.models.scores


def test_a_kind_that_is_not_used_is_nothing() -> None:
    assert read('{"type": "tool_response", "content": "x"}') is None
    assert read('{"type": "from the future"}') is None


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "<html>",
        "[1]",
        "{}",
        '{"type": 5}',
        b"\xff\xfe{}",
        "[" * 100_000,
        '{"type": "audio_output", "id": 5, "data": "x"}',
        '{"type": "audio_output", "id": "m", "index": -1, "data": "x"}',
        '{"type": "audio_output", "id": "m", "index": 1e9, "data": "x"}',
        '{"type": "assistant_message", "models": {"prosody": {"scores": {"Joy": NaN}}}}',
    ],
)
def test_what_is_no_message_is_a_value_error(frame: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whoever reads says one sentence for all
        read(frame)


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.text() | st.binary() | st.builds(json.dumps, st.dictionaries(st.just("type") | st.text(), st.text()))
)
def test_any_frame_is_a_message_or_a_value_error(frame: str | bytes) -> None:
    with suppress(ValueError):
        read(frame)


def test_sound_without_a_number_is_the_first_piece() -> None:
    message = read('{"type": "audio_output", "id": "m", "data": "x"}')
    assert isinstance(message, AudioOutput)
    assert message.index == 0


def test_what_is_sent_has_the_names_of_the_wire() -> None:
    assert json.loads(written(UserInput(text='a "b"'))) == {"type": "user_input", "text": 'a "b"'}
    assert json.loads(written(SessionSettings(system_prompt="You."))) == {
        "type": "session_settings",
        "system_prompt": "You.",
    }
    told = SessionSettings(system_prompt="You.", context=Context(text="before"))
    assert json.loads(written(told))["context"] == {"type": "persistent", "text": "before"}
    assert json.loads(written(ToolError(tool_call_id="t")))["tool_call_id"] == "t"
