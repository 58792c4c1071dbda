"""Tokens: validated, refreshed once for all, and stored before they are used. On virtual time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fake_web import PlannedWeb, ok, refused
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.tokens import VALIDATE_EVERY_S, AuthLost, Grant, Tokens
from open_llm_vtuber.twitch.web import Answer
from virtual_time import run_virtual

OLD = Login(access_token="old", refresh_token="once", client_id="client")
NEW = ok({"access_token": "new", "refresh_token": "next", "expires_in": 14124})
VALID = ok({"client_id": "client", "login": "Example", "user_id": "1", "scopes": ["user:read:chat", 7]})
EXPIRED = refused(401, "invalid access token")


class Drawer:
    """A store that remembers what was in use when it was written."""

    def __init__(self, held: Login | None = OLD) -> None:
        self.held = held
        self.in_use: Callable[[], str] = str
        self.used_when_saved: list[str] = []
        self.is_full = False

    def load(self) -> Login | None:
        return self.held

    def save(self, login: Login) -> None:
        if self.is_full:
            raise ConfigError("The Twitch login cannot be stored: no space.")
        self.used_when_saved.append(self.in_use())
        self.held = login


def run(
    answers: list[Answer | None],
    main: Callable[[Tokens, PlannedWeb], Awaitable[None]],
    login: Login = OLD,
    store: Drawer | None = None,
    takes_s: float = 0.0,
) -> None:
    async def whole() -> None:
        web = PlannedWeb(answers, takes_s)
        async with Tokens(web, "https://id", login, store) as tokens:
            if store:
                store.in_use = lambda: tokens.access_token
            await main(tokens, web)

    if store is None:
        run_virtual(whole())
    else:
        asyncio.run(whole())  # a file is written in a thread


def test_a_valid_token_says_whose_it_is() -> None:
    async def main(tokens: Tokens, web: PlannedWeb) -> None:
        grant = await tokens.validate()
        assert grant == Grant(
            client_id="client", user_id="1", login="example", scopes=frozenset({"user:read:chat"})
        )
        assert web.asked[0].headers == {"Authorization": "OAuth old"}
        assert tokens.client_id == "client"

    run([VALID], main)


def test_an_expired_token_is_refreshed_and_validated_again() -> None:
    async def main(tokens: Tokens, web: PlannedWeb) -> None:
        await tokens.validate()
        assert tokens.access_token == "new"
        assert web.asked[1].form == {
            "grant_type": "refresh_token",
            "refresh_token": "once",
            "client_id": "client",
        }

    run([EXPIRED, NEW, VALID], main)


def test_ten_who_notice_at_once_make_one_refresh() -> None:
    async def main(tokens: Tokens, web: PlannedWeb) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(tokens.refresh("old"))
        assert (len(web.asked), tokens.refreshes, tokens.access_token) == (1, 1, "new")

    run([NEW], main, takes_s=1)


def test_who_notices_late_makes_none() -> None:
    async def main(tokens: Tokens, web: PlannedWeb) -> None:
        await tokens.refresh("old")
        await tokens.refresh("old")
        assert len(web.asked) == 1

    run([NEW], main)


def test_the_new_pair_is_stored_before_anybody_sees_it() -> None:
    store = Drawer()

    async def main(tokens: Tokens, _: PlannedWeb) -> None:
        await tokens.refresh("old")
        assert store.used_when_saved == ["old"]
        assert store.held == Login(access_token="new", refresh_token="next", client_id="client")

    run([NEW], main, store=store)


def test_a_refresh_that_has_begun_is_finished_though_who_asked_is_cancelled() -> None:
    store = Drawer()

    async def main(tokens: Tokens, web: PlannedWeb) -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(tokens.refresh("old"))
            while not web.asked:  # noqa: ASYNC110  nobody announces it
                await asyncio.sleep(0)
            task.cancel()

    run([NEW], main, store=store, takes_s=0.05)
    assert store.held == Login(access_token="new", refresh_token="next", client_id="client")


def test_a_refresh_that_has_begun_is_finished_though_everything_around_it_ends() -> None:
    store = Drawer()

    async def main() -> None:
        web = PlannedWeb([NEW], takes_s=0.05)

        async def reading() -> None:
            async with Tokens(web, "https://id", OLD, store) as tokens:
                await tokens.refresh("old")

        async with asyncio.TaskGroup() as group:
            task = group.create_task(reading())
            while not web.asked:  # noqa: ASYNC110  nobody announces it
                await asyncio.sleep(0)
            task.cancel()

    asyncio.run(main())
    assert store.held == Login(access_token="new", refresh_token="next", client_id="client")


def test_a_disk_that_is_full_does_not_end_the_stream(caplog: pytest.LogCaptureFixture) -> None:
    store = Drawer()
    store.is_full = True

    async def main(tokens: Tokens, _: PlannedWeb) -> None:
        await tokens.refresh("old")
        assert tokens.access_token == "new"

    run([NEW], main, store=store)
    assert "will need a new login" in caplog.text


def test_a_used_up_refresh_token_is_a_lost_login_with_twitchs_reason() -> None:
    async def main(tokens: Tokens, _: PlannedWeb) -> None:
        with pytest.raises(AuthLost, match="Invalid refresh token") as caught:
            await tokens.refresh("old")
        assert "once" not in str(caught.value)

    run([refused(400, "Invalid refresh token")], main)


def test_what_another_program_has_refreshed_is_taken_over() -> None:
    async def main(tokens: Tokens, _: PlannedWeb) -> None:
        await tokens.refresh("old")
        assert tokens.access_token == "theirs"

    run([refused(400, "Invalid refresh token")], main, store=Drawer(Login(access_token="theirs")))


def test_a_pasted_token_cannot_be_refreshed() -> None:
    async def main(tokens: Tokens, web: PlannedWeb) -> None:
        with pytest.raises(AuthLost, match="invalid access token"):
            await tokens.validate()
        assert len(web.asked) == 1

    run([EXPIRED], main, Login(access_token="old"))


@pytest.mark.parametrize("answer", [None, refused(503, "down")])
def test_a_server_that_is_away_does_not_lose_the_login(answer: Answer | None) -> None:
    async def main(tokens: Tokens, _: PlannedWeb) -> None:
        with pytest.raises(EngineError) as caught:
            await tokens.refresh("old")
        assert not isinstance(caught.value, AuthLost)
        assert caught.value.retryable

    run([answer], main)


def test_it_validates_every_hour_and_sooner_after_a_failure() -> None:
    async def main(tokens: Tokens, web: PlannedWeb) -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5 * VALIDATE_EVERY_S):
                await tokens.keep_valid()
        assert [asked.at for asked in web.asked] == [3600, 3660, 7260]
        assert loop.time() == 9000

    run([None, VALID], main)


def test_hourly_validation_notices_that_the_login_is_gone() -> None:
    async def main(tokens: Tokens, _: PlannedWeb) -> None:
        with pytest.raises(AuthLost):
            await tokens.keep_valid()

    run([EXPIRED], main, Login(access_token="old"))
