"""Where the server listens. Runs that follow each other are tested with the set-up: first_run/test_routes.py."""

import socket

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.serving import listening_socket


def test_a_port_that_is_taken_is_the_operators_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {port} is taken"):
            listening_socket("127.0.0.1", port)


def test_localhost_is_the_loopback_address() -> None:
    with listening_socket("localhost", 0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
