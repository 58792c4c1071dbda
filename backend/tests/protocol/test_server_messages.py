"""What the server's messages leave out and what they refuse."""

import pytest
from pydantic import ValidationError

from open_llm_vtuber.protocol.codec import encode
from open_llm_vtuber.protocol.parts import HistorySummary
from open_llm_vtuber.protocol.server_messages import (
    Control,
    Error,
    HeartbeatAck,
    HistoryList,
)


def test_an_answer_carries_request_id_and_request_type_only_where_they_are_known() -> None:
    assert "request" not in encode(Error(message="No.", code="internal"))
    assert '"request_id":"r"' in encode(HeartbeatAck(request_id="r"))
    assert '"request_type":"text-input"' in encode(
        Error(message="No.", code="internal", request_type="text-input")
    )


def test_leaving_out_the_request_leaves_other_nulls_in() -> None:
    empty = HistoryList(histories=(HistorySummary(uid="h", latest_message=None, timestamp=None),))
    assert '"latest_message":null,"timestamp":null' in encode(empty)


def test_a_misspelt_field_or_an_unknown_word_cannot_go_out() -> None:
    with pytest.raises(ValidationError):
        Control.model_validate({"text": "conversation-chain-start", "txt": 1})
    with pytest.raises(ValidationError):
        Control.model_validate({"text": "conversation-chain-begin"})
    with pytest.raises(ValidationError):
        Error.model_validate({"message": "No.", "code": "no-such-code"})
