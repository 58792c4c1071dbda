"""What somebody does who follows a page from top to bottom: README.md in a fresh copy, docs/how-to/twitch.md at a mock."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

from docs.pages import ROOT, Block, blocks
from docs.running import keys_of
from live_server import SCRIPTED
from open_llm_vtuber.cli import main
from test_twitch_cli import twitch_beside
from twitch_mock import CLIENT_ID, STREAMER

QUICK = {name: SCRIPTED[name] for name in ("agent_config", "tts_config", "asr_config")}


def block_of(page: str, beginning: str) -> Block:
    return next(block for block in blocks(page) if block.text.lstrip().startswith(beginning))


def fresh_copy(folder: Path) -> Path:
    """Copy what a clone would have."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "backend/src", "frontend", "examples", "Makefile", "setup"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a git work tree")
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


def ran(folder: Path, line: str) -> str:
    """Run a command of ours in that copy, as `.venv/bin/open-llm-vtuber` would; return what it said."""
    program, *arguments = shlex.split(line)
    assert program == ".venv/bin/open-llm-vtuber"
    environment = {**os.environ, "PYTHONPATH": str(folder / "backend/src"), "NO_COLOR": "1", "COLUMNS": "150"}
    done = subprocess.run(
        [sys.executable, "-m", "open_llm_vtuber", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=55,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(150)  # two starts of the real engines, on a machine that runs other tests meanwhile
def test_a_stranger_gets_from_the_readme_to_a_rehearsed_show_with_a_character_of_their_own(
    tmp_path: Path, missing: Callable[[str, str], NoReturn]
) -> None:
    """`make run` is what test_setup.py and the e2e tests do; everything after it is done here, with the real engines."""
    if find_spec("xllamacpp") is None or find_spec("hibari") is None:
        missing("the embedded engines are not installed", "OLV_REQUIRE_ENGINES")
    folder = fresh_copy(tmp_path / "clone")
    character = block_of("README.md", "character_config:")
    check, rehearse = block_of("README.md", ".venv/bin/open-llm-vtuber check").text.splitlines()
    (folder / "conf.yaml").write_text(character.text, encoding="utf-8")
    assert "The configuration is fine" in ran(folder, check)
    recording = folder / "examples/chat.irc"  # its beginning: test_cli.py plays all of it
    recording.write_text(
        "".join(recording.read_text(encoding="utf-8").splitlines(keepends=True)[:3]), "utf-8"
    )
    said = ran(folder, rehearse)
    name = keys_of(character.text, tmp_path)["character_config"]["character_name"]
    assert f"{name}" in said
    assert re.search(r"answered", said)


def test_the_steps_of_the_twitch_page_lead_to_a_login_that_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = "docs/how-to/twitch.md"
    login = next(block for block in blocks(page) if "client_id" in block.text)
    doctor = block_of(page, "open-llm-vtuber doctor")
    with twitch_beside() as mock:
        given = keys_of(login.text, tmp_path)
        twitch = given["live_config"]["twitch"]
        assert re.fullmatch(r"[a-z0-9]{30}", twitch["client_id"]), "it looks like one of Twitch's"
        twitch |= {"client_id": CLIENT_ID, "channel": STREAMER, "endpoints": mock.endpoints.model_dump()}
        file = tmp_path / "conf.yaml"
        file.write_text(json.dumps({**given, "character_config": QUICK}), encoding="utf-8")
        at = ["--config", str(file), "--data-dir", str(tmp_path / "data")]

        def enter_the_code() -> None:
            while not mock._devices:
                threading.Event().wait(0.02)
            mock.approved.update(mock._devices.values())

        person = threading.Thread(target=enter_the_code)
        person.start()
        with pytest.raises(SystemExit) as logged_in:
            main(["twitch", "login", *at])
        person.join()
        assert logged_in.value.code == 0
        words = shlex.split(doctor.text)[1:]
        with pytest.raises(SystemExit) as examined:
            main([STREAMER if word == "yourchannel" else word for word in words] + at)
        assert examined.value.code == 0
    shown = capsys.readouterr()
    assert f"Logged in as {STREAMER}" in shown.err
