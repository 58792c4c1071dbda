"""What is wrong with a model is said with the fix; whatever its files hold, nothing is raised."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from live2d_stand_in import ENTRY, FILES, MODEL3, moc, png, put_model
from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.live2d import inspection
from open_llm_vtuber.live2d.files import ModelFiles
from open_llm_vtuber.live2d.inspection import LONGEST_FAULT, MOST_FAULTS, Inspection, inspected
from open_llm_vtuber.live2d.reading import built_in
from open_llm_vtuber.text_rules import one_line

LOOK = "motions/look.motion3.json"
TEXTURE = "textures/texture_00.png"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    "Version",
                    "FileReferences",
                    "Moc",
                    "Textures",
                    "Expressions",
                    "Motions",
                    "Groups",
                    "File",
                    "Name",
                )
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)


def look(folder: Path, entry: dict[str, Any] | None = ENTRY, **changed: Any) -> Inspection:
    model = put_model(folder, **changed)
    return inspected(entry, ModelFiles(model, model / "block.model3.json"))


def model3(**references: Any) -> dict[str, Any]:
    return {**MODEL3, "FileReferences": {**MODEL3["FileReferences"], **references}}


def motion(segments: list[Any], **meta: Any) -> dict[str, Any]:
    curve = {"Target": "Parameter", "Id": "ParamAngleX", "Segments": segments}
    return {"Version": 3, "Meta": {"Duration": 1, **meta}, "Curves": [curve]}


def test_a_whole_model_has_neither_faults_nor_remarks_and_tells_what_it_can_show(tmp_path: Path) -> None:
    assert look(tmp_path) == Inspection(expressions=("calm", "happy"), motions={"Idle": 1, "Look": 1})


def test_the_built_in_avatar_is_whole_and_needs_no_live2d() -> None:
    found = inspected(*built_in(frontend_folder()))
    assert (found.faults, found.remarks, found.needs_live2d) == ((), (), False)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"block.moc3": None}, "block.moc3 is missing"),
        ({"block.moc3": b"moc"}, "is no .moc3 file"),
        ({"block.moc3": b"MOC3"}, "is no .moc3 file"),
        ({"block.moc3": moc(6)}, "exported for Cubism 5.3: export it again for SDK 5.0"),
        ({"block.moc3": moc(200)}, "exported for Cubism a later version"),
        ({TEXTURE: None}, "texture_00.png is missing"),
        ({TEXTURE: b"GIF89a"}, "is no PNG, JPEG or WebP picture"),
        ({TEXTURE: png()[:16] + (20_000).to_bytes(4) + (8).to_bytes(4)}, "20000 × 8 pixels"),
        ({TEXTURE: png()[:20]}, "0 pixels"),
        ({LOOK: None}, "look.motion3.json is missing"),
        ({LOOK: b"{"}, "look.motion3.json cannot be read as JSON"),
        ({LOOK: {"Meta": {"Duration": 1}}}, f"{LOOK}: Curves: Field required"),
        ({LOOK: motion([0, 0, 7, 1, 1])}, "7 is no kind of segment"),
        ({LOOK: motion([0, 0, 1, 1, 1])}, "ends in the middle of a segment"),
        ({LOOK: motion([0])}, "ends in the middle of a segment"),
        ({LOOK: motion([0, 0, 0, 1, 1], Duration=0)}, "greater than 0"),
        ({LOOK: motion([0, 0], Duration=1e9)}, "less than or equal to 3600"),
        ({"expressions/happy.exp3.json": {"Parameters": [{"Id": "A", "Value": "x"}]}}, "Parameters.0.Value"),
        ({"expressions/happy.exp3.json": {"Parameters": [{"Id": "A", "Value": 1, "Blend": "Mix"}]}}, "Blend"),
        ({"block.model3.json": b"{}"}, "Version: Field required"),
        ({"block.model3.json": b"[]"}, "block.model3.json: the file"),
        ({"block.model3.json": {**MODEL3, "Version": 2}}, "Version: Input should be 3"),
        ({"block.model3.json": model3(Textures=[])}, "names no textures"),
        ({"block.model3.json": model3(Textures=["a.png"] * 99)}, "at most 32"),
        ({"block.model3.json": model3(Moc="../../conf.moc3")}, "outside the model's folder"),
        ({"block.model3.json": model3(Physics="physics3.json")}, "physics3.json is missing"),
        ({"block.model3.json": model3(Pose="http://evil.example/pose3.json")}, "holds :"),
        ({"block.model3.json": model3(Motions={"Idle": [{"File": LOOK}] * 1_001})}, "1001 motions"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    faults = look(tmp_path, None, **changed).faults
    assert any(said in fault for fault in faults), faults
    assert not any(str(tmp_path) in fault for fault in faults)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"emotionMap": {"joy": "grumpy"}}, "joy names the expression 'grumpy'; the model has calm, happy"),
        ({"emotionMap": {"joy": 2}}, "joy names the expression 2"),
        ({"emotionMap": {"joy": -1}}, "joy names the expression -1"),
        ({"defaultEmotion": "grumpy"}, "defaultEmotion names the expression 'grumpy'"),
        ({"tapMotions": {"Head": {"Jump": 1}}}, "tapMotions of 'Head' names the motion group 'Jump'"),
        ({"emotionMap": []}, "model_dict.json: emotionMap"),
    ],
)
def test_what_the_entry_asks_for_and_the_model_lacks_is_a_fault(
    tmp_path: Path, entry: dict[str, Any], said: str
) -> None:
    (fault,) = look(tmp_path, {**ENTRY, **entry}).faults
    assert said in fault


def test_what_is_less_than_it_could_be_is_a_remark(tmp_path: Path) -> None:
    bare = {**model3(Motions={}, Expressions=[]), "Groups": []}
    found = look(tmp_path, None, **{"block.model3.json": bare})
    assert found.faults == ()
    assert [remark.split(":")[0] for remark in found.remarks] == [
        "It has no motion group Idle",
        "Its group LipSync names no parameter",
        "Its group EyeBlink names no parameter",
        "It has no expressions",
    ]


def test_of_very_many_faults_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    many = model3(Motions={"Idle": [{"File": f"{number}.motion3.json"} for number in range(MOST_FAULTS + 7)]})
    faults = look(tmp_path, None, **{"block.model3.json": many}).faults
    assert len(faults) == MOST_FAULTS + 1
    assert faults[-1] == "There are 7 more faults."


def test_no_more_is_read_than_a_model_can_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST_MOVEMENT", 200)
    assert "larger than 200 bytes together" in str(look(tmp_path).faults)
    monkeypatch.setattr(inspection, "LARGEST_MOC", 10)
    assert "block.moc3 is larger than 10 bytes" in str(look(tmp_path).faults)


def test_a_motion_that_is_named_a_thousand_times_is_read_once(tmp_path: Path) -> None:
    many = model3(Motions={"Idle": [{"File": LOOK}] * 1_000})
    assert len(look(tmp_path, None, **{"block.model3.json": many, LOOK: b"{"}).faults) == 1


@MANY
@given(JSON)
def test_a_model_file_may_hold_anything(tmp_path: Path, content: Any) -> None:
    check(look(tmp_path, ENTRY, **{"block.model3.json": json.dumps(content).encode()}))


@MANY
@given(st.sampled_from(("block.model3.json", LOOK, "expressions/happy.exp3.json")), JSON, st.randoms())
def test_any_value_of_any_file_may_be_another(tmp_path: Path, file: str, value: Any, random: Any) -> None:
    content = copy.deepcopy(MODEL3 if file == "block.model3.json" else FILES[file])
    place: Any = content
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = random.choice(keys)
        if not isinstance(place[key], dict | list) or random.random() < 0.3:
            place[key] = value
            break
        place = place[key]
    check(look(tmp_path, ENTRY, **{file: json.dumps(content).encode()}))


@MANY
@given(st.dictionaries(st.sampled_from(("name", "url", "emotionMap", "defaultEmotion", "tapMotions")), JSON))
def test_an_entry_may_hold_anything(tmp_path: Path, entry: dict[str, Any]) -> None:
    check(look(tmp_path, entry))


def check(found: Inspection) -> None:
    for told in (found.faults, found.remarks):
        assert len(told) <= MOST_FAULTS + 1
        assert all(0 < len(each) <= LONGEST_FAULT and each == one_line(each) for each in told)
    json.dumps([found.faults, found.expressions, dict(found.motions)]).encode()
    "".join([*found.faults, *found.expressions, *found.motions]).encode()
