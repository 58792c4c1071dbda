"""What is asked of VTube Studio, second by second, by a clock that the test moves."""

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.vts.api import (
    Answer,
    ListExpressions,
    ListHotkeys,
    MoveMouth,
    PressHotkey,
    Request,
    SwitchExpression,
    decode,
)
from open_llm_vtuber.vts.cues import read
from open_llm_vtuber.vts.driver import PACE, Driver
from open_llm_vtuber.vts.matching import Matching
from open_llm_vtuber.vts.puppet import Puppet

FILES = ("joy.exp3.json", "sadness.exp3.json", "hat.exp3.json")
FIVE_FRAMES = 5 / 60


def answer(kind: str, **data: Any) -> Answer:
    found = decode(json.dumps({"messageType": kind, "requestID": "1", "data": data}))
    assert found is not None
    return found


class Studio:
    """Lets time pass for a driver and answers as VTube Studio would, at once."""

    def __init__(self, expressions: dict[str, str] | None = None) -> None:
        self.now = 100.0
        self.puppet = Puppet()
        self.ours: set[str] = set()
        self.matching = Matching(expressions or {}, {})
        self.driver = self.connected()
        self.log: list[tuple[float, Request]] = []
        self.notes: list[str] = []
        self.model: str | None = "model-1"
        self.active: set[str] = set()
        self.refuse: Callable[[Request], int | None] = lambda _: None

    def connected(self) -> Driver:
        return Driver(self.puppet, self.matching, "MouthOpen", self.ours)

    def hear(self, type_: str, **fields: Any) -> None:
        cue = read(json.dumps({"type": type_, **fields}, separators=(",", ":")))
        assert cue is not None
        self.puppet.hear(cue, self.now)
        self.step()

    def show(self, name: str, fade_ms: int = 250) -> None:
        self.hear("set-expression", expression_id=9, name=name, fade_ms=fade_ms)

    def move(self, group: str, *, loop: bool = False, duration_ms: int = 0) -> None:
        self.hear("motion-command", motion_group=group, motion_index=0, loop=loop, duration_ms=duration_ms)

    def step(self) -> None:
        """Ask for what is due now, and answer it, until nothing is."""
        for _ in range(20):
            asked = self.driver.due(self.now, ())
            for request in asked:
                self.log.append((self.now, request))
                self.driver.heard(request, self._answer(request), self.now)
            self.notes += self.driver.notes()
            if not asked:
                return
        raise AssertionError("it does not stop asking")

    def until(self, end: float) -> None:
        """Sleep as long as the driver says, and no longer, again and again."""
        self.step()
        for _ in range(100_000):
            wake_at = self.driver.wake_at(self.now)
            assert wake_at > self.now, "it would never sleep"
            if wake_at > end:
                self.now = end
                return
            self.now = wake_at
            self.step()
        raise AssertionError("it wakes up all the time")

    def asked(self, kind: type[Request]) -> list[tuple[float, Any]]:
        return [(at, request) for at, request in self.log if isinstance(request, kind)]

    def _answer(self, request: Request) -> Answer:
        if number := self.refuse(request):
            return answer("APIError", errorID=number, message="No.")
        model = {"modelLoaded": self.model is not None, "modelName": "A", "modelID": self.model or ""}
        match request:
            case ListExpressions():
                listed = [{"file": file, "active": file in self.active} for file in FILES]
                return answer("ExpressionStateResponse", **model, expressions=listed if self.model else [])
            case ListHotkeys():
                keys = [
                    {"name": name, "type": "TriggerAnimation", "hotkeyID": name} for name in ("Wave", "Nod")
                ]
                return answer("HotkeysInCurrentModelResponse", **model, availableHotkeys=keys)
            case SwitchExpression(file, on, _):
                (self.active.add if on else self.active.discard)(file)
                return answer("ExpressionActivationResponse")
            case PressHotkey():
                return answer("HotkeyTriggerResponse", hotkeyID=request.hotkey_id)
            case _:
                return answer("InjectParameterDataResponse")


