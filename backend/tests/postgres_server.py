"""A PostgreSQL server of our own, from Debian's package: in a temporary folder, on a socket that nobody else has."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

PASSWORD = "a made-up secret"
USER = "olv"
_NUMBERS = count()


def programs() -> Path | None:
    """Return the folder with initdb and postgres, the newest one, or None where it is not installed."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server that runs, and how to reach it."""

    folder: Path
    bin: Path

    def url(self, database: str = "postgres", *, password: str = PASSWORD) -> str:
        return f"postgresql+asyncpg://{USER}:{password.replace(' ', '%20')}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"test_{next(_NUMBERS)}"
        command = [str(self.bin / "createdb"), "-h", str(self.folder), "-U", USER, name]
        subprocess.run(command, check=True, env={**os.environ, "PGPASSWORD": PASSWORD}, timeout=30)
        return self.url(name)


@contextmanager
def postgres_server(found: Path) -> Iterator[PostgresServer]:
    """Run a server for as long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="olv-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for each in (folder, secret):
                shutil.chown(each, _nobody())
        data = folder / "data"
        _run(found / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-N")
        command = _as_nobody([found / "postgres", "-D", data, "-k", folder, "-h", "", "-F"])
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_until_ready(found, folder, server)
            yield PostgresServer(folder, found)
        finally:
            server.send_signal(signal.SIGINT)  # at once, whoever is still connected
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(found: Path, folder: Path, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while subprocess.run([found / "pg_isready", "-q", "-h", folder], check=False).returncode:
        assert server.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < end, "PostgreSQL was not ready in time"
        time.sleep(0.1)


def _run(*command: Path | str) -> None:
    subprocess.run(_as_nobody(command), check=True, stdout=subprocess.DEVNULL, timeout=60)


def _as_nobody(command: Sequence[Path | str]) -> list[str]:
    """PostgreSQL refuses to run as root: let another account do it."""
    plain = [str(each) for each in command]
    if os.geteuid() != 0:
        return plain
    return ["setpriv", f"--reuid={_nobody()}", "--regid=nogroup", "--clear-groups", *plain]


def _nobody() -> str:
    return pwd.getpwnam("nobody").pw_name
