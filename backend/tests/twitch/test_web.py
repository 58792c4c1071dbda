"""HTTP as it is: answers that are none, servers that are away, and nothing of it in an error."""

import asyncio

import pytest

from open_llm_vtuber.twitch.web import HttpWeb, Unreachable
from twitch_mock import TwitchMock

TOKEN = "secretaccesstoken"


async def sent(url: str, path: str = "") -> tuple[int, dict[str, object], str]:
    async with HttpWeb(timeout=2) as web:
        answer = await web.send(
            "GET", url + path, headers={"Authorization": f"OAuth {TOKEN}"}, params=[("login", "example")]
        )
        return answer.status, dict(answer.body), answer.reason


def test_an_answer_is_its_status_and_its_json() -> None:
    async def main() -> None:
        async with TwitchMock() as twitch:
            assert await sent(twitch.endpoints.id, "/validate") == (
                401,
                {"status": 401, "message": "invalid access token"},
                "invalid access token",
            )

    asyncio.run(main())


def test_a_page_instead_of_json_is_an_empty_answer_with_its_status() -> None:
    async def main() -> None:
        async with TwitchMock() as twitch:
            twitch.html = True
            assert await sent(twitch.endpoints.id, "/validate") == (502, {}, "status 502")

    asyncio.run(main())


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense"])
def test_who_cannot_be_reached_is_said_without_address_or_token(url: str) -> None:
    with pytest.raises(Unreachable) as caught:
        asyncio.run(sent(url))
    assert caught.value.retryable
    assert "127.0.0.1" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_before_it_is_entered_nothing_can_be_sent() -> None:
    with pytest.raises(Unreachable):
        asyncio.run(HttpWeb().send("GET", "http://127.0.0.1:9"))


def test_form_and_json_are_sent_in_the_body() -> None:
    async def main() -> None:
        async with TwitchMock() as twitch, HttpWeb() as web:
            await web.send(
                "POST", f"{twitch.endpoints.id}/token", form={"client_id": "x", "refresh_token": "y"}
            )
            await web.send("POST", f"{twitch.endpoints.helix}/chat/messages", json={"message": "hi"})
            assert [body for _, _, body in twitch.calls] == [
                "client_id=x&refresh_token=y",
                '{"message":"hi"}',
            ]

    asyncio.run(main())
