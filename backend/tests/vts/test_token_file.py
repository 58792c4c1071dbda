"""Where the token is kept."""

import os
import stat
from pathlib import Path

import pytest

from open_llm_vtuber.vts.token_file import NAME, TokenFile


def test_what_was_written_is_read_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        file = TokenFile(tmp_path / "new" / "folder")
        assert file.read() is None
        assert file.write("token-1")
        assert file.write("token-2")
    finally:
        os.umask(old)
    assert file.read() == "token-2"
    (only,) = (tmp_path / "new" / "folder").iterdir()
    assert stat.S_IMODE(only.stat().st_mode) == 0o600


def test_a_file_that_others_could_read_is_replaced_not_reused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("old")
    (tmp_path / NAME).chmod(0o644)
    assert TokenFile(tmp_path).write("new")
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"   \n", b"\xff\xfe", b"x" * 65, b"x" * 1_000_000])
def test_a_file_that_holds_no_token_is_like_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert TokenFile(tmp_path).read() is None


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert not TokenFile(tmp_path / "file").write("token")
    assert not TokenFile(tmp_path).write("tok\u00e9n")


def test_what_a_crash_left_half_done_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.new").write_text("half")
    assert TokenFile(tmp_path).write("token")
    assert TokenFile(tmp_path).read() == "token"
