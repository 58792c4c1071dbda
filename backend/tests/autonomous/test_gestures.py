"""Actions without words."""

import pytest

from fake_floor import FakeFloor
from open_llm_vtuber.autonomous.gestures import act
from open_llm_vtuber.autonomous.personality import MoodSettings, Personality, Traits
from open_llm_vtuber.autonomous.triggers import Action
from open_llm_vtuber.errors import ProtocolError


def acted(action: dict[str, object], floor: FakeFloor) -> tuple[str, str]:
    return act(
        Action.model_validate(action),
        floor,
        facts={"mood": "joy", "username": "Ana"},
        personality=Personality(Traits(), MoodSettings(), 0.0),
        now=0.0,
        chance=0.0,
    )


@pytest.mark.parametrize(("wanted", "shown"), [("joy", 1), ("{mood}", 1), ("Glasses", "Glasses"), (3, 3)])
def test_a_face_is_an_emotion_a_name_an_index_or_the_mood(wanted: object, shown: object) -> None:
    floor = FakeFloor()
    assert acted({"expression": wanted}, floor)[0] == "shown"
    assert floor.own_body.shown == [shown]


def test_a_mood_without_a_face_is_no_fault() -> None:
    floor = FakeFloor()
    floor.faces = {}
    assert acted({"expression": "{mood}"}, floor) == ("dropped", "no face for joy")


def test_a_gesture_is_named_or_chosen() -> None:
    floor = FakeFloor()
    assert acted({"motion": ["Idle", 1]}, floor) == ("moved", "Idle 1")
    assert acted({"motion": "any"}, floor) == ("moved", "Wave 0")
    floor.motions = {}
    assert acted({"motion": "any"}, floor) == ("dropped", "no motions")


def test_a_cue_sheet_is_played_with_what_is_known() -> None:
    floor = FakeFloor()
    assert acted({"cue_sheet": "welcome"}, floor) == ("played", "welcome")
    assert floor.played == [("welcome", {"mood": "joy", "username": "Ana"})]
    with pytest.raises(ProtocolError):
        acted({"cue_sheet": "missing"}, floor)


def test_a_show_without_a_body_loses_nothing_else() -> None:
    floor = FakeFloor()
    floor.body = None
    assert acted({"motion": "any"}, floor) == ("dropped", "no body")
    assert acted({"expression": "joy"}, floor) == ("dropped", "no body")
