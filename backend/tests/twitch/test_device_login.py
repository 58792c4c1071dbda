"""The login by a code that somebody enters elsewhere. On virtual time."""

import asyncio

import pytest

from fake_web import PlannedWeb, ok, refused
from open_llm_vtuber.twitch.device_login import DeviceCode, LoginFailed, begin, finish
from open_llm_vtuber.twitch.web import Answer
from virtual_time import run_virtual

STARTED = ok(
    {
        "device_code": "secretdevice",
        "expires_in": 60,
        "interval": 5,
        "user_code": "ABCDEFGH",
        "verification_uri": "https://www.twitch.tv/activate?device-code=ABCDEFGH",
    }
)
PENDING = refused(400, "authorization_pending")
DONE = ok({"access_token": "a", "refresh_token": "r", "scope": []})
CODE = DeviceCode(
    user_code="ABCDEFGH",
    verification_uri="https://www.twitch.tv/activate",
    expires_in_s=60,
    interval_s=5,
    device_code="secretdevice",
)


def test_it_asks_for_a_code() -> None:
    web = PlannedWeb([STARTED])
    code = run_virtual(begin(web, "https://id", "client", ["user:read:chat", "bits:read"]))
    assert (code.user_code, code.interval_s, code.expires_in_s) == ("ABCDEFGH", 5, 60)
    assert web.asked[0].form == {"client_id": "client", "scopes": "user:read:chat bits:read"}
    assert "secretdevice" not in repr(code)


@pytest.mark.parametrize(
    "answer",
    [refused(400, "invalid client"), ok({}), ok({**STARTED.body, "verification_uri": "javascript:x"})],
)
def test_no_code_is_said_with_twitchs_reason(answer: Answer) -> None:
    with pytest.raises(LoginFailed, match="is the client id right"):
        run_virtual(begin(PlannedWeb([answer]), "https://id", "client"))


def test_it_waits_at_twitchs_pace_until_the_code_was_entered() -> None:
    web = PlannedWeb([PENDING, None, refused(503, "down"), DONE])
    login = run_virtual(finish(web, "https://id", "client", CODE))
    assert (login.access_token, login.refresh_token, login.client_id) == ("a", "r", "client")
    assert [asked.at for asked in web.asked] == [5, 10, 15, 20]
    assert web.asked[0].form["device_code"] == "secretdevice"


def test_it_slows_down_when_asked_to() -> None:
    web = PlannedWeb([refused(400, "slow_down"), DONE])
    run_virtual(finish(web, "https://id", "client", CODE))
    assert [asked.at for asked in web.asked] == [5, 15]


def test_a_refusal_ends_it() -> None:
    with pytest.raises(LoginFailed, match="invalid device code"):
        run_virtual(finish(PlannedWeb([refused(400, "invalid device code")]), "https://id", "client", CODE))


def test_it_does_not_wait_for_ever() -> None:
    async def main() -> float:
        with pytest.raises(LoginFailed, match="in time"):
            await finish(PlannedWeb([PENDING]), "https://id", "client", CODE)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 60
