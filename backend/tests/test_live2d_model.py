"""What an avatar can show, or why its files cannot be used."""

from typing import Any

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d_model import Live2dModel

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
