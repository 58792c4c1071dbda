"""The file for keys."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber import config
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.settings.keys import FILE, environment_of, read_keys, write_keys

KEY = "sk-very-secret-key"


def test_a_key_is_written_for_this_account_alone_and_found_again(tmp_path: Path) -> None:
    write_keys(tmp_path, {"OPENAI_API_KEY": KEY})
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    notes: list[str] = []
    assert read_keys(tmp_path, notes) == {"OPENAI_API_KEY": KEY}
    assert notes == []
    assert [each.name for each in tmp_path.iterdir()] == [FILE]


def test_a_new_key_replaces_the_old_one_and_what_else_stands_there_stays(tmp_path: Path) -> None:
    file = tmp_path / FILE
    file.write_text("# mine\nexport OTHER='o'\nOPENAI_API_KEY=old\n")
    file.chmod(0o644)
    write_keys(tmp_path, {"OPENAI_API_KEY": KEY})
    assert file.read_text() == f"# mine\nexport OTHER='o'\nOPENAI_API_KEY={KEY}\n"
    assert file.stat().st_mode & 0o077 == 0
    assert read_keys(tmp_path, []) == {"OTHER": "o", "OPENAI_API_KEY": KEY}


def test_nothing_is_written_where_there_is_no_key(tmp_path: Path) -> None:
    write_keys(tmp_path, {})
    assert not list(tmp_path.iterdir())
    assert read_keys(tmp_path, []) == {}


def test_a_configuration_finds_its_keys_there_and_the_environment_counts_more(tmp_path: Path) -> None:
    conf = tmp_path / "conf.yaml"
    conf.write_text("system_config: {access_token: '${TOKEN}'}")
    write_keys(tmp_path, {"TOKEN": "from the file"[:4]})

    def token(**environment: str) -> str:
        found = config.load(conf, environment).system_config.access_token
        assert found is not None
        return found.get_secret_value()

    assert token() == "from"
    assert token(TOKEN="outside") == "outside"


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_a_file_that_others_can_read_is_noted_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("A=1\n")
    (tmp_path / FILE).chmod(0o640)
    notes: list[str] = []
    assert environment_of(tmp_path, {"B": "2"}, notes) == {"A": "1", "B": "2"}
    assert len(notes) == 1
    assert f"chmod 600 {FILE}" in notes[0]


def test_what_cannot_be_read_is_a_sentence_without_any_of_it(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"KEY=\xff\xfe secret")
    with pytest.raises(ConfigError) as error:
        read_keys(tmp_path, [])
    assert "secret" not in str(error.value)
    with pytest.raises(ConfigError):
        write_keys(tmp_path, {"A": "b"})


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True), st.from_regex(r"[!-~]{2,60}", fullmatch=True)
    )
)
def test_whatever_key_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    write_keys(folder, keys)
    assert read_keys(folder, []) == keys
