"""Makes .venv and installs the pinned packages; does nothing, quickly, when that was done before.

`python3 setup/setup.py` installs what the program runs on, with `--dev` also what its tests need.
"""

from __future__ import annotations  # so that an old Python gets as far as the sentence about its age

import argparse
import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]
OLDEST_PYTHON = (3, 11)
NODE_FOLDERS = ("frontend", "backend/tests/interop")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-noto-color-emoji")
SEE_LOG = "The full log is in .venv/setup.log"
AGAIN = "run the same command again"

FAILURES = {
    r"No space left on device|Disk quota exceeded": f"The disk is full. Make room (about 1 GB) and {AGAIN}.",
    r"DO NOT MATCH THE HASHES|EINTEGRITY": (
        "A downloaded package is not the one that the lock file names, so it was not installed. Clear the cache "
        f"(pip cache purge, npm cache clean) and {AGAIN}; if it stays so, do not trust the download."
    ),
    (
        r"Retrying \(Retry|NewConnectionError|ProxyError|Max retries exceeded|ReadTimeout|name resolution|ECONNREFUSED"
        r"|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|Could not resolve|Could not connect"
    ): f"Could not reach the package index; check the network and {AGAIN}.",
    r"Could not find a version|No matching distribution": (
        "The package index has no build of a needed package for this machine "
        f"(Python {sys.version_info[0]}.{sys.version_info[1]}, {os.uname().sysname} {os.uname().machine})."
    ),
    r"Permission denied|EACCES": (
        f"A file could not be written: permission denied. Make this folder yours and {AGAIN}."
    ),
}
"""What a failed command prints → what a person should know. The first that is found counts."""


class SetupError(Exception):
    """Setting up cannot go on; the text is all that a person needs to read."""


class Progress:
    """What a person sees meanwhile: one line that changes in a terminal, a line per step elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._began = time.monotonic()
        self._text = ""

    def step(self, text: str) -> None:
        """Announce a step."""
        self._began = time.monotonic()
        if self._live:
            self.update(text)
        else:
            print(f"{text} …", flush=True)

    def update(self, text: str = "") -> None:
        """Show how far a step is (without a text: that it goes on); only a terminal shows it."""
        self._text = text or self._text
        if self._live:
            width = shutil.get_terminal_size().columns - 12
            print(f"\r\x1b[K{self._text[:width]} … {self._seconds} s", end="", flush=True)

    def clear(self) -> None:
        """Take the changing line away, so that something else may be printed."""
        if self._live:
            print("\r\x1b[K", end="", flush=True)

    def done(self, text: str) -> None:
        """Say what was reached, and in what time."""
        self.clear()
        print(f"{text} ({self._seconds} s).", flush=True)

    @property
    def _seconds(self) -> int:
        return round(time.monotonic() - self._began)


class Stamps:
    """What was finished, and with which inputs: kept in .venv, so that deleting that starts anew."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._values: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(file.read_text())
            self._values = found if isinstance(found, dict) else {}

    def fresh(self, name: str, value: str) -> bool:
        """Return whether `name` was finished with these inputs."""
        return self._values.get(name) == value

    def set(self, **values: str) -> None:
        """Note what is finished."""
        self._values |= values
        self._write()

    def drop(self, *names: str) -> None:
        """Forget what is about to be changed: if it is cut short, it is done again."""
        self._values = {name: value for name, value in self._values.items() if name not in names}
        self._write()

    def _write(self) -> None:
        draft = self._file.with_suffix(".new")
        draft.write_text(json.dumps(self._values, indent=1))
        draft.replace(self._file)