@pytest.fixture
def studio() -> Studio:
    found = Studio()
    found.hear("set-model-and-conf", model_info={"emotionMap": {"neutral": 0, "joy": 1}})
    found.log.clear()
    return found


def switches(studio: Studio) -> list[tuple[str, bool]]:
    return [(request.file.split(".")[0], request.on) for _, request in studio.asked(SwitchExpression)]


def test_it_looks_at_the_model_every_five_seconds(studio: Studio) -> None:
    studio.until(111.0)
    assert [at for at, _ in studio.asked(ListExpressions)] == [105.0, 110.0]
    assert [at for at, _ in studio.asked(ListHotkeys)] == [105.0, 110.0]


def test_a_face_is_turned_off_before_the_next_one_is_turned_on(studio: Studio) -> None:
    studio.show("joy", 500)
    studio.until(101.0)
    studio.show("sadness", 1_000)
    assert switches(studio) == [("joy", True), ("joy", False), ("sadness", True)]
    assert [request.fade for _, request in studio.asked(SwitchExpression)] == [0.5, 1.0, 1.0]


def test_the_same_face_again_is_no_news(studio: Studio) -> None:
    studio.show("joy")
    studio.until(101.0)
    studio.show("joy")
    studio.until(130.0)
    assert switches(studio) == [("joy", True)]


def test_of_many_faces_in_a_moment_the_last_one_counts(studio: Studio) -> None:
    for number in range(101):
        studio.show("sadness" if number % 2 else "joy")
    studio.until(101.0)
    assert len(studio.asked(SwitchExpression)) <= 3
    assert studio.active == {"joy.exp3.json"}


def test_an_expression_that_somebody_turned_off_by_hand_comes_back(studio: Studio) -> None:
    studio.show("joy")
    studio.until(103.0)
    studio.active.clear()
    studio.until(106.0)
    assert studio.active == {"joy.exp3.json"}


def test_what_the_streamer_turned_on_stays_on(studio: Studio) -> None:
    studio.active.add("hat.exp3.json")
    studio.show("joy")
    studio.until(110.0)
    studio.show("neutral")
    studio.until(120.0)
    assert studio.active == {"hat.exp3.json"}


def test_on_a_new_connection_only_what_is_ours_is_turned_off() -> None:
    studio = Studio({"fear": "sadness"})
    studio.ours.add("joy.exp3.json")
    studio.active |= set(FILES)
    studio.until(101.0)
    assert studio.active == {"hat.exp3.json"}


def test_what_is_on_already_is_not_turned_on_again() -> None:
    studio = Studio()
    studio.ours.add("joy.exp3.json")
    studio.active.add("joy.exp3.json")
    studio.show("joy")
    studio.until(101.0)
    assert switches(studio) == []


def test_at_the_end_our_face_is_taken_off(studio: Studio) -> None:
    assert studio.driver.farewell() == []
    studio.show("joy")
    assert studio.driver.farewell() == [SwitchExpression("joy.exp3.json", on=False, fade=0.25)]


def test_another_model_gets_the_face_again(studio: Studio) -> None:
    studio.show("joy")
    studio.model = None
    studio.active.clear()
    studio.until(106.0)
    assert studio.active == set()
    studio.model = "model-2"
    studio.until(111.0)
    assert studio.active == {"joy.exp3.json"}


@pytest.mark.parametrize("number", [652, 201])
def test_a_model_that_is_not_loaded_is_looked_for_again_soon_and_not_all_the_time(
    studio: Studio, number: int
) -> None:
    studio.refuse = lambda request: number if isinstance(request, SwitchExpression | PressHotkey) else None
    studio.show("joy")
    studio.move("Wave", loop=True, duration_ms=100)
    studio.until(110.0)
    assert 5 < len(studio.asked(ListExpressions)) < 30
    studio.refuse = lambda _: None
    studio.until(111.0)
    assert studio.active == {"joy.exp3.json"}
    assert studio.asked(PressHotkey)[-1][0] > 110.0


