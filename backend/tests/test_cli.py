"""The commands, as a user types them."""

import asyncio
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import fake_provider
from fake_provider import FakeProvider
from fake_vtube_studio import FakeVTubeStudio
from live_server import SCRIPTED, free_port, launched
from open_llm_vtuber import __version__, cli

EXAMPLE = Path(__file__).parents[2] / "examples" / "chat.irc"


def run(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "open_llm_vtuber", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
    )


def scripted(folder: Path, **sections: Any) -> str:
    file = folder / "conf.yaml"
    file.write_text(json.dumps({"character_config": SCRIPTED, **sections}), encoding="utf-8")
    return str(file)


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Check that a run failed politely, and return what it said."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, lines
    return lines[0]


def one_fault(done: subprocess.CompletedProcess[str]) -> str:
    """Check that a check found one fault, and return what it said of it."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    fault, summary = done.stderr.splitlines()
    assert summary.startswith("One fault.")
    return fault


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = one_sentence(
            run(tmp_path, "run", "--no-browser", "--port", port, "--config", scripted(tmp_path))
        )
    assert f"Port {port} is taken" in said
    assert "--port" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [("system_config: {port: x}", "port"), ("a: [", "not valid YAML"), (None, "no configuration file")],
)
def test_a_bad_configuration_is_one_sentence(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "bad.yaml").write_text(text)
    assert says in one_sentence(run(tmp_path, "run", "--no-browser", "--config", "bad.yaml"))


def test_a_host_that_others_can_reach_needs_a_token(tmp_path: Path) -> None:
    assert "access_token" in one_sentence(
        run(tmp_path, "run", "--host", "0.0.0.0", "--config", scripted(tmp_path))
    )


def test_the_demo_brain_does_not_go_onto_a_channel_unasked(tmp_path: Path) -> None:
    said = one_sentence(run(tmp_path, "run", "--channel", "somechannel", "--config", scripted(tmp_path)))
    assert "demo brain" in said
    assert "--yes" in said


def test_an_unknown_command_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    done = run(tmp_path, "fly")
    assert done.returncode == 2
    assert "rehearse" in done.stderr


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").stdout.strip() == __version__


def remote(url: str, *, limit_s: float = 20) -> dict[str, Any]:
    """Return a configuration whose brain and voice are served there."""
    brain = {"base_url": url, "model": "m", "timeout_s": limit_s}
    return {
        **SCRIPTED,
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "openai_compatible_llm"}},
            "llm_configs": {"openai_compatible_llm": brain},
        },
        "tts_config": {
            "tts_model": "openai_tts",
            "fallback": ["tone_tts"],
            "openai_tts": {"base_url": url, "timeout_s": limit_s},
        },
    }


def checked(folder: Path, **switches: Any) -> subprocess.CompletedProcess[str]:
    """Check a configuration against a provider with these switches set."""

    async def main() -> subprocess.CompletedProcess[str]:
        async with FakeProvider() as provider:
            for name, value in switches.items():
                setattr(provider, name, value)
            # On a busy machine an answer takes its time; only one that never comes has to be given up soon.
            limit = 0.4 if provider.mode == "hang first" else 20
            config = scripted(folder, character_config=remote(provider.base_url, limit_s=limit))
            return await asyncio.to_thread(run, folder, "check", "--config", config)

    return fake_provider.run(main(), 60)


def test_check_uses_every_engine_and_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "check", "--config", scripted(tmp_path))
    assert done.returncode == 0
    assert re.search(r"✓ llm: scripted_llm \(first words in \d+\.\d s\)", done.stderr)
    assert re.search(r"✓ tts: tone_tts \(spoke in \d+\.\d s\)", done.stderr)
    assert re.search(r"✓ asr: scripted_asr \(listened in \d+\.\d s\)", done.stderr)
    assert "The configuration is fine and every engine works." in done.stderr


def test_check_is_content_with_a_provider_that_answers(tmp_path: Path) -> None:
    done = checked(tmp_path)
    assert done.returncode == 0, done.stderr
    for line in ("✓ llm: openai_compatible_llm (", "✓ tts: openai_tts (", "✓ tts, standing in: tone_tts ("):
        assert line in done.stderr


@pytest.mark.parametrize(
    ("switches", "says"),
    [
        ({"status": 401}, "refused the key (401)"),
        ({"mode": "hang first"}, "did not begin to answer in time"),
        ({"mode": "wrong type"}, "does not answer like"),
    ],
)
def test_check_names_every_fault_of_a_provider_at_once(
    tmp_path: Path, switches: dict[str, Any], says: str
) -> None:
    done = checked(tmp_path, **switches)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [line.split(": ")[:2] for line in done.stderr.splitlines() if "✗" in line and says in line] == [
        ["✗ llm", "openai_compatible_llm"],
        ["✗ tts", "openai_tts"],
    ]
    assert "✓ tts, standing in: tone_tts" in done.stderr
    assert "fine" not in done.stderr


@pytest.mark.parametrize(("mode", "sign", "code"), [("orphiq", "!", 0), ("external-api", "✗", 1)])
def test_check_uses_the_provider_of_external_api_too(tmp_path: Path, mode: str, sign: str, code: int) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/v1"
    external = {"provider": "custom", "model": "m", "endpoint": nowhere, "max_retries": 0}
    config = scripted(tmp_path, external_api=external, shows={"main": {"mode": mode}})
    done = run(tmp_path, "check", "--config", config)
    assert done.returncode == code, done.stderr
    assert f"{sign} external_api: custom: " in done.stderr
    assert "127.0.0.1" in done.stderr


def test_check_says_that_nobody_is_at_an_address(tmp_path: Path) -> None:
    config = scripted(tmp_path, character_config=remote(f"http://127.0.0.1:{free_port()}/v1"))
    done = run(tmp_path, "check", "--config", config)
    assert done.returncode == 1
    faults = [line for line in done.stderr.splitlines() if "✗" in line]
    assert len(faults) == 2, done.stderr
    assert all("127.0.0.1" in line for line in faults)


def following(folder: Path, url: str) -> str:
    return scripted(folder, live_config={"vtube_studio": {"enabled": True, "url": url}})


def test_check_says_whether_vtube_studio_is_reachable_and_asks_it_for_nothing_else(tmp_path: Path) -> None:
    async def main() -> tuple[subprocess.CompletedProcess[str], list[str]]:
        async with FakeVTubeStudio() as studio:
            config = following(tmp_path, studio.url)
            done = await asyncio.to_thread(run, tmp_path, "check", "--config", config)
            await asyncio.to_thread(
                run, tmp_path, "rehearse", str(EXAMPLE), "--speed", "500", "--config", config
            )
            return done, [each.kind for each in studio.asked]

    done, asked = asyncio.run(main())
    assert done.returncode == 0, done.stderr
    assert "✓ output: VTube Studio (answered in" in done.stderr
    assert asked == ["APIStateRequest"]


def test_check_does_not_fail_because_vtube_studio_is_not_running(tmp_path: Path) -> None:
    url = f"ws://127.0.0.1:{free_port()}"
    done = run(tmp_path, "check", "--config", following(tmp_path, url))
    assert done.returncode == 0, done.stderr
    assert f"! output: VTube Studio: VTube Studio cannot be reached at {url}" in done.stderr


def test_check_fails_for_an_address_that_vtube_studio_may_not_have(tmp_path: Path) -> None:
    config = following(tmp_path, "ws://vtube.example.com:8001")
    assert "private network" in one_fault(run(tmp_path, "check", "--config", config))


def test_check_counts_its_remarks(tmp_path: Path) -> None:
    character = {**SCRIPTED, "tts_config": {"tts_model": "azure_tts"}}
    done = run(tmp_path, "check", "--config", scripted(tmp_path, character_config=character))
    assert done.returncode == 0, done.stderr
    number = sum(line.startswith("! ") for line in done.stderr.splitlines())
    assert number >= 1
    assert f"The configuration is fine, with {number} remark" in done.stderr


def test_engines_lists_what_can_be_chosen(tmp_path: Path) -> None:
    listed = run(tmp_path, "engines").stdout
    assert "openai_compatible_llm" in listed
    assert "embedded_tts" in listed


def test_protocol_prints_the_reference(tmp_path: Path) -> None:
    assert "### `text-input`" in run(tmp_path, "protocol").stdout


def test_a_rehearsal_ends_with_its_summary(tmp_path: Path) -> None:
    done = run(tmp_path, "rehearse", str(EXAMPLE), "--speed", "200", "--config", scripted(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "answered" in done.stdout
    assert "time to first audio" in done.stdout


@pytest.mark.parametrize("what", [(str(EXAMPLE),), ("--profile", "raid")])
def test_a_reader_who_has_seen_enough_ends_a_rehearsal_without_a_word(
    tmp_path: Path, what: tuple[str, ...]
) -> None:
    """As `| head` does."""
    command = [sys.executable, "-m", "open_llm_vtuber", "rehearse", *what, "--speed", "200"]
    with subprocess.Popen(
        [*command, "--config", scripted(tmp_path)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stderr
        if what[0] == str(EXAMPLE):
            assert child.stdout.readline()
        child.stdout.close()
        said = child.stderr.read().decode()
        assert child.wait(50) == 130
    assert "Traceback" not in said
    assert "Error" not in said


def test_a_rehearsal_with_simulated_viewers_prints_the_same_report_each_time_at_any_speed(
    tmp_path: Path,
) -> None:
    config = scripted(tmp_path)
    reports = []
    for speed in ("400", "2000"):
        done = run(
            tmp_path, "rehearse", "--profile", "steady", "--minutes", "3", "--seed", "4", "--speed", speed,
            "--config", config,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        reports.append(done.stdout)
    assert reports[0] == reports[1]
    assert reports[0].startswith("Rehearsal of steady, seed 4\n")
    for row in ("messages in", "air time", "longest silence", "near-repeats", "viewers waited"):
        assert f"\n{row} " in reports[0]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--profile", "party"), "invalid choice"),
        ((), "required"),
        (("--profile", "steady", "chat.irc"), "not allowed with"),
        (("--profile", "steady", "--minutes", "0"), "--minutes must be more than 0"),
        (("--profile", "steady", "--speed", "nan"), "--speed must be more than 0"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    done = run(tmp_path, "rehearse", *arguments)
    assert done.returncode == 2
    assert why in " ".join(done.stderr.split())


FAULTY = """\
system_config:
  port: 99999999