class Setup:
    """One run of this script over the tree at `root`."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.log = self.venv / "setup.log"
        self.stamps = Stamps(self.venv / "setup.json")
        self.progress = Progress()

    def python_packages(self, kind: str) -> None:
        """Install the lock of that kind (`dev` holds all of `run`), then this project itself."""
        keys = {name: self._lock_key(name) for name in ("run", "dev")}
        if self.python.exists() and self.stamps.fresh(kind, keys[kind]):
            return
        self._virtual_environment()
        self.stamps.drop("run", "dev")
        lock = self.root / "requirements" / f"{kind}.lock"
        self.progress.step("Installing the packages; the first time takes about a minute")
        pip = [str(self.python), "-m", "pip", "install", "--no-deps", "--no-input", "--progress-bar=off"]
        exact = ["--require-hashes", "--only-binary=:all:", "--no-compile", "--retries=2", "-r", str(lock)]
        self._run([*pip, *exact], PipProgress(lock.read_text()))
        self.progress.update("Installing this project")
        self._run([*pip, "--no-build-isolation", "--no-index", "-e", str(self.root)])
        self.stamps.set(**(keys if kind == "dev" else {kind: keys[kind]}))
        self.progress.done("The packages are installed")

    def node_packages(self, folder: str) -> None:
        """Install what package-lock.json names, in a folder that has one."""
        lock = self.root / folder / "package-lock.json"
        if not lock.exists():
            return
        if not shutil.which("npm"):
            self._skip(
                f"Node and npm are not installed: the tests in {folder}/ will be skipped.", "OLV_REQUIRE_NODE"
            )
            return
        key = hashlib.sha256(lock.read_bytes()).hexdigest()
        if self.stamps.fresh(folder, key) and (lock.parent / "node_modules").exists():
            return
        self.stamps.drop(folder)
        self.progress.step(f"Installing the Node packages of {folder}/")
        self._run(
            [
                "npm",
                "--prefix",
                str(lock.parent),
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ]
        )
        self.stamps.set(**{folder: key})
        self.progress.done(f"The Node packages of {folder}/ are installed")

    def browser(self) -> None:
        """Install Debian's Chromium for the browser tests, where that can be done unasked."""
        if any(shutil.which(name) for name in BROWSERS):
            return
        command = f"apt-get install {' '.join(BROWSER_PACKAGES)}"
        if not shutil.which("apt-get") or os.geteuid() != 0:
            self._skip(
                f"Chromium is not installed: browser tests will be skipped ({command}).",
                "OLV_REQUIRE_BROWSER",
            )
            return
        self.progress.step("Installing Chromium for the browser tests")
        try:
            self._run(["apt-get", "update"])
            self._run(["apt-get", "install", "-y", "--no-install-recommends", *BROWSER_PACKAGES])
        except SetupError as error:
            self._skip(
                f"Chromium was not installed: browser tests will be skipped. {error}", "OLV_REQUIRE_BROWSER"
            )
        else:
            self.progress.done("Chromium is installed")

    def database(self) -> None:
        """Install Debian's PostgreSQL for the tests of the store, where that can be done unasked."""
        if any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
            return
        if not shutil.which("apt-get") or os.geteuid() != 0:
            self._skip(
                "PostgreSQL is not installed: its tests will be skipped (apt-get install postgresql).",
                "OLV_REQUIRE_POSTGRES",
            )
            return
        self.progress.step("Installing PostgreSQL for the tests of the store")
        try:
            self._run(["apt-get", "update"])
            self._run(["apt-get", "install", "-y", "--no-install-recommends", "postgresql"])
        except SetupError as error:
            self._skip(
                f"PostgreSQL was not installed: its tests will be skipped. {error}", "OLV_REQUIRE_POSTGRES"
            )
        else:
            self.progress.done("PostgreSQL is installed")

    def _virtual_environment(self) -> None:
        made_by = f"Python {sys.version_info[0]}.{sys.version_info[1]} in {sys.base_prefix} for {self.root}"
        if self.python.exists() and self.stamps.fresh("venv", made_by):
            self.log.write_text("")
            return
        if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
            message = f"Python's venv module is missing. Install it (on Debian: apt install python3-venv) and {AGAIN}."
            raise SetupError(message)
        self.progress.step("Making .venv")
        shutil.rmtree(self.venv, ignore_errors=True)
        self.venv.mkdir()
        self._run([sys.executable, "-m", "venv", str(self.venv)])
        self.stamps.set(venv=made_by)

    def _lock_key(self, kind: str) -> str:
        inputs = (self.root / "requirements" / f"{kind}.lock", self.root / "pyproject.toml", Path(__file__))
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in inputs)).hexdigest()

    def _skip(self, sentence: str, unless: str) -> None:
        """Say what will be missing; where the environment says that it must be there, stop."""
        self.progress.clear()
        if os.environ.get(unless):
            raise SetupError(f"{sentence} {unless} is set, so this is an error.")
        print(sentence, flush=True)

    def _run(self, command: Sequence[str], describe: Callable[[str], str] | None = None) -> None:
        """Run it to the end with its output in the log; `describe` turns that output into progress."""
        environment = os.environ | {
            "DEBIAN_FRONTEND": "noninteractive",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONUNBUFFERED": "1",
        }
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            start = log.tell()
            process = subprocess.Popen(
                command, cwd=self.root, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
            try:
                while True:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(0.2)
                        break
                    self.progress.update(describe(self._output(start)) if describe else "")
            finally:
                process.terminate()
                process.wait()
        if process.returncode != 0:
            raise SetupError(f"{explain(self._output(start))} {SEE_LOG}")

    def _output(self, start: int) -> str:
        return self.log.read_bytes()[start:].decode(errors="replace")


class PipProgress:
    """Reads from pip's output how far it is."""

    def __init__(self, lock: str) -> None:
        self._wanted = len(re.findall(r"^\S+==", lock, re.MULTILINE))

    def __call__(self, output: str) -> str:
        """Return one line about the latest thing that happened."""
        packages = re.findall(
            r"^(?:Collecting|Requirement already satisfied:) (\S+?)==([^ ;]+)", output, re.MULTILINE
        )
        total = self._wanted - len(re.findall(r"^Ignoring ", output, re.MULTILINE))
        if "\nInstalling collected packages" in output:
            return f"[{total}/{total}] unpacking"
        if not packages:
            return "asking the package index"
        name, version = packages[-1]
        return f"[{len(packages):{len(str(total))}}/{total}] {name} {version}"


def explain(output: str) -> str:
    """Return one sentence about why a command failed, from what it printed."""
    for pattern, sentence in FAILURES.items():
        if re.search(pattern, output):
            return sentence
    errors = re.findall(r"^(?:ERROR|E|npm error|npm ERR!|Error): ?(.+)", output, re.MULTILINE)
    return f"It failed: {errors[-1].rstrip('.')}." if errors else "It failed."


def wait_for_others() -> None:
    """Let a second run of this script wait for the first: they would write the same files."""
    own = os.open(__file__, os.O_RDONLY)  # held, and so locked, until the process ends
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another setup of this folder is running; waiting for it …", flush=True)
        fcntl.flock(own, fcntl.LOCK_EX)


def set_up(*, dev: bool) -> None:
    """Install whatever is missing. Raises SetupError."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        have = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"Python 3.11 or newer is needed; this is {have}. Name another one: make PYTHON=python3.12 run"
        )
    wait_for_others()
    setup = Setup()
    try:
        setup.python_packages("dev" if dev else "run")
        if dev:
            for folder in NODE_FOLDERS:
                setup.node_packages(folder)
            setup.browser()
            setup.database()
    finally:
        setup.progress.clear()


def leave(_number: int, _frame: object) -> NoReturn:
    """End on SIGTERM as on any other error, so that what was started is stopped."""
    sys.exit(143)


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dev", action="store_true", help="also install what the tests need")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, leave)
    try:
        set_up(dev=arguments.dev)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Stopped. To go on, {AGAIN}.", file=sys.stderr)
        return 130
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "The disk is full" if full else f"{error.filename or 'A file'}: {error.strerror}"
        print(f"Could not set up: {reason}. Mend that and {AGAIN}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
