"""Decisions say of which message, what and why."""

from open_llm_vtuber.chat.decisions import Decision, pending, skipped


def test_a_message_that_waits_needs_no_reason() -> None:
    assert pending("m1") == Decision(message_id="m1", outcome="pending", reason="", score=None)


def test_a_skipped_message_has_one() -> None:
    assert skipped("m1", "stale") == Decision(message_id="m1", outcome="skipped", reason="stale", score=None)