live_config:
  twitch: {chanel: somebody}
cue_sheets:
  hello:
    - motion: [Wavee, 0]
autonomous:
  triggers:
    - {kind: cron, cron: nonsense, action: {say: hi}}
"""


def test_check_names_every_fault_on_a_line_of_its_own_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "conf.yaml"
    file.write_text(FAULTY)
    done = run(tmp_path, "check")
    assert done.returncode == 1
    port, channel, gesture, cron, summary = done.stderr.splitlines()
    assert port == "✗ conf.yaml:2 system_config.port: must be at most 65535"
    assert channel == (
        "✗ conf.yaml:4 live_config.twitch.chanel: is not a key that we know → Did you mean channel?"
    )
    assert gesture == (
        "✗ conf.yaml:7 cue_sheets.hello.0.motion: the avatar mika has no gesture 'Wavee' → Did you mean Wave?"
    )
    assert cron.startswith("✗ conf.yaml:10 autonomous.triggers.0.cron: 'nonsense' is not a cron line")
    assert summary.startswith("4 faults.")

    file.write_text(
        FAULTY.replace("99999999", "0").replace("chanel", "channel").replace("nonsense", "0 * * * *")
    )
    assert one_fault(run(tmp_path, "check")) == gesture


def test_run_says_the_same_of_a_faulty_file(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text(FAULTY)
    done = run(tmp_path, "run", "--no-browser")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines() == [
        "✗ conf.yaml:2 system_config.port: must be at most 65535",
        "✗ conf.yaml:4 live_config.twitch.chanel: is not a key that we know → Did you mean channel?",
    ]


def test_faults_have_colours_in_a_terminal_and_none_where_that_is_not_wanted(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text(FAULTY)
    assert "\x1b[1;31m✗" in raw_terminal(tmp_path, "check", code=1)
    without = raw_terminal(tmp_path, "check", code=1, NO_COLOR="1")
    assert "✗" in without
    assert not re.search(r"\x1b\[(\d;)*[349]\d", without)


def raw_terminal(folder: Path, *arguments: str, code: int = 0, **more: str) -> str:
    """Run a command with all its output on one terminal, and return what it wrote."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "LINES": "50", **more}
    command = [sys.executable, "-m", "open_llm_vtuber", *arguments]
    child = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    with suppress(OSError):  # so a terminal says that the last program has left it
        while piece := os.read(ours, 65_536):
            written += piece
    os.close(ours)
    assert child.wait(60) == code, written
    return written.decode()


