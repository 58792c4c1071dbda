"""The stored login: private, whole, and never fatal."""

import os
import stat
from pathlib import Path

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.twitch.login_file import NAME, Login, LoginFile

LOGIN = Login(access_token="access", refresh_token="refresh", client_id="client")


def test_what_was_stored_is_loaded(tmp_path: Path) -> None:
    LoginFile(tmp_path / "data").save(LOGIN)
    assert LoginFile(tmp_path / "data").load() == LOGIN


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        LoginFile(tmp_path).save(LOGIN)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600


def test_a_second_login_takes_the_place_of_the_first(tmp_path: Path) -> None:
    file = LoginFile(tmp_path)
    file.save(LOGIN)
    file.save(Login(access_token="other"))
    assert file.load() == Login(access_token="other")
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_what_a_crash_left_behind_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "twitch-login.new").write_text("half", encoding="utf-8")
    LoginFile(tmp_path).save(LOGIN)
    assert LoginFile(tmp_path).load() == LOGIN


@pytest.mark.parametrize("text", ["", "[]", "{}", "not json", '{"access_token": 5}', "\udcff"])
def test_a_file_that_is_none_is_no_login(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text, encoding="utf-8", errors="surrogateescape")
    assert LoginFile(tmp_path).load() is None


def test_no_file_is_no_login(tmp_path: Path) -> None:
    assert LoginFile(tmp_path).load() is None
    LoginFile(tmp_path).erase()


def test_a_forgotten_login_is_gone(tmp_path: Path) -> None:
    LoginFile(tmp_path).save(LOGIN)
    LoginFile(tmp_path).erase()
    assert LoginFile(tmp_path).load() is None


def test_a_folder_that_cannot_be_written_is_the_operators_to_mend(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be stored"):
        LoginFile(tmp_path / "data").save(LOGIN)


def test_nothing_of_it_is_shown() -> None:
    assert "access" not in repr(LOGIN).replace("access_token", "")
    assert "refresh" not in repr(LOGIN).replace("refresh_token", "")
