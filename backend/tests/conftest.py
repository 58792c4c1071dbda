"""What every test gets: no network beyond this machine, and honest skips."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NoReturn

import pytest

from postgres_server import PostgresServer, postgres_server, programs

ANY_HOST = ("", "0.0.0.0", "::")  # to listen on, and only there to be recognised
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a test reach this machine and nothing else; it fails even when the code under test hides the error."""
    reached: list[str] = []

    def check(host: object, *, listening: bool = False) -> None:
        if not _is_loopback(host) and not (listening and (host is None or host in ANY_HOST)):
            reached.append(str(host))
            pytest.fail(f"a test tried to reach {host!r}", pytrace=False)

    def guard(name: str, *, which: int) -> None:
        real = getattr(socket.socket, name)

        def guarded(sock: socket.socket, *arguments: Any) -> Any:
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                check(arguments[which][0])
            return real(sock, *arguments)

        monkeypatch.setattr(socket.socket, name, guarded)

    guard("connect", which=0)
    guard("connect_ex", which=0)
    guard("sendto", which=-1)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: bytes | str | None, *arguments: Any, **named: Any) -> Any:
        check(host.decode() if isinstance(host, bytes) else host, listening=True)
        return look_up(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    assert not reached, f"a test tried to reach {', '.join(reached)}"


def _is_loopback(host: object) -> bool:
    try:
        return host == "localhost" or ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def missing() -> Callable[[str, str], NoReturn]:
    """Return `missing(reason, variable)`: skips the test, or fails it where that variable says it must run."""

    def skip_or_fail(reason: str, variable: str) -> NoReturn:
        if os.environ.get(variable):
            pytest.fail(f"{reason}, and {variable} says that it must be there", pytrace=False)
        pytest.skip(reason)

    return skip_or_fail


@pytest.fixture(scope="session")
def test_data(missing: Callable[[str, str], NoReturn]) -> Path:
    """Return the folder with recorded chat and events, which OLV_TEST_DATA names."""
    folder = os.environ.get("OLV_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        missing(f"there is no recorded data at OLV_TEST_DATA={folder!r}", "OLV_TEST_DATA")
    return Path(folder)


@pytest.fixture(scope="session")
def browser(missing: Callable[[str, str], NoReturn]) -> Path:
    """Return the path of a Chromium."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing("no Chromium is installed", "OLV_REQUIRE_BROWSER")
    return Path(found)


@pytest.fixture(scope="session")
def node(missing: Callable[[str, str], NoReturn]) -> Path:
    """Return the path of Node."""
    found = shutil.which("node")
    if found is None:
        missing("Node is not installed", "OLV_REQUIRE_NODE")
    return Path(found)


@pytest.fixture(scope="session")
def postgres(missing: Callable[[str, str], NoReturn]) -> Iterator[PostgresServer]:
    """Run a PostgreSQL server for all tests of this process."""
    found = programs()
    if found is None:
        missing("PostgreSQL is not installed", "OLV_REQUIRE_POSTGRES")
    with postgres_server(found) as server:
        yield server
