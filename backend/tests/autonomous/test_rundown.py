"""The plan of a show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from open_llm_vtuber.autonomous.rundown import Rundown, ShowPlan


def plan(*segments: dict[str, object]) -> ShowPlan:
    return ShowPlan(Rundown.model_validate({"segments": segments}))


THREE = (
    {"name": "hello", "minutes": 5, "opening": "Open."},
    {"name": "games", "minutes": 10, "opening": "Play.", "closing": "Stop playing."},
    {"name": "bye", "minutes": 5, "opening": "Say bye.", "closing": "The end."},
)


def tasks(show: ShowPlan, now: float) -> list[str]:
    return [step.task for step in show.advance(now)]


def test_segments_follow_each_other_with_closing_and_opening() -> None:
    show = plan(*THREE)
    assert [step.task for step in show.start(0)] == ["Open."]
    assert tasks(show, 299) == []
    assert tasks(show, 300) == ["Play."]
    assert tasks(show, 900) == ["Stop playing.", "Say bye."]
    assert tasks(show, 1200) == ["The end."]
    assert not show.is_running


def test_what_was_slept_through_is_not_made_up_for() -> None:
    show = plan(*THREE)
    show.start(0)
    assert tasks(show, 1000) == ["Stop playing.", "Say bye."]
    assert show.ends == 1200, "the plan keeps its times"


def test_skip_back_and_extend() -> None:
    show = plan(*THREE)
    show.start(0)
    assert [step.task for step in show.skip(60)] == ["Play."]
    assert show.ends == 660
    show.extend(120)
    assert show.ends == 780
    assert [step.task for step in show.back(100)] == ["Open."]
    assert (show.index, show.ends) == (0, 400)
    assert [step.task for step in show.back(110)] == ["Open."], "the first one begins anew"
    show.stop()
    assert (show.skip(120), show.back(120), show.segment) == ([], [], None)


@given(
    st.lists(st.floats(0.1, 30), min_size=1, max_size=6),
    st.lists(
        st.tuples(st.sampled_from(["skip", "back", "extend", "wait", "start"]), st.floats(-300, 3_000)),
        max_size=20,
    ),
)
def test_whatever_an_operator_does_the_plan_stays_in_its_segments(
    minutes: list[float], moves: list[tuple[str, float]]
) -> None:
    show, now = plan(*({"name": str(i), "minutes": each} for i, each in enumerate(minutes))), 0.0
    show.start(now)
    for move, seconds in moves:
        now += max(0.0, seconds)
        match move:
            case "skip":
                show.skip(now)
            case "back":
                show.back(now)
            case "extend":
                show.extend(seconds)
            case "start":
                show.start(now)
            case _:
                pass
        show.advance(now)
        assert show.index is None or 0 <= show.index < len(minutes)
        assert show.ends is None or show.ends > now


@pytest.mark.parametrize(
    "given_plan",
    [
        {"segments": []},
        {"segments": [{"name": "a", "minutes": 0}]},
        {"segments": [{"name": "a", "minutes": -5}]},
        {"segments": [{"name": "a", "minutes": 5, "opening": "{secret}"}]},
        {"segments": [{"name": "a", "minutes": 5, "lenght": 3}]},
    ],
)
def test_a_faulty_plan_is_refused(given_plan: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rundown.model_validate(given_plan)
