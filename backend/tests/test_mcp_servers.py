"""The file that names the MCP servers."""

from pathlib import Path

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.mcp_servers import FILE, mcp_servers


def test_a_server_is_read_with_its_command_and_the_files_folder_to_work_in(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        '{"mcp_servers": {"time": {"command": "uvx", "args": ["mcp-server-time"], "env": {"A": "b"}, "x": 1},'
        ' "other": {"command": "node", "cwd": "tools", "timeout": 5}}}',
        encoding="utf-8",
    )
    servers = mcp_servers(tmp_path, lambda _: None)
    time, other = servers["time"], servers["other"]
    assert (time.command, time.args, time.env, time.timeout) == ("uvx", ("mcp-server-time",), {"A": "b"}, 20)
    assert (time.cwd, other.cwd, other.timeout) == (tmp_path, tmp_path / "tools", 5)


def test_without_the_file_there_are_none(tmp_path: Path) -> None:
    assert mcp_servers(tmp_path, lambda _: None) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "cannot be read as JSON"),
        ("[" * 100_000, "cannot be read as JSON"),
        ("[]", "mcp_servers.json: "),
    ],
)
def test_a_faulty_file_is_a_fault_of_the_configuration(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence) as wrong:
        mcp_servers(tmp_path, lambda _: None)
    assert str(tmp_path) not in str(wrong.value)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [('{"args": []}', "command"), ('{"command": "x", "timeout": 0}', "timeout"), ("7", "")],
)
def test_a_faulty_entry_costs_itself_and_is_told(tmp_path: Path, entry: str, sentence: str) -> None:
    text = f'{{"mcp_servers": {{"bad": {entry}, "good": {{"command": "x"}}}}}}'
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    told: list[str] = []
    assert list(mcp_servers(tmp_path, told.append)) == ["good"]
    assert len(told) == 1
    assert "bad is left out" in told[0]
    assert sentence in told[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_an_editor_of_windows_has_written_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / FILE).write_bytes('{"mcp_servers": {"zoë": {"command": "uvx"}}}'.encode(encoding))
    assert list(mcp_servers(tmp_path, lambda _: None)) == ["zoë"]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("{}", "either a command that starts it or the url"),
        ('{"command": "uvx", "url": "http://localhost:1/mcp"}', "either a command that starts it or the url"),
        ('{"url": "ftp://localhost/mcp"}', "must be an http:// or https:// address"),
        ('{"url": "https://me:pass-w0rd@localhost/mcp"}', "must not carry a name, a password"),
        ('{"url": "http://localhost/mcp?key=pass-w0rd"}', "must not carry a name, a password"),
    ],
)
def test_an_entry_that_says_too_little_or_too_much_is_left_out_without_its_secrets(
    tmp_path: Path, entry: str, sentence: str
) -> None:
    (tmp_path / FILE).write_text(f'{{"mcp_servers": {{"far": {entry}}}}}', encoding="utf-8")
    said: list[str] = []
    assert mcp_servers(tmp_path, said.append) == {}
    assert sentence in said[0]
    assert "pass-w0rd" not in said[0]
