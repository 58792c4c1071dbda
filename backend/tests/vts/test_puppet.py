"""What the show wants to be seen."""

import json
from typing import Any

import pytest

from open_llm_vtuber.vts.cues import read
from open_llm_vtuber.vts.puppet import MOUTH_STAYS, Look, Puppet

MODEL = {"name": "m", "url": "/m", "emotionMap": {"neutral": 0, "joy": 1, "smirk": 1, "fear": "scared"}}


def hear(puppet: Puppet, type_: str, now: float = 0.0, **fields: Any) -> None:
    cue = read(json.dumps({"type": type_, **fields}, separators=(",", ":")))
    assert cue is not None
    puppet.hear(cue, now)


@pytest.fixture
def puppet() -> Puppet:
    found = Puppet()
    hear(found, "set-model-and-conf", model_info=MODEL)
    state = {"abilities": {"expressions": ["calm", "f02", "scared"]}}
    hear(found, "snapshot", state=state, expression={"expression_id": 0, "name": "calm"}, motion=None)
    return found


def test_before_anything_is_heard_nothing_is_wanted() -> None:
    puppet = Puppet()
    assert (puppet.look.names, puppet.gesture, puppet.mouth(0.0)) == ((), None, None)


def test_a_face_has_its_own_name_and_those_of_its_emotions(puppet: Puppet) -> None:
    looks = [puppet.look]
    for index, name in ((1, "f02"), (2, "scared")):
        hear(puppet, "set-expression", expression_id=index, name=name, fade_ms=700)
        looks.append(puppet.look)
    assert looks == [
        Look(("calm", "neutral"), 0.25, is_at_rest=True),
        Look(("f02", "joy", "smirk"), 0.7, is_at_rest=False),
        Look(("scared", "fear"), 0.7, is_at_rest=False),
    ]


@pytest.mark.parametrize(("fade_ms", "fade"), [(0, 0.0), (-5, 0.0), (2_000, 2.0), (90_000, 2.0)])
def test_a_fade_stays_within_what_vtube_studio_can(puppet: Puppet, fade_ms: int, fade: float) -> None:
    hear(puppet, "set-expression", expression_id=1, name="f02", fade_ms=fade_ms)
    assert puppet.look.fade == fade


def test_the_faces_that_a_model_has_words_for_are_known_but_for_the_one_at_rest(puppet: Puppet) -> None:
    assert puppet.emotions == (("f02", "joy", "smirk"), ("scared", "fear"))


def test_a_model_without_words_has_no_such_faces(puppet: Puppet) -> None:
    hear(puppet, "set-model-and-conf", model_info={**MODEL, "emotionMap": {"": 3}, "defaultEmotion": 1})
    assert puppet.emotions == ()


def test_another_model_has_other_names(puppet: Puppet) -> None:
    hear(puppet, "set-model-and-conf", model_info={"emotionMap": {"joy": 2}})
    assert puppet.emotions == (("joy",),)


def test_each_gesture_is_one_of_its_own_until_it_is_stopped(puppet: Puppet) -> None:
    wave = {"motion_group": "Wave", "motion_index": 1, "duration_ms": 1_500}
    hear(puppet, "motion-command", 5.0, **wave, loop=False)
    first = puppet.gesture
    assert first is not None
    assert (first.name, first.repeats_after, first.since) == ("Wave/1", None, 5.0)
    hear(puppet, "motion-command", 6.0, **wave, loop=True)
    second = puppet.gesture
    assert second is not None
    assert second.number != first.number
    assert second.repeats_after == 1.5
    hear(puppet, "motion-stop", 7.0)
    assert puppet.gesture is None


def test_a_loop_of_unknown_length_is_made_once(puppet: Puppet) -> None:
    hear(puppet, "motion-command", motion_group="Wave", motion_index=0, loop=True)
    assert puppet.gesture is not None
    assert puppet.gesture.repeats_after is None


def test_one_that_joins_takes_up_a_loop_and_no_gesture_that_is_half_over() -> None:
    for loop in (False, True):
        puppet = Puppet()
        motion = {"motion_group": "Wave", "motion_index": 0, "loop": loop, "duration_ms": 900}
        hear(puppet, "snapshot", expression={"expression_id": 0, "name": "calm"}, motion=motion)
        assert (puppet.gesture is not None) is loop


def speak(puppet: Puppet, slices: int, now: float, audio: str | None = "UklGRg==") -> None:
    hear(puppet, "audio", now, audio=audio, volumes=[0.8] * slices, slice_length=20)


def test_the_mouth_is_ours_while_she_speaks_and_a_moment_longer(puppet: Puppet) -> None:
    speak(puppet, 50, 10.0)
    assert [puppet.mouth(at) for at in (10.0, 10.9, 11.1)] == [0.8, 0.8, 0.0]
    assert puppet.mouth(11.0 + MOUTH_STAYS - 0.01) == 0.0
    assert puppet.mouth(11.0 + MOUTH_STAYS + 0.01) is None


def test_a_sentence_without_sound_leaves_the_mouth_alone(puppet: Puppet) -> None:
    speak(puppet, 50, 10.0, audio=None)
    assert puppet.mouth(10.5) is None


@pytest.mark.parametrize(
    ("type_", "text", "opening"),
    [
        ("interrupt-signal", "conversation-interrupted", 0.0),
        ("control", "conversation-chain-end", 0.0),
        ("control", "conversation-chain-start", 0.8),
    ],
)
def test_an_interrupt_and_the_end_of_the_chain_close_it(
    puppet: Puppet, type_: str, text: str, opening: float
) -> None:
    speak(puppet, 500, 10.0)
    hear(puppet, type_, 12.0, text=text)
    assert puppet.mouth(12.1) == opening
