"""Links and sign-ins."""

import pytest

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.web.key_ring import (
    MOST_LINKS,
    MOST_SESSIONS,
    SIGNED_IN_FOR,
    USE_NOTED_EVERY,
    Kept,
    KeyRing,
    Pass,
)

OWNER = Pass("developer")
NOW = 1_000_000.0


def ring(key: str = "sesame", kept: Kept | None = None) -> KeyRing:
    return KeyRing(key, kept or Kept())


def again(old: KeyRing, key: str = "sesame") -> KeyRing:
    """Return what a restarted server knows."""
    return ring(key, Kept.model_validate_json(old.kept.model_dump_json()))


def test_a_links_token_finds_it_also_after_a_restart_and_no_other_does() -> None:
    keys = ring()
    link, token = keys.add("OBS", "stage", NOW)
    assert keys.link_of(token) == again(keys).link_of(token) == link
    for wrong in ("", token[:-1], token + "x", link.digest, link.id, "sesame"):
        assert keys.link_of(wrong) is None


def test_nothing_that_is_kept_opens_anything() -> None:
    keys = ring()
    _, token = keys.add("OBS", "stage", NOW)
    cookie = keys.sign_in(OWNER, NOW)
    kept = keys.kept.model_dump_json()
    assert token not in kept
    assert cookie not in kept
    assert "sesame" not in kept
    for session in keys.kept.sessions:
        assert keys.session_of(session.digest, NOW) is None
    for link in keys.kept.links:
        assert keys.link_of(link.digest) is None


def test_the_access_token_is_known_and_where_there_is_none_nothing_is_it() -> None:
    assert ring().is_access_token("sesame")
    for wrong in ("", "sesam", "sesame ", "Sesame", "ŝesame"):
        assert not ring().is_access_token(wrong)
    assert not ring("").is_access_token("")


def test_a_sign_in_lasts_its_time_and_a_restart() -> None:
    keys = ring()
    cookie = keys.sign_in(OWNER, NOW)
    found = again(keys).session_of(cookie, NOW + SIGNED_IN_FOR - 1)
    assert found is not None
    assert (found.role, found.link, found.until) == ("developer", "", NOW + SIGNED_IN_FOR)
    assert keys.session_of(cookie, NOW + SIGNED_IN_FOR) is None
    assert keys.session_of("", NOW) is None
    assert keys.session_of("sesame", NOW) is None, "the token is no cookie"


def test_another_access_token_ends_every_sign_in_and_no_link() -> None:
    keys = ring()
    cookie, (_, token) = keys.sign_in(OWNER, NOW), keys.add("OBS", "stage", NOW)
    changed = again(keys, "another")
    assert changed.session_of(cookie, NOW) is None
    assert changed.link_of(token) is not None


def test_who_signed_out_is_nobody_and_everybody_else_stays() -> None:
    keys = ring()
    mine, other = keys.sign_in(OWNER, NOW), keys.sign_in(OWNER, NOW)
    found = keys.session_of(mine, NOW)
    assert found is not None
    keys.sign_out(found.session)
    assert keys.session_of(mine, NOW) is None
    assert keys.session_of(other, NOW) is not None


def test_a_revoked_link_ends_with_every_sign_in_by_it() -> None:
    keys = ring()
    link, token = keys.add("mod", "operator", NOW)
    cookie, owners = keys.sign_in(Pass("operator", link.id), NOW), keys.sign_in(OWNER, NOW)
    by_cookie = keys.session_of(cookie, NOW)
    assert by_cookie is not None
    assert (by_cookie.role, by_cookie.link) == ("operator", link.id)
    assert keys.revoke(link.id)
    assert keys.link_of(token) is None
    assert keys.session_of(cookie, NOW) is None
    assert keys.session_of(owners, NOW) is not None
    assert not keys.revoke(link.id)


def test_its_last_use_is_noted_no_oftener_than_it_is_worth_a_write() -> None:
    keys = ring()
    link, _ = keys.add("OBS", "stage", NOW)
    assert keys.note_use(link.id, NOW)
    assert not keys.note_use(link.id, NOW + USE_NOTED_EVERY - 1)
    assert keys.note_use(link.id, NOW + USE_NOTED_EVERY)
    assert [each.used_at for each in again(keys).links] == [NOW + USE_NOTED_EVERY]
    assert not keys.note_use("gone", NOW)


def test_links_and_sign_ins_are_bounded() -> None:
    keys = ring()
    for number in range(MOST_LINKS):
        keys.add(f"link {number}", "stage", NOW)
    with pytest.raises(ProtocolError, match="revoke one first"):
        keys.add("one more", "stage", NOW)
    moderators = keys.sign_in(Pass("stage", keys.links[0].id), NOW)
    cookies = [keys.sign_in(OWNER, NOW) for _ in range(MOST_SESSIONS + 1)]
    assert keys.session_of(cookies[0], NOW) is None, "the oldest has made room"
    assert keys.session_of(cookies[1], NOW) is not None
    assert keys.session_of(moderators, NOW) is not None, "one token's sign-ins end nobody else's"
    assert len(keys.kept.sessions) == MOST_SESSIONS + 1


def test_sign_ins_that_are_over_are_forgotten_with_the_next_one() -> None:
    keys = ring()
    keys.sign_in(OWNER, NOW)
    keys.sign_in(OWNER, NOW + SIGNED_IN_FOR + 1)
    assert len(keys.kept.sessions) == 1
