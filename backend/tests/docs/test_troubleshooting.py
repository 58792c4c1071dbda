"""What docs/troubleshooting.md quotes is what the program says."""

import ast
import re
import socket
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from docs.pages import ROOT
from docs.running import load
from open_llm_vtuber.cli import main
from open_llm_vtuber.config import SystemConfig
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.serving import listening_socket
from open_llm_vtuber.show.ears import DEAF
from open_llm_vtuber.twitch.channel_name import channel_name

PAGE = ROOT / "docs/troubleshooting.md"
QUOTES = re.findall(r"^\| `(.+?)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
SOURCES = ("backend/src/open_llm_vtuber/**/*.py", "setup/*.py")


@cache
def texts() -> tuple[str, ...]:
    """Return every text in the source, with `…` for what is filled in."""
    return tuple(
        text
        for pattern in SOURCES
        for path in ROOT.glob(pattern)
        for text in _texts_in(ast.parse(path.read_text(encoding="utf-8")))
    )


def _texts_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "…"
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def matches(quote: str, text: str) -> bool:
    return re.search(".*".join(map(re.escape, quote.split("…"))), text, re.DOTALL) is not None


def test_the_page_quotes_something() -> None:
    assert len(QUOTES) > 25


@pytest.mark.parametrize("quote", QUOTES)
def test_a_quoted_text_is_in_the_source(quote: str) -> None:
    assert any(matches(quote, text) for text in texts()), (
        "no text of the program reads like this any more: write what it says now, with … for what is filled in"
    )


def test_a_text_that_nobody_says_is_not_found() -> None:
    assert not any(matches("Port … is asleep", text) for text in texts())


def _port_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listening_socket("127.0.0.1", taken.getsockname()[1])


FAILURES: dict[str, Callable[[Path], object]] = {
    "Port … is taken": lambda _: _port_taken(),
    "There is no configuration file": lambda folder: load_file(folder / "none.yaml"),
    "… is not valid YAML…": lambda folder: load("a: [1\n", folder),
    "host … is reachable": lambda _: SystemConfig(host="0.0.0.0"),
    "… is no Twitch channel": lambda _: channel_name("a b"),
}


def load_file(file: Path) -> None:
    from open_llm_vtuber import config

    config.load(file)


@pytest.mark.parametrize("begins", FAILURES)
def test_the_program_really_says_it(begins: str, tmp_path: Path) -> None:
    quote = next(quote for quote in QUOTES if quote.startswith(begins))
    with pytest.raises((ConfigError, ValueError)) as failed:
        FAILURES[begins](tmp_path)
    assert matches(quote, str(failed.value))


def test_notes_about_a_configuration_are_quoted_too(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text(
        "systm_config: {}\nlive_config: {twitch: {token: '${NOT_SET_AT_ALL}'}}\n"
    )
    from open_llm_vtuber import config

    notes = config.load(tmp_path / "conf.yaml", {}).notes
    for begins in ("… is not a section", "The environment variable …"):
        quote = next(quote for quote in QUOTES if quote.startswith(begins))
        assert any(matches(quote, note) for note in notes), notes


def test_a_command_that_fails_says_it_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--config", str(tmp_path / "none.yaml")])
    assert ended.value.code == 1
    assert "There is no configuration file" in " ".join(capsys.readouterr().err.split())
    assert DEAF in QUOTES