def test_a_file_that_is_gone_is_said_once_and_costs_nothing(studio: Studio) -> None:
    studio.refuse = lambda request: 651 if isinstance(request, SwitchExpression) else None
    studio.show("joy")
    studio.until(120.0)
    assert len(studio.asked(SwitchExpression)) <= 5
    assert len(set(studio.notes)) <= 2


def presses(studio: Studio) -> list[float]:
    return [round(at, 3) for at, _ in studio.asked(PressHotkey)]


def test_a_gesture_is_pressed_once(studio: Studio) -> None:
    studio.move("Wave")
    studio.until(130.0)
    assert presses(studio) == [100.0]


def test_gestures_come_no_faster_than_vtube_studio_takes_them(studio: Studio) -> None:
    for number in range(200):
        studio.move("Wave" if number % 2 else "Nod")
        studio.until(studio.now + 0.01)
    studio.until(110.0)
    assert all(second - first > FIVE_FRAMES for first, second in pairwise(presses(studio)))
    assert studio.asked(PressHotkey)[-1][1] == PressHotkey("Wave"), "the last one is made"


def test_while_one_is_unanswered_none_is_pressed(studio: Studio) -> None:
    studio.puppet.hear(read('{"type":"motion-command","motion_group":"Nod","motion_index":0}'), 100.0)  # type: ignore[arg-type]
    assert studio.driver.due(100.0, [PressHotkey("Wave")]) == []
    assert studio.driver.due(100.1, []) == [PressHotkey("Nod")]


def test_a_loop_is_pressed_once_a_round_until_it_is_stopped(studio: Studio) -> None:
    studio.move("Wave", loop=True, duration_ms=2_000)
    studio.until(107.0)
    studio.hear("motion-stop")
    studio.until(120.0)
    assert presses(studio) == [100.0, 102.0, 104.0, 106.0]


def test_a_loop_of_no_length_to_speak_of_still_keeps_the_gap(studio: Studio) -> None:
    studio.move("Wave", loop=True, duration_ms=1)
    studio.until(102.0)
    assert all(second - first >= PACE.hotkey_gap - 0.001 for first, second in pairwise(presses(studio)))


@pytest.mark.parametrize("number", [200, 203])
def test_a_busy_hotkey_is_tried_again_a_few_times(studio: Studio, number: int) -> None:
    studio.refuse = lambda request: number if isinstance(request, PressHotkey) else None
    studio.move("Wave")
    studio.until(120.0)
    assert presses(studio) == [100.0, 100.5, 101.0]
    assert studio.notes == []


def test_a_gesture_that_was_busy_once_is_not_made_twice(studio: Studio) -> None:
    left = [203]
    studio.refuse = lambda request: left.pop() if left and isinstance(request, PressHotkey) else None
    studio.move("Wave")
    studio.until(120.0)
    assert presses(studio) == [100.0, 100.5]


def test_a_gesture_that_comes_while_no_model_is_there_is_not_made_much_later() -> None:
    studio = Studio()
    studio.model = None
    studio.move("Wave")
    studio.until(104.0)
    studio.model = "model-1"
    studio.until(130.0)
    assert presses(studio) == []


def test_an_unknown_gesture_is_said_and_the_idle_one_is_not(studio: Studio) -> None:
    studio.move("Dance")
    studio.until(101.0)
    studio.move("Idle", loop=True, duration_ms=1_000)
    studio.until(110.0)
    assert studio.notes == ["VTube Studio's model A lacks: hotkey Dance/0."]


def speak(studio: Studio, volumes: list[float]) -> None:
    studio.hear("audio", audio="UklGRg==", volumes=volumes, slice_length=20)


def mouth(studio: Studio) -> list[tuple[float, float]]:
    return [(at, request.value) for at, request in studio.asked(MoveMouth)]


