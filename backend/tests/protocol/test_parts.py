"""What the objects inside messages look like where their classes do not say it."""

from open_llm_vtuber.protocol.parts import MotionResult


def result(**fields: object) -> dict[str, object]:
    given = {
        "status": "queued",
        "claim_id": "c",
        "priority": 10,
        "owner": "me",
        "delivered": 1,
        "motion_group": "Wave",
        "motion_index": 0,
        "loop": False,
        "duration_ms": 1,
        **fields,
    }
    return MotionResult.model_validate(given).model_dump()


def test_a_result_gives_a_reason_where_there_is_one() -> None:
    assert result(reason="waiting")["reason"] == "waiting"
    assert "reason" not in result(status="success")


def test_a_claim_that_was_refused_has_no_id_and_says_so() -> None:
    assert result(status="rejected", claim_id=None, reason="too-many")["claim_id"] is None
