"""Command lines of the documentation: ours are parsed and, where that is cheap, run; curl is sent to a server."""

import argparse
import contextlib
import io
import itertools
import json
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from docs.pages import ROOT
from docs.running import at_the_server
from fake_provider import tone, wav
from live_server import SCRIPTED, Serving
from open_llm_vtuber import cli
from told_log import kept, turn

ELSEWHERE = {"cd", "cp", "export", "git", "kill", "mkdir", "ollama", "openssl"}
"""Programs that are not ours: nothing is tried."""
PLACEHOLDERS = {"FILE": "examples/chat.irc", "DIR": "chat_history", "X": "2", "NAME": "yourchannel", "N": "7"}
RUN = {"rehearse", "engines", "protocol", "check", "clip", "report"}
"""Commands that end by themselves and reach nobody, with engines that need nothing."""
DONE: set[tuple[str, ...]] = set()
"""What worked on one page is not run again for another."""
QUICK = {**SCRIPTED, "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 5}}}
COMPOSE = {"up", "down", "logs", "build", "ps", "exec", "run", "restart", "pull"}


def run_command(
    line: str, where: str, folder: Path | None, server: Serving | None
) -> dict[str, object] | None:
    """Try a command line; without a folder and a server it is only looked at. Return what a curl was answered."""
    words = shlex.split(re.sub(r"\s>\s*\S+$", "", line), comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):  # variables for this command
        words = words[1:]
    if not words:
        return None
    name, arguments = words[0].removeprefix(".venv/bin/"), words[1:]
    match name:
        case "open-llm-vtuber":
            _ours(arguments, where, folder)
        case "make":
            _make(arguments, where)
        case "pip":
            _pip(arguments, where)
        case "docker":
            _docker(arguments, where)
        case "bash" | "sh":
            assert (ROOT / arguments[0]).is_file(), f"{where}: there is no {arguments[0]}"
        case "curl":
            if server:
                answer = send(line, where, server)
                return dict(json.loads(answer.text)) if answer.text.startswith("{") else None
        case _:
            assert name in ELSEWHERE, (
                f"{where}: {name!r} is not known here. If it is no program of ours, add it to ELSEWHERE in "
                "backend/tests/docs/commands.py"
            )
    return None


def _parsed(arguments: Sequence[str], where: str) -> argparse.Namespace:
    complaint, options = io.StringIO(), argparse.Namespace()
    code: object = None
    try:
        with contextlib.redirect_stderr(complaint), contextlib.redirect_stdout(io.StringIO()):
            options = cli._parser().parse_args(arguments)
    except SystemExit as ended:  # also of --help and --version
        code = ended.code
    assert not code, f"{where}: {' '.join(arguments)}: {complaint.getvalue()}"
    return options


def _ours(arguments: Sequence[str], where: str, folder: Path | None) -> None:
    arguments = [PLACEHOLDERS.get(word, word) for word in arguments if word != "…"]
    if arguments and len(arguments) == 1 and arguments[0] in ("rehearse", "import-history", "twitch"):
        assert folder is None, f"{where}: {arguments[0]} needs more than that"
        return  # a command's name in a sentence
    options = _parsed(arguments, where)
    if file := getattr(options, "file", None):
        assert (ROOT / file).is_file(), f"{where}: there is no {file}"
    if folder is not None and arguments[0] in RUN and tuple(arguments) not in DONE:
        _really(arguments, where, folder)
        DONE.add(tuple(arguments))


def _really(arguments: Sequence[str], where: str, folder: Path) -> None:
    """Run it from the root of the repository, as fast as it goes, with engines that need nothing."""
    arguments = list(arguments)
    if arguments[0] in ("clip", "report"):
        arguments = _about_a_log(arguments, folder)
    if arguments[0] in ("rehearse", "check", "clip"):
        (folder / "scripted.yaml").write_text(json.dumps({"character_config": QUICK}), encoding="utf-8")
        arguments += ["--config", str(folder / "scripted.yaml")]
    if arguments[0] == "rehearse":
        arguments += ["--speed", "1000"]
        if arguments[1].endswith(".irc"):  # its beginning; test_cli.py plays all of it
            lines = (ROOT / arguments[1]).read_text(encoding="utf-8").splitlines()[:2]
            arguments[1] = str(folder / "chat.irc")
            Path(arguments[1]).write_text("\n".join(lines), encoding="utf-8")
        if "--profile" in arguments:
            arguments += ["--minutes", "2"]
    with (
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(io.StringIO()),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main(arguments)
    assert ended.value.code == 0, f"{where}: {' '.join(arguments)} ended with {ended.value.code}"


def _about_a_log(arguments: list[str], folder: Path) -> list[str]:
    """Let it read a log that there is, and write into the folder."""
    arguments[1] = str(kept(folder, turn("a", 755, (755, "Hello.", 2), ended=757), turn("b", 900, ended=901)))
    if "--out" not in arguments:
        arguments += ["--out", "report.html"]
    place = arguments.index("--out") + 1
    return [*arguments[:place], str(folder / arguments[place]), *arguments[place + 1 :]]


def _make(arguments: Sequence[str], where: str) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for word in arguments:
        name, is_variable, value = word.partition("=")
        if not is_variable:
            assert word in targets, f"{where}: make has no {word}"
        elif name == "ARGS" and "run" in arguments:
            _parsed(["run", *shlex.split(value)], where)
        elif name == "ARGS" and "bench" in arguments:
            for each in itertools.takewhile(lambda word: not word.startswith("-"), shlex.split(value)):
                assert (ROOT / "benchmarks" / f"{each}.py").is_file(), f"{where}: nothing measures {each}"


def _pip(arguments: Sequence[str], where: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for word in arguments[1:]:
        if found := re.fullmatch(r"(\.|open-llm-vtuber)\[([\w,]+)\]", word):
            for extra in found[2].split(","):
                assert extra in project["optional-dependencies"], f"{where}: there is no extra {extra}"


def _docker(arguments: Sequence[str], where: str) -> None:
    assert (ROOT / "Dockerfile").is_file()
    if arguments[0] == "compose":
        assert (ROOT / "compose.yaml").is_file()
        words = [word for word in arguments[1:] if not word.startswith("-")]
        known = [word for word in words if word in COMPOSE]
        assert known, f"{where}: docker compose {' '.join(arguments[1:])}"
        if "open-llm-vtuber" in words:
            _ours(arguments[arguments.index("open-llm-vtuber") + 1 :], where, None)
    else:
        assert arguments[0] in ("build", "run", "exec", "logs", "image"), f"{where}: docker {arguments[0]}"


def send(line: str, where: str, server: Serving) -> httpx2.Response:
    """Send what a curl command sends. Fails on an answer that is an error."""
    curl = argparse.ArgumentParser("curl", exit_on_error=False)
    curl.add_argument("url")
    curl.add_argument("-X", "--request", dest="method")
    curl.add_argument("-H", "--header", action="append", default=[])
    curl.add_argument("-d", "--data")
    curl.add_argument("-F", "--form")
    for switch in ("-s", "-N", "-f", "-S"):
        curl.add_argument(switch, action="store_true")
    options = curl.parse_args(shlex.split(at_the_server(line, server), comments=True)[1:])
    assert str(server.port) in options.url, f"{where}: {options.url} is not our server's usual address"
    headers = dict(each.split(": ", 1) for each in options.header)
    method = options.method or ("POST" if options.data or options.form else "GET")
    files = {"file": ("recording.wav", _recording())} if options.form else None
    answer = httpx2.request(
        method, options.url, headers=headers, content=options.data, files=files, timeout=20, trust_env=False
    )
    assert answer.status_code < 400, (
        f"{where}: {line.strip()} was answered {answer.status_code} {answer.text}"
    )
    return answer


def _recording() -> bytes:
    return wav(tone(500))
