"""Who is let in with what, and who is shown out."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from open_llm_vtuber.config import SystemConfig
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.web.access import Access, SignedOut, TooManyGuesses
from open_llm_vtuber.web.guesses import AT_ONCE
from open_llm_vtuber.web.key_ring import SIGNED_IN_FOR, Pass

HERE = "203.0.113.7"


class Clock:
    """A wall clock that stands still until it is set."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def access(folder: Path, key: str = "sesame", clock: Clock | None = None) -> Access:
    system = SystemConfig(access_token=SecretStr(key) if key else None, data_dir=folder)
    return Access(system, clock=clock or Clock())


def played(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, 20))


async def here(door: Access, link: str, number: int) -> None:
    while door.visitors(link) < number:  # noqa: ASYNC110  who comes has no event
        await asyncio.sleep(0)


def test_without_an_access_token_everybody_may_do_everything(tmp_path: Path) -> None:
    async def scene() -> None:
        assert access(tmp_path, "").examine("", "", HERE) == Pass("developer")
        assert access(tmp_path, "").examine("anything", "", HERE) == Pass("developer")

    played(scene())


def test_a_token_counts_before_a_cookie_also_when_it_is_wrong(tmp_path: Path) -> None:
    async def scene() -> None:
        door = access(tmp_path)
        cookie = await door.sign_in(Pass("developer"))
        by_cookie = door.examine("", cookie, HERE)
        assert by_cookie is not None
        assert by_cookie.session
        assert door.examine("sesame", "", HERE) == Pass("developer")
        assert door.examine("wrong", cookie, HERE) is None
        link, token = await door.add_link("OBS", "stage")
        assert door.examine(token, cookie, HERE) == Pass("stage", link.id), (
            "a stage stays one in the owner's browser"
        )
        assert door.examine("", "", HERE) is None

    played(scene())


def test_who_guesses_too_often_has_to_wait_even_with_the_right_token_and_links_and_cookies_go_on(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        door = access(tmp_path)
        cookie = await door.sign_in(Pass("developer"))
        _, token = await door.add_link("OBS", "stage")
        for _ in range(AT_ONCE):
            assert door.examine("wrong", "", HERE) is None
        with pytest.raises(TooManyGuesses) as refused:
            door.examine("sesame", "", HERE)
        assert refused.value.wait > 0
        assert door.examine("sesame", "", "203.0.113.8") == Pass("developer")
        assert door.examine(token, "", HERE) is not None
        assert door.examine("", cookie, HERE) is not None

    played(scene())


async def stays(door: Access, by: Pass) -> str:
    try:
        async with door.visit(by):
            await asyncio.Event().wait()
    except SignedOut:
        return "shown out"
    return "stayed"


def test_whoever_is_here_by_a_link_is_shown_out_when_it_is_revoked_and_nobody_else(tmp_path: Path) -> None:
    async def scene() -> None:
        door = access(tmp_path)
        link, token = await door.add_link("mod", "operator")
        by_link = door.examine(token, "", HERE)
        assert by_link is not None
        by_cookie = door.examine("", await door.sign_in(by_link), HERE)
        assert by_cookie is not None
        async with asyncio.TaskGroup() as group:
            owner = group.create_task(stays(door, Pass("developer")))
            visitors = [group.create_task(stays(door, each)) for each in (by_link, by_link, by_cookie)]
            await here(door, link.id, 3)
            await door.revoke(link.id)
            assert [await each for each in visitors] == ["shown out"] * 3
            assert door.visitors(link.id) == 0
            assert not owner.done()
            owner.cancel()
        assert door.examine(token, "", HERE) is None
        assert access(tmp_path).examine(token, "", HERE) is None, "a restart does not bring it back"
        with pytest.raises(ProtocolError, match="no such link"):
            await door.revoke(link.id)

    played(scene())


def test_signing_out_ends_what_is_open_in_that_browser(tmp_path: Path) -> None:
    async def scene() -> None:
        door = access(tmp_path)
        mine, other = [door.examine("", await door.sign_in(Pass("developer")), HERE) for _ in range(2)]
        assert mine is not None
        assert other is not None
        async with asyncio.TaskGroup() as group:
            me, another = group.create_task(stays(door, mine)), group.create_task(stays(door, other))
            await here(door, "", 2)
            await door.sign_out(mine)
            assert await me == "shown out"
            assert not another.done()
            another.cancel()

    played(scene())


def test_a_sign_in_that_comes_to_its_end_ends_what_is_open_with_it(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = Clock()
        door = access(tmp_path, clock=clock)
        by = door.examine("", await door.sign_in(Pass("developer")), HERE)
        assert by is not None
        clock.now += SIGNED_IN_FOR - 0.01
        assert await stays(door, by) == "shown out"

    played(scene())


def test_a_time_limit_of_somebody_elses_is_passed_on_as_it_is(tmp_path: Path) -> None:
    async def scene() -> None:
        with pytest.raises(TimeoutError):
            async with access(tmp_path).visit(Pass("developer")), asyncio.timeout(0):
                await asyncio.Event().wait()

    played(scene())


def test_a_last_use_that_cannot_be_written_down_keeps_nobody_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        door = access(tmp_path / "data")
        link, token = await door.add_link("OBS", "stage")
        for file in (tmp_path / "data").iterdir():
            file.unlink()
        (tmp_path / "data").rmdir()
        (tmp_path / "data").write_text("in the way")
        await door.note_use(Pass("stage", link.id))
        assert door.examine(token, "", HERE) is not None

    played(scene())
    assert "cannot be stored" in caplog.text
