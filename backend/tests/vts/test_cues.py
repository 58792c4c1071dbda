"""What the output reads of a show's frames: those that the server really sends."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.codec import encode
from open_llm_vtuber.protocol.parts import DisplayText
from open_llm_vtuber.protocol.server_messages import (
    Control,
    FullText,
    InterruptSignalCue,
    SetModelAndConf,
)
from open_llm_vtuber.vts.cues import (
    Chain,
    FaceSet,
    Joined,
    ModelChosen,
    Motion,
    MotionBegins,
    MotionEnds,
    Sentence,
    SpeechCut,
    read,
)


def with_tail(frame: str) -> str:
    """Return a frame as a client that said hello gets it."""
    return f'{frame[:-1]},"seq":7,"turn_id":"t","index":0}}'


def test_a_sentence_is_read_with_its_loudness() -> None:
    shown = DisplayText(text="Hi. ", name="Mika", avatar="")
    sent = Audio(audio="UklGRg==", volumes=(0.1, 1.0), slice_length=20, display_text=shown, actions=None)
    for frame in (encode(sent), with_tail(encode(sent))):
        cue = read(frame)
        assert isinstance(cue, Sentence)
        assert (cue.volumes, cue.slice_length, cue.audio) == ((0.1, 1.0), 20, "UklGRg==")
        assert cue.display_text is not None
        assert cue.display_text.text == "Hi. "


def test_interrupts_chains_and_models_are_read() -> None:
    assert isinstance(read(with_tail(encode(InterruptSignalCue()))), SpeechCut)
    chain = read(with_tail(encode(Control(text="conversation-chain-end"))))
    assert isinstance(chain, Chain)
    assert chain.text == "conversation-chain-end"
    info = {"name": "m", "url": "/m", "emotionMap": {"joy": 3}, "defaultEmotion": "calm"}
    model = read(encode(SetModelAndConf(model_info=info, conf_name="M", conf_uid="m", client_uid="c")))
    assert isinstance(model, ModelChosen)
    assert (model.model_info.emotions, model.model_info.resting) == ({"joy": 3}, "calm")


def frame(type_: str, **fields: object) -> str:
    return with_tail(json.dumps({"type": type_, **fields}, separators=(",", ":")))


def test_faces_and_gestures_are_read() -> None:
    face = read(frame("set-expression", expression_id=1, name="joy", fade_ms=500, owner="x", priority=10))
    assert face == FaceSet(type="set-expression", expression_id=1, name="joy", fade_ms=500)
    motion = {"motion_group": "Wave", "motion_index": 0, "loop": True, "priority": 4, "duration_ms": 900}
    begins = read(frame("motion-command", **motion))
    assert isinstance(begins, MotionBegins)
    assert (begins.motion_group, begins.loop, begins.duration_ms) == ("Wave", True, 900)
    assert isinstance(read(frame("motion-stop")), MotionEnds)
    state = {"abilities": {"expressions": ["neutral", "joy"], "emotions": {}, "motions": {}}, "queue": 0}
    joined = read(
        frame("snapshot", state=state, expression={"expression_id": 1, "name": "joy"}, motion=motion, chat=[])
    )
    assert isinstance(joined, Joined)
    assert joined.motion == Motion(motion_group="Wave", motion_index=0, loop=True, duration_ms=900)
    assert joined.state.abilities.expressions == ("neutral", "joy")


@pytest.mark.parametrize(
    "text",
    [
        encode(FullText(text='{"type":"audio"}')),
        frame("set-expression", expression_id="many"),
        frame("audio", slice_length=0),
        "",
    ],
)
def test_the_rest_is_left_alone(text: str) -> None:
    assert read(text) is None


@given(st.text())
def test_no_frame_is_too_much(text: str) -> None:
    assert read(text) is None
    read('{"type":"audio",' + text)
