"""Where links and sign-ins are stored."""

import stat
import sys
from pathlib import Path

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.web.key_file import NAME, KeyFile
from open_llm_vtuber.web.key_ring import Kept, KeyRing


def kept() -> Kept:
    keys = KeyRing("sesame", Kept())
    keys.add("OBS", "stage", 1.0)
    return keys.kept


def test_what_was_stored_is_found_again_and_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "data")
    assert file.load() == Kept()
    some = kept()
    file.save(some)
    assert file.load() == some
    file.save(Kept())
    assert file.load() == Kept()
    assert [each.name for each in (tmp_path / "data").iterdir()] == [NAME]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    KeyFile(tmp_path).save(kept())
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", "[]", '{"links": [{"id": "x"}]}', '{"links": [{"role": "king"}]}'])
def test_a_file_that_makes_no_sense_stops_the_start_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ConfigError, match="Delete it to start anew"):
        KeyFile(tmp_path).load()


def test_a_folder_that_cannot_be_written_to_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, where a folder should be")
    with pytest.raises(ConfigError, match=r"access\.json cannot be stored"):
        KeyFile(tmp_path / "data").save(kept())
