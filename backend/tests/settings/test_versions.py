"""Earlier versions of a file are found again, as long as they lead to what it is now."""

import errno
import os
import stat
from pathlib import Path

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.settings.versions import Versions, revision_of, write


def before(versions: Versions, now: bytes | None) -> bytes | None:
    version = versions.before(now)
    assert version is not None
    return version.data


def test_versions_are_taken_back_one_by_one_also_by_a_program_that_starts_anew(tmp_path: Path) -> None:
    Versions(tmp_path / "kept").keep(None, b"a")
    Versions(tmp_path / "kept").keep(b"a", b"b")
    versions = Versions(tmp_path / "kept")
    assert versions.before(b"somebody else's") is None, "it does not lead to what the file is"
    assert before(versions, b"b") == b"a"
    last = versions.before(b"b")
    assert last is not None
    versions.drop(last)
    assert before(versions, b"a") is None, "there was no file"
    assert versions.before(b"b") is None


def test_only_so_many_are_kept_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "kept", most=3)
    for number in range(9):
        versions.keep(f"{number}".encode(), f"{number + 1}".encode())
    kept = sorted((tmp_path / "kept").iterdir())
    assert [path.read_text() for path in kept] == ["6", "7", "8"]
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


def test_a_file_is_written_whole_through_a_link_and_keeps_its_rights(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "conf.yaml"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    write(real, None)
    assert not real.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["conf.yaml"], "nothing else is left"


def test_a_file_that_is_mounted_by_itself_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: Path, target: Path) -> Path:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(self), None, str(target))

    file = tmp_path / "conf.yaml"
    file.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", busy)
    write(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file stands here")
    with pytest.raises(ConfigError, match="cannot be kept: "):
        Versions(tmp_path / "kept").keep(b"a", b"b")


def test_no_file_has_a_revision_of_its_own() -> None:
    assert len({revision_of(None), revision_of(b""), revision_of(b"x")}) == 3
