"""The anonymous cookie by which a browser finds its conversations again."""

import pytest

from open_llm_vtuber.protocol.identity import COOKIE, identity_of, set_cookie


def test_an_identity_that_was_given_out_is_kept() -> None:
    identity = identity_of({})
    assert identity_of({COOKIE: identity}) == identity


def test_two_clients_without_a_cookie_are_two() -> None:
    assert len({identity_of({}) for _ in range(100)}) == 100


@pytest.mark.parametrize("given", ["", "main", "a" * 31, "A" * 32, "../" * 11, "a" * 10_000, "a" * 32 + "\n"])
def test_anything_that_was_not_given_out_is_replaced(given: str) -> None:
    assert identity_of({COOKIE: given}) != given


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() -> None:
    name, value = set_cookie("a" * 32, is_secure=False)
    assert name == b"set-cookie"
    parts = value.decode().split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/client-ws"} < set(parts)
    assert "Secure" not in parts


def test_behind_tls_the_cookie_never_travels_in_the_open() -> None:
    assert set_cookie("a" * 32, is_secure=True)[1].endswith(b"; Secure")
