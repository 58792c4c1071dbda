"""Calls of the API: what passes by itself is tried again, the rest has Twitch's reason. On virtual time."""

import asyncio
from random import Random

import pytest

from fake_web import PlannedWeb, ok, refused
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.twitch.fields import Json
from open_llm_vtuber.twitch.helix import Helix, HelixError
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.tokens import AuthLost, Tokens
from open_llm_vtuber.twitch.web import Answer, Unreachable
from virtual_time import run_virtual

LOGIN = Login(access_token="old", refresh_token="once", client_id="client")
DATA = {"data": [{"id": "1"}]}
NEW = ok({"access_token": "new", "refresh_token": "next"})


def called(answers: list[Answer | None], login: Login = LOGIN) -> tuple[Json, PlannedWeb, float]:
    async def main() -> tuple[Json, PlannedWeb, float]:
        web = PlannedWeb(answers)
        loop = asyncio.get_running_loop()
        async with Tokens(web, "https://id", login) as tokens:
            helix = Helix(web, "https://helix", tokens, rng=Random(1), clock=loop.time)
            found = await helix.call("GET", "users", params=[("login", "example")])
        return found, web, loop.time()

    return run_virtual(main())


def test_a_call_names_token_and_client() -> None:
    found, web, _ = called([ok(DATA)])
    assert found == DATA
    assert (web.asked[0].method, web.asked[0].url) == ("GET", "https://helix/users")
    assert web.asked[0].headers == {"Authorization": "Bearer old", "Client-Id": "client"}


def test_an_expired_token_is_refreshed_and_the_call_made_again() -> None:
    found, web, _ = called([refused(401, "expired"), NEW, ok(DATA)])
    assert found == DATA
    assert web.asked[2].headers["Authorization"] == "Bearer new"


def test_a_token_that_is_refused_again_is_a_lost_login() -> None:
    with pytest.raises(AuthLost, match="still no"):
        called([refused(401, "no"), NEW, refused(401, "still no")])


def test_it_comes_again_when_twitch_says() -> None:
    found, web, now = called([refused(429, "slow", **{"ratelimit-reset": "20"}), ok(DATA)])
    assert found == DATA
    assert 20 <= now < 20.3
    assert len(web.asked) == 2


@pytest.mark.parametrize("reset", ["", "soon", "-5", "999999999"])
def test_a_strange_time_to_come_again_is_bounded(reset: str) -> None:
    _, _, now = called([refused(429, "slow", **{"ratelimit-reset": reset}), ok(DATA)])
    assert now < 61


def test_too_many_connections_is_no_matter_of_waiting() -> None:
    web = PlannedWeb([refused(429, "number of websocket transports limit exceeded")])

    async def main() -> None:
        async with Tokens(web, "https://id", LOGIN) as tokens:
            with pytest.raises(HelixError, match="transports limit exceeded"):
                await Helix(web, "https://helix", tokens).call("POST", "eventsub/subscriptions")

    run_virtual(main())
    assert len(web.asked) == 1


def test_it_does_not_wait_for_ever() -> None:
    with pytest.raises(HelixError) as caught:
        called([refused(429, "slow")])
    assert caught.value.retryable


@pytest.mark.parametrize("answer", [refused(503, "down"), None, Answer(502, {}, {})])
def test_a_fault_of_twitchs_is_tried_again_and_then_said(answer: Answer | None) -> None:
    found, _, now = called([answer, answer, ok(DATA)])
    assert found == DATA
    assert 0 < now < 2
    with pytest.raises(EngineError) as caught:
        called([answer])
    assert caught.value.retryable
    assert "https" not in str(caught.value)


def test_a_network_that_is_away_says_so() -> None:
    with pytest.raises(Unreachable, match="could not be reached"):
        called([None])


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_refusal_is_an_error_with_twitchs_reason(status: int) -> None:
    with pytest.raises(HelixError, match="subscription missing proper authorization") as caught:
        called([refused(status, "subscription missing\nproper authorization")])
    assert caught.value.status == status
    assert not caught.value.retryable
