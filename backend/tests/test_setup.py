"""The script that installs: what it says, and that it does nothing twice."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import setup
from setup import PipProgress, Setup, SetupError, Stamps, explain

LOCK = """\
# a comment
anyio==4.16.0 \\
    --hash=sha256:00
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:11
numpy==2.4.6 \\
    --hash=sha256:22
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "requirements").mkdir()
    for name in ("run", "dev"):
        (tmp_path / f"requirements/{name}.lock").write_text(LOCK)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


class Recorded(Setup):
    """Notes what it would run; the command that holds `fails` fails."""

    def __init__(self, root: Path, fails: str = "") -> None:
        super().__init__(root)
        self.ran: list[str] = []
        self._fails = fails

    def _run(self, command: Sequence[str], describe: object = None) -> None:  # noqa: ARG002
        line = " ".join(command)
        self.ran.append(line)
        if self._fails and self._fails in line:
            raise SetupError("It failed.")
        if " -m venv " in line:
            self.python.parent.mkdir(parents=True)
            self.python.touch()


def test_the_packages_are_installed_with_hashes_and_then_the_project_without_a_network(tree: Path) -> None:
    first = Recorded(tree)
    first.python_packages("run")
    venv, packages, project = first.ran
    assert " -m venv " in venv
    assert "--require-hashes" in packages
    assert packages.endswith("run.lock")
    assert "--no-index" in project


def test_a_second_run_does_nothing(tree: Path) -> None:
    Recorded(tree).python_packages("run")
    second = Recorded(tree)
    second.python_packages("run")
    assert second.ran == []


def test_what_the_tests_need_contains_what_the_program_needs(tree: Path) -> None:
    Recorded(tree).python_packages("dev")
    run = Recorded(tree)
    run.python_packages("run")
    assert run.ran == []


@pytest.mark.parametrize("changed", ["requirements/run.lock", "pyproject.toml"])
def test_a_changed_file_is_installed_anew_into_the_same_environment(tree: Path, changed: str) -> None:
    Recorded(tree).python_packages("run")
    with (tree / changed).open("a") as file:
        file.write("\n")
    again = Recorded(tree)
    again.python_packages("run")
    assert [" -m venv " in line for line in again.ran] == [False, False]


@pytest.mark.parametrize(("fails", "again"), [(" -m venv ", 3), ("--require-hashes", 2), ("--no-index", 2)])
def test_a_half_finished_installation_is_done_again(tree: Path, fails: str, again: int) -> None:
    with pytest.raises(SetupError):
        Recorded(tree, fails).python_packages("run")
    second = Recorded(tree)
    second.python_packages("run")
    assert len(second.ran) == again


def test_a_folder_that_was_moved_gets_a_new_environment(tree: Path) -> None:
    Recorded(tree).python_packages("run")
    moved = tree.rename(tree.with_name("moved"))
    there = Recorded(moved)
    (moved / "pyproject.toml").write_text("[project]\n# changed\n")
    there.python_packages("run")
    assert " -m venv " in there.ran[0]


def test_the_progress_counts_the_packages_that_this_machine_needs() -> None:
    output = "Ignoring colorama: markers do not match\nCollecting anyio==4.16.0 (from -r requirements/run.lock (line 2))\n"
    progress = PipProgress(LOCK)
    assert progress("") == "asking the package index"
    assert progress(output) == "[1/2] anyio 4.16.0"
    assert progress(f"{output}\nInstalling collected packages: anyio") == "[2/2] unpacking"


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "WARNING: Retrying (Retry(total=1)) after connection broken\nERROR: Could not find a version that satisfies",
            "Could not reach the package index; check the network and run the same command again.",
        ),
        ("npm error code ECONNREFUSED", "Could not reach the package index"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the one that the lock file",
        ),
        ("ERROR: Could not install: [Errno 28] No space left on device", "The disk is full."),
        (
            "ERROR: No matching distribution found for xllamacpp==1",
            "no build of a needed package for this machine",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/x'", "permission denied"),
        ("ERROR: something else.", "It failed: something else."),
        ("", "It failed."),
    ],
)
def test_a_failure_is_one_sentence(output: str, sentence: str) -> None:
    assert sentence in explain(output)


def test_a_command_that_fails_is_explained_and_its_output_is_in_the_log(tree: Path) -> None:
    (tree / ".venv").mkdir()
    real = Setup(tree)
    script = "import sys; print('npm error code ENOTFOUND'); sys.exit(3)"
    with pytest.raises(SetupError, match=r"check the network .* \.venv/setup\.log"):
        real._run([sys.executable, "-c", script])
    assert "ENOTFOUND" in real.log.read_text()


def test_a_missing_venv_module_is_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SetupError, match="apt install python3-venv"):
        Recorded(tree).python_packages("run")


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SetupError, match=r"Python 3.11 or newer is needed; this is 3.9\."):
        setup.set_up(dev=False)


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]"])
def test_a_broken_stamp_file_counts_as_nothing_done(tmp_path: Path, text: str) -> None:
    (tmp_path / "setup.json").write_text(text)
    assert not Stamps(tmp_path / "setup.json").fresh("run", "1")


def test_a_missing_npm_is_said_and_only_an_error_where_node_is_required(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "frontend").mkdir()
    (tree / "frontend/package-lock.json").write_text("{}")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("OLV_REQUIRE_NODE", raising=False)
    Recorded(tree).node_packages("frontend")
    assert "will be skipped" in capsys.readouterr().out
    monkeypatch.setenv("OLV_REQUIRE_NODE", "1")
    with pytest.raises(SetupError):
        Recorded(tree).node_packages("frontend")


def test_another_user_than_root_is_told_how_to_install_chromium(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("OLV_REQUIRE_BROWSER", raising=False)
    Recorded(tree).browser()
    assert "apt-get install chromium" in capsys.readouterr().out


def test_the_command_line_fails_with_a_sentence_and_without_a_traceback(tmp_path: Path) -> None:
    script = tmp_path / "setup" / "setup.py"
    script.parent.mkdir()
    script.write_bytes(Path(setup.__file__).read_bytes())
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert "run.lock: No such file" in ended.stderr
    assert "Traceback" not in ended.stderr
