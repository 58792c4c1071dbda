"""Where VTube Studio may be."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.vts.address import checked_address


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:8001",
        "ws://localhost:8001",
        "ws://[::1]:8001",
        "ws://192.168.1.20:8001",
        "ws://10.0.0.5",
        "ws://[fd00::1]:8001",
        "ws://100.64.0.9:8001",
        "ws://studio-pc.local:8001",
        "ws://host.docker.internal:8001",
        "wss://vtube.example.com",
    ],
)
def test_near_addresses_and_encrypted_ones_are_fine(url: str) -> None:
    assert checked_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "ws://8.8.8.8:8001",
        "ws://vtube.example.com:8001",
        "ws://localhost.example.com:8001",
        "ws://[2001:4860:4860::8888]:8001",
        "ws://[::ffff:8.8.8.8]:8001",
        "ws://0.0.0.0:8001",
        "ws://224.0.0.1:8001",
    ],
)
def test_a_token_does_not_go_into_the_world_unencrypted(url: str) -> None:
    with pytest.raises(ConfigError, match="private network"):
        checked_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://127.0.0.1:8001",
        "127.0.0.1:8001",
        "ws://",
        "ws://a:b@127.0.0.1",
        "ws://127.0.0.1:port",
        "ws://[",
        "ws://a..local",
        f"ws://{'x' * 64}.local",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="such as") as raised:
        checked_address(url)
    assert "a:b" not in str(raised.value)


@given(st.one_of(st.text(), st.text().map("ws://{}".format), st.text().map("wss://{}:8001".format)))
def test_any_text_is_an_address_or_a_fault_of_the_configuration(url: str) -> None:
    with suppress(ConfigError):
        assert checked_address(url) == url
