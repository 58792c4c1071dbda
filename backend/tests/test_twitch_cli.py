"""The commands about Twitch, as an operator runs them."""

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from open_llm_vtuber import twitch_cli
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from twitch_mock import CLIENT_ID, STREAMER, TwitchMock


@contextmanager
def twitch_beside() -> Iterator[TwitchMock]:
    """Run the mock in a thread of its own: the commands run their own loop."""
    mock = TwitchMock()
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with mock:
            started.set()
            while not stop.is_set():  # noqa: ASYNC110  it is a thread's event
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(10)
        yield mock
    finally:
        stop.set()
        thread.join(10)


def settings(mock: TwitchMock, folder: Path, **twitch: object) -> Settings:
    return Settings.model_validate(
        {
            "system_config": {"data_dir": folder},
            "live_config": {"twitch": {"endpoints": mock.endpoints.model_dump(), **twitch}},
        }
    )


def test_a_login_shows_the_code_waits_and_says_what_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with twitch_beside() as mock:

        def enter_the_code() -> None:
            while not mock._devices:
                threading.Event().wait(0.02)
            mock.approved.update(mock._devices.values())

        person = threading.Thread(target=enter_the_code)
        person.start()
        assert twitch_cli.log_in(settings(mock, tmp_path, client_id=CLIENT_ID)) == 0
        person.join()
    shown = capsys.readouterr().err
    assert "https://www.twitch.tv/activate" in shown
    assert re.search(r"CODE\d{4}", shown)
    assert f"Logged in as {STREAMER}" in shown
    assert "rewards: allowed" in shown
    stored = json.loads((tmp_path / "twitch-login.json").read_text(encoding="utf-8"))
    assert stored["access_token"] not in shown
    assert stored["refresh_token"] not in shown


def test_a_login_without_a_client_id_says_how_to_get_one() -> None:
    with pytest.raises(ConfigError, match="needs a client id"):
        twitch_cli.log_in(Settings())


def test_the_doctor_says_what_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with twitch_beside() as mock:
        assert twitch_cli.examine(settings(mock, tmp_path, channel=STREAMER)) == 0
        assert "chat, anonymously" in capsys.readouterr().err
        assert twitch_cli.examine(settings(mock, tmp_path, channel=STREAMER, token="nonsense")) == 2
        assert "invalid access token" in capsys.readouterr().err


def test_the_commands_are_there() -> None:
    for command in (["twitch", "login"], ["doctor", "--twitch"]):
        done = subprocess.run(
            [sys.executable, "-m", "open_llm_vtuber", *command, "--help"],
            capture_output=True,
            check=True,
            text=True,
        )
        assert "--data-dir" in done.stdout
