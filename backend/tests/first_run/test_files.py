"""Files that are put in their place in one step."""

from pathlib import Path

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.first_run.files import put, put_aside


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "conf.yaml"
    for text in ("one\n", "two\n"):
        put(file, text)
        assert file.read_bytes() == text.encode()
    assert [each.name for each in tmp_path.iterdir()] == ["conf.yaml"]


def test_a_file_that_cannot_be_written_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"conf\.yaml cannot be written"):
        put(tmp_path / "conf.yaml", "x")
    assert [each.name for each in tmp_path.iterdir()] == ["conf.yaml"]


def test_copies_never_take_each_others_place_and_are_nobody_elses(tmp_path: Path) -> None:
    file = tmp_path / "conf.yaml"
    assert put_aside(file) == ""
    file.write_text("api_key: secret\n")
    names = {put_aside(file) for _ in range(3)}
    assert len(names) == 3
    for name in names:
        assert (tmp_path / name).read_text() == "api_key: secret\n"
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
