"""The face: for now the latest wins."""

from fakes import model
from open_llm_vtuber.protocol.live_server_messages import SetExpression
from open_llm_vtuber.protocol.parts import Expression
from open_llm_vtuber.show.body import Body


def body_of(told: list[SetExpression]) -> Body:
    return Body(model(), told.append)


def test_an_emotion_becomes_the_index_of_its_expression() -> None:
    body = body_of([])
    assert body.express("joy") == 1
    assert body.expression == Expression(expression_id=1, name="joy")


def test_the_latest_wins() -> None:
    body = body_of([])
    body.express("joy")
    body.express("sadness")
    assert body.expression.name == "sadness"


def test_an_emotion_that_the_avatar_does_not_know_changes_nothing() -> None:
    body = body_of([])
    body.express("joy")
    assert body.express("boredom") is None
    assert body.expression.name == "joy"


def test_resting_is_told_once() -> None:
    told: list[SetExpression] = []
    body = body_of(told)
    body.express("joy")
    body.rest()
    body.rest()
    assert [(cue.expression_id, cue.name) for cue in told] == [(0, "neutral")]
