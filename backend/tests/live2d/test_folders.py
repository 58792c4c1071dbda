"""Which folders hold models; test_public_files.py has what is told of them."""

from pathlib import Path

import pytest

from open_llm_vtuber.live2d import folders


def test_the_model_that_has_the_folders_name_goes_before_others(tmp_path: Path) -> None:
    for name in ("a.model3.json", "mao.model3.json", "z/mao.model3.json"):
        (tmp_path / "mao" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mao" / name).write_text("{}")
    found = folders.model_in(tmp_path / "mao")
    assert found
    assert found.model == tmp_path / "mao" / "mao.model3.json"
    assert len(found.files) == 3


def test_a_folder_without_a_model_and_one_that_is_not_there_hold_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert folders.model_in(tmp_path / "empty") is None
    assert folders.model_folders(tmp_path) == []


def test_of_a_huge_folder_only_a_part_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_FILES", 3)
    (tmp_path / "live2d-models").mkdir()
    for number in range(5):
        (tmp_path / "live2d-models" / str(number)).mkdir()
    assert len(folders.model_folders(tmp_path)) == 3