def in_a_terminal(folder: Path, *arguments: str) -> str:
    """Do the same, and return what a person reads."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", raw_terminal(folder, *arguments))


def test_in_a_terminal_a_rehearsal_is_readable(tmp_path: Path) -> None:
    line = "@display-name=Ana;id=m{0};tmi-sent-ts={0}0000 :ana!ana@ana.tmi.twitch.tv PRIVMSG #c :number {0}, mika?"
    recording = tmp_path / "short.irc"
    recording.write_text("\n".join(line.format(number) for number in range(1, 5)), encoding="utf-8")
    shown = in_a_terminal(
        tmp_path, "rehearse", str(recording), "--speed", "10", "--config", scripted(tmp_path)
    )
    lines = [each for row in shown.splitlines() for each in row.split("\r")]
    for number in range(1, 5):
        assert shown.count(f"Ana: number {number}, mika?") == 1
    assert sum(each.startswith("Mika: ") for each in lines) == 4
    assert sum(each.strip() == "Rehearsal" for each in lines) == 1
    assert "1 of 4 lines in" in shown
    assert "turn " not in shown, "the log does not repeat what is on the screen"


@pytest.mark.parametrize("speed", ["0", "-1", "nan"])
def test_a_rehearsal_at_an_impossible_speed_is_refused(tmp_path: Path, speed: str) -> None:
    done = run(tmp_path, "rehearse", str(EXAMPLE), "--speed", speed, "--config", scripted(tmp_path))
    assert "--speed" in one_sentence(done)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_started_server_says_where_it_is_and_ends_when_it_is_told_to(
    tmp_path: Path, number: signal.Signals
) -> None:
    with launched(tmp_path, {"character_config": SCRIPTED}) as (port, child):
        child.send_signal(number)
        assert child.wait(10) == 0
    said = (tmp_path / "log").read_text()
    for path in ("/", "/stage", "/control", "/docs"):
        assert f"http://127.0.0.1:{port}{path}" in said
    assert "demo brain" in said
    assert "Off air." in said
    assert "Traceback" not in said


def test_a_browser_is_opened_only_for_somebody_who_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert not cli._has_display(), "the output is not a terminal here"


def test_old_conversations_are_imported_once_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "chat_history" / "mika_001"
    folder.mkdir(parents=True)
    uid = "2024-01-01_00-00-00_" + "a" * 32
    said = '[{"role": "human", "timestamp": "2024-01-01T00:00:00", "content": "Hi"}]'
    (folder / f"{uid}.json").write_text(said)
    arguments = ("import-history", "chat_history", "--config", scripted(tmp_path))
    first, second = run(tmp_path, *arguments), run(tmp_path, *arguments)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    (folder / "notes.json").write_text("[red]not a conversation[/]")
    third = run(tmp_path, *arguments)
    assert third.returncode == 1
    assert "mika_001/notes.json was left out: its name" in third.stderr
    rows = [next(row for row in each.stdout.splitlines() if "mika_001" in row) for each in (first, third)]
    assert [[int(cell) for cell in row.split() if cell.isdecimal()] for row in rows] == [
        [1, 0, 0, 0],
        [0, 1, 0, 1],
    ]


def test_importing_from_a_folder_without_conversations_is_one_sentence(tmp_path: Path) -> None:
    said = one_sentence(run(tmp_path, "import-history", "nowhere", "--config", scripted(tmp_path)))
    assert "nowhere" in said


def test_a_rehearsal_leaves_nothing_behind(tmp_path: Path) -> None:
    config = scripted(tmp_path)
    short = tmp_path / "short.irc"
    short.write_text("\n".join(EXAMPLE.read_text(encoding="utf-8").splitlines()[:3]), encoding="utf-8")
    done = run(tmp_path, "rehearse", str(short), "--speed", "100", "--config", config)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conf.yaml", "short.irc"]
