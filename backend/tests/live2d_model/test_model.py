"""What an avatar can show, or why its files cannot be used."""

from typing import Any

import pytest

from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.live2d_model import Live2dModel, MotionFile

MODEL3 = {"FileReferences": {"Expressions": [{"Name": "calm", "File": "a"}, {"Name": "happy", "File": "b"}]}}
ENTRY: dict[str, Any] = {"name": "x", "url": "/x/x.model3.json", "emotionMap": {"Joy": "happy", "neutral": 0}}


def test_emotions_map_to_indices_whether_named_or_numbered() -> None:
    model = Live2dModel.from_json(ENTRY, MODEL3)
    assert model.emotions == {"joy": 1, "neutral": 0}
    assert model.name_of(1) == "happy"


def test_clients_get_the_entry_unchanged() -> None:
    entry = {**ENTRY, "kScale": "0.4", "somethingNew": [1]}
    assert Live2dModel.from_json(entry, MODEL3).info == entry


@pytest.mark.parametrize(
    ("given", "resting"), [({}, 0), ({"defaultEmotion": "happy"}, 1), ({"defaultEmotion": 1}, 1)]
)
def test_the_resting_face_is_the_default_or_the_first(given: dict[str, Any], resting: int) -> None:
    assert Live2dModel.from_json({**ENTRY, **given}, MODEL3).resting == resting


@pytest.mark.parametrize("value", ["grumpy", 2, -1])
def test_an_emotion_map_that_names_a_missing_expression_lists_what_there_is(value: object) -> None:
    with pytest.raises(ConfigError, match="calm, happy"):
        Live2dModel.from_json({**ENTRY, "emotionMap": {"joy": value}}, MODEL3)


@pytest.mark.parametrize("model3", [{"FileReferences": {"Expressions": "none"}}, {"FileReferences": 3}, []])
def test_a_faulty_file_is_a_fault_of_the_configuration(model3: Any) -> None:
    with pytest.raises(ConfigError, match="faulty"):
        Live2dModel.from_json(ENTRY, model3)


def test_a_model_without_expressions_has_a_blank_face() -> None:
    model = Live2dModel.from_json({"name": "x", "url": "/x/x.model3.json"}, {"FileReferences": {}})
    assert (model.expressions, model.name_of(model.resting)) == ((), "")


FILES: dict[str, Any] = {
    "wave.motion3.json": {"Version": 3, "Meta": {"Duration": 3.2, "Loop": False, "Fps": 30.0}},
    "idle.motion3.json": {"Version": 3, "Meta": {"Duration": 6, "Loop": True}},
}
MOVING = {
    "FileReferences": {
        **MODEL3["FileReferences"],
        "Motions": {"Idle": [{"File": "idle.motion3.json"}], "": [{"File": "wave.motion3.json"}] * 2},
    },
    "HitAreas": [{"Id": "Head", "Name": ""}, {"Id": "Body", "Name": "Body"}],
}


def read(file: str) -> Any:
    if file not in FILES:
        raise ConfigError(f"The avatar's file {file} is missing.")
    return FILES[file]


def moving(**more: Any) -> Live2dModel:
    return Live2dModel.from_json({**ENTRY, **more}, MOVING, read)


def test_motions_have_the_length_that_their_files_say() -> None:
    model = moving()
    assert model.motion("", 1) == MotionFile(group="", index=1, length=3.2)
    assert model.idle == (MotionFile(group="Idle", index=0, length=6.0, loops=True),)


def test_taps_name_what_the_model_has_and_nothing_else() -> None:
    model = moving(tapMotions={"Head": {"": 1, "Dance": 2}, "Tail": {"": 1}})
    assert (model.hit_areas, model.tap_motions) == (("Head", "Body"), {"Head": {"": 1}})


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("wave.motion3.json", None, "is missing"),
        ("wave.motion3.json", {}, "Meta: Field required"),
        ("wave.motion3.json", [1], "faulty"),
        ("wave.motion3.json", {"Meta": {"Duration": 0}}, "Meta.Duration"),
        ("wave.motion3.json", {"Meta": {"Duration": -1}}, "Meta.Duration"),
        ("wave.motion3.json", {"Meta": {"Duration": float("inf")}}, "Meta.Duration"),
        ("wave.motion3.json", {"Meta": {"Duration": "long"}}, "Meta.Duration"),
        ("wave.motion3.json", {"Meta": {"Duration": 1e9}}, "Meta.Duration"),
    ],
)
def test_a_motion_that_cannot_be_used_is_told_with_those_that_can(
    monkeypatch: pytest.MonkeyPatch, file: str, content: Any, said: str
) -> None:
    monkeypatch.setitem(FILES, file, content)
    if content is None:
        monkeypatch.delitem(FILES, file)
    with pytest.raises(ConfigError) as caught:
        moving()
    assert said in str(caught.value)
    assert "Those that can be used: 'Idle' 0." in str(caught.value)
    assert "(1 more are faulty)" in str(caught.value)


@pytest.mark.parametrize(("asked", "index"), [(0, 0), (1, 1), ("happy", 1), ("JOY", 1), ("neutral", 0)])
def test_an_expression_is_found_by_index_name_or_emotion(asked: int | str, index: int) -> None:
    assert moving().expression(asked) == index


@pytest.mark.parametrize("asked", [2, -1, 10**9, "Happy", "", "x" * 5_000])
def test_an_unknown_expression_is_refused_with_a_list_and_little_of_what_was_asked(asked: int | str) -> None:
    with pytest.raises(ProtocolError, match="There are: 0 calm, 1 happy") as caught:
        moving().expression(asked)
    assert (caught.value.code, len(str(caught.value)) < 250) == ("not-found", True)


@pytest.mark.parametrize(("group", "index"), [("Dance", 0), ("", 2), ("Idle", 1), ("idle", 0)])
def test_an_unknown_motion_is_refused_with_a_list(group: str, index: int) -> None:
    with pytest.raises(ProtocolError, match="'Idle' 0, '' 0, 1"):
        moving().motion(group, index)
