"""What a client leaves open in a request for a face or a gesture, filled in."""

import pytest

from open_llm_vtuber.body_door import body_command
from open_llm_vtuber.protocol.body_messages import (
    ExpressionCommand,
    ExpressionRelease,
    MotionCommand,
    MotionRelease,
)
from open_llm_vtuber.show.commands import ClaimExpression, ClaimMotion, ReleaseClaim
from open_llm_vtuber.stimulus import ExpressionRequest, MotionRequest, Priority
from open_llm_vtuber.units import Milliseconds


def test_a_face_is_an_operators_until_released_and_comes_in_a_quarter_of_a_second() -> None:
    assert body_command(ExpressionCommand(expression_id="joy"), "u1") == ClaimExpression(
        "u1",
        ExpressionRequest(
            expression="joy",
            owner="u1",
            priority=Priority(10),
            duration=Milliseconds(0),
            fade=Milliseconds(250),
        ),
    )


def test_an_explicit_zero_is_zero_and_an_owner_is_who_is_named() -> None:
    message = MotionCommand(motion_group="Wave", motion_index=0, priority=0, owner="desk", loop=True)
    assert body_command(message, "u1") == ClaimMotion(
        "u1", MotionRequest(group="Wave", index=0, owner="desk", priority=Priority(0), loop=True)
    )


@pytest.mark.parametrize(
    ("asked", "fade"),
    [
        ({"transition": "instant"}, 0),
        ({"transition": "smooth"}, 250),
        ({"transition": "ease-in-out"}, 500),
        ({"transition": "instant", "fade_ms": 2000}, 2000),
        ({"fade_ms": 0}, 0),
    ],
)
def test_a_transition_is_another_word_for_a_fade(asked: dict[str, object], fade: int) -> None:
    command = body_command(ExpressionCommand.model_validate({"expression_id": 1, **asked}), "u1")
    assert isinstance(command, ClaimExpression)
    assert command.request.fade == fade


def test_a_release_names_a_claim_or_an_owner_or_means_ones_own() -> None:
    assert body_command(ExpressionRelease(claim_id="c1"), "u1") == ReleaseClaim("u1", "expression", "c1")
    assert body_command(MotionRelease(owner="desk"), "u1") == ReleaseClaim("u1", "motion", None, "desk")
