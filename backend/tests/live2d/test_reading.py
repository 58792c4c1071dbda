"""Which avatars the configuration names, and what is said of one that cannot be read."""

import json
from pathlib import Path

import pytest

from live2d_stand_in import MODEL3, put_model
from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d.reading import avatar


def having(folder: Path, name: str) -> Settings:
    return Settings.model_validate({"character_config": {"live2d_model_name": name}, "folder": folder})


def test_the_built_in_avatar_has_all_eight_emotions() -> None:
    model = avatar(Settings(), frontend_folder())
    assert set(model.emotions) == {
        "neutral",
        "joy",
        "anger",
        "sadness",
        "surprise",
        "fear",
        "disgust",
        "smirk",
    }


def test_ones_own_avatar_is_found_beside_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "live2d-models" / "mao"
    folder.mkdir(parents=True)
    (folder / "mao.model3.json").write_text('{"FileReferences": {"Expressions": [{"Name": "calm"}]}}')
    (tmp_path / "model_dict.json").write_text(
        '[{"name": "mao", "url": "/live2d-models/mao/mao.model3.json"}]'
    )
    settings = having(tmp_path, "mao")
    assert avatar(settings, frontend_folder()).expressions == ("calm",)
    with pytest.raises(ConfigError, match="Known: mika, mao"):
        avatar(having(tmp_path, "other"), frontend_folder())


def test_a_truncated_avatar_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="live2d check` says what to write into it"):
        avatar(having(tmp_path, "mao"), frontend_folder())
    (tmp_path / "model_dict.json").write_text('[{"name": ')
    with pytest.raises(ConfigError, match=r"model_dict\.json"):
        avatar(having(tmp_path, "mao"), frontend_folder())


def test_the_built_in_avatar_can_be_cast_in_other_colours(tmp_path: Path) -> None:
    entry = {
        "name": "rosie",
        "url": "/live2d-models/mika/mika.model3.json",
        "theme": "rose",
        "outfit": "blazer",
    }
    (tmp_path / "model_dict.json").write_text(json.dumps([entry]))
    model = avatar(having(tmp_path, "rosie"), frontend_folder())
    assert dict(model.info) == entry
    assert "Wave" in model.motions


def test_the_built_in_avatar_knows_how_long_its_motions_take() -> None:
    model = avatar(Settings(), frontend_folder())
    assert {group: [each.length for each in files] for group, files in model.motions.items()} == {
        "Idle": [8.0],
        "Wave": [3.2],
        "Nod": [1.7],
        "Shake": [1.7],
        "Bounce": [2.0],
        "Think": [3.6],
        "Cheer": [2.6],
        "Bow": [2.6],
        "Laugh": [2.4],
        "Shrug": [2.0],
        "Peek": [2.8],
        "Dance": [3.2],
        "Fidget": [4.6, 4.2, 5.0],
    }
    assert [each.loops for each in model.idle] == [True]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "wave.motion3.json is missing"),
        ('{"Version": 3, "Meta": {"Dura', "cannot be read as JSON"),
        ("RIFF\x00", "cannot be read as JSON"),
        ('{"Version": 3}', "Meta: Field required"),
    ],
)
def test_a_motion_file_that_cannot_be_used_is_told_with_those_that_can(
    tmp_path: Path, content: str | None, said: str
) -> None:
    folder = tmp_path / "live2d-models" / "mao" / "motions"
    folder.mkdir(parents=True)
    motions = {
        "Idle": [{"File": "motions/idle.motion3.json"}],
        "Wave": [{"File": "motions/wave.motion3.json"}],
    }
    (folder.parent / "mao.model3.json").write_text(json.dumps({"FileReferences": {"Motions": motions}}))
    (folder / "idle.motion3.json").write_text('{"Meta": {"Duration": 4.0, "Loop": true}}')
    if content is not None:
        (folder / "wave.motion3.json").write_text(content)
    (tmp_path / "model_dict.json").write_text(
        '[{"name": "mao", "url": "/live2d-models/mao/mao.model3.json"}]'
    )
    with pytest.raises(ConfigError) as caught:
        avatar(having(tmp_path, "mao"), frontend_folder())
    assert said in str(caught.value)
    assert "Wave 0" in str(caught.value)
    assert "'Idle' 0" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_motion_outside_the_models_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "live2d-models").mkdir()
    (tmp_path / "live2d-models" / "long.motion3.json").write_text('{"Meta": {"Duration": 4}}')
    motions = {"Idle": [{"File": "../long.motion3.json"}]}
    references = {**MODEL3["FileReferences"], "Motions": motions}
    put_model(tmp_path, **{"block.model3.json": {"FileReferences": references}})
    with pytest.raises(ConfigError, match="outside the model's folder"):
        avatar(having(tmp_path, "block"), frontend_folder())


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/x.model3.json",
        "/etc/x.model3.json",
        "/live2d-models/../x.model3.json",
        "/live2d-models/a/../../x.model3.json",
        "/live2d-models",
        "",
    ],
)
def test_an_entry_whose_url_leads_elsewhere_is_a_fault(tmp_path: Path, url: str) -> None:
    put_model(tmp_path)
    (tmp_path / "x.model3.json").write_text('{"FileReferences": {}}')
    (tmp_path / "model_dict.json").write_text(json.dumps([{"name": "x", "url": url}]))
    with pytest.raises(ConfigError, match=r"avatar's url|cannot be the path|holds"):
        avatar(having(tmp_path, "x"), frontend_folder())