def test_the_mouth_moves_thirty_times_a_second_at_most_and_is_never_lost_while_it_is_ours(
    studio: Studio,
) -> None:
    speak(studio, [number % 10 / 10 for number in range(500)] + [0.3] * 250)
    studio.until(130.0)
    moved = mouth(studio)
    gaps = [second[0] - first[0] for first, second in pairwise(moved)]
    assert min(gaps) > 0.03
    assert max(gaps) < 1.0
    assert moved[-1][1] == 0.0
    assert 115.0 < moved[-1][0] < 116.1
    assert len(moved) > 250


def test_no_gap_between_two_sentences_lets_the_mouth_go(studio: Studio) -> None:
    speak(studio, [0.5] * 50)
    studio.until(101.8)
    speak(studio, [0.5] * 50)
    studio.until(103.0)
    assert max(second[0] - first[0] for first, second in pairwise(mouth(studio))) < 1.0


def test_an_interrupt_closes_the_mouth_at_once(studio: Studio) -> None:
    speak(studio, [1.0] * 500)
    studio.until(102.0)
    studio.hear("interrupt-signal", text="conversation-interrupted")
    studio.until(102.1)
    assert mouth(studio)[-1][1] == 0.0


def test_an_unknown_parameter_is_said_once_and_left_alone(studio: Studio) -> None:
    studio.refuse = lambda request: 453 if isinstance(request, MoveMouth) else None
    speak(studio, [0.5, 1.0] * 250)
    studio.until(120.0)
    assert len(mouth(studio)) == 1
    assert len(studio.notes) == 1


def test_a_parameter_of_another_plugin_is_tried_again_after_a_while(studio: Studio) -> None:
    studio.refuse = lambda request: 454 if isinstance(request, MoveMouth) else None
    speak(studio, [0.5, 1.0] * 300)
    studio.until(120.0)
    assert [round(at - 100.0) for at, _ in mouth(studio)] == [0, 5, 10]


def test_a_slow_vtube_studio_keeps_room_for_the_face(studio: Studio) -> None:
    speak(studio, [0.5, 1.0] * 250)
    waiting = [MoveMouth("MouthOpen", 1.0)] * PACE.most_unanswered_mouth
    studio.puppet.hear(
        read('{"type":"set-expression","expression_id":1,"name":"joy"}'),  # type: ignore[arg-type]
        studio.now,
    )
    asked = studio.driver.due(100.1, waiting)
    assert [type(request) for request in asked] == [SwitchExpression]
    assert studio.driver.due(100.3, waiting * 4) == [], "more is not piled up"


CUES = st.one_of(
    st.tuples(st.just("show"), st.sampled_from(["joy", "sadness", "hat", "neutral", "odd"])),
    st.tuples(st.just("move"), st.sampled_from(["Wave", "Nod", "Dance", "Idle"])),
    st.tuples(st.just("loop"), st.sampled_from(["Wave", "Nod"])),
    st.tuples(st.just("speak"), st.just("")),
    st.tuples(st.just("cut"), st.just("")),
    st.tuples(st.just("unload"), st.just("")),
    st.tuples(st.just("load"), st.sampled_from(["model-1", "model-2"])),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CUES, st.floats(0, 3)), max_size=30))
def test_whatever_happens_the_limits_hold_and_the_last_face_is_what_is_seen(
    script: list[tuple[tuple[str, str], float]],
) -> None:
    studio, shown = Studio(), "neutral"
    for (what, name), pause in script:
        match what:
            case "show":
                studio.show(name)
                shown = name
            case "move":
                studio.move(name)
            case "loop":
                studio.move(name, loop=True, duration_ms=700)
            case "speak":
                speak(studio, [0.2, 0.9] * 40)
            case "cut":
                studio.hear("interrupt-signal", text="conversation-interrupted")
            case "unload":
                studio.model = None
                studio.active.clear()
            case _:
                studio.model = name
                studio.active.clear()
        studio.until(studio.now + pause)
        assert len(studio.active) <= 1
    studio.model = studio.model or "model-1"
    studio.until(studio.now + 6)
    assert studio.active == ({f"{shown}.exp3.json"} & set(FILES))
    assert all(b - a > FIVE_FRAMES for (a, _), (b, _) in pairwise(studio.asked(PressHotkey)))
