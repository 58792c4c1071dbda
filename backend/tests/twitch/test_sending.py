"""Writing into a chat: not too fast, nothing twice. On virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_web import PlannedWeb, ok
from open_llm_vtuber.stimulus import Badge, ChatMessage
from open_llm_vtuber.twitch.helix import Helix
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.sending import ChatSender, SendWindow
from open_llm_vtuber.twitch.tokens import Tokens
from open_llm_vtuber.twitch.web import Answer
from virtual_time import run_virtual

SENT = ok({"data": [{"message_id": "x1", "is_sent": True}]})


def said(text: str, user_id: str = "2", message_id: str = "m", *badges: str) -> ChatMessage:
    return ChatMessage(
        id=message_id,
        platform="twitch",
        channel="example",
        username="bot",
        display_name="Bot",
        text=text,
        user_id=user_id,
        badges=tuple(Badge(name=name, version="1") for name in badges),
    )


def run(
    main: Callable[[ChatSender, PlannedWeb], Awaitable[None]],
    answers: list[Answer | None] | None = None,
    user_id: str = "2",
) -> None:
    async def whole() -> None:
        web = PlannedWeb(answers or [SENT])
        async with Tokens(web, "https://id", Login(access_token="t")) as tokens:
            helix = Helix(web, "https://helix", tokens)
            await main(ChatSender(helix, "1", user_id, asyncio.get_running_loop().time), web)

    run_virtual(whole())


def test_a_message_is_sent_as_the_account_into_the_channel() -> None:
    async def main(sender: ChatSender, web: PlannedWeb) -> None:
        sent = await sender.send("  Hello\nchat\u202e ", reply_to="m7")
        assert (sent.is_sent, sent.message_id) == (True, "x1")
        assert web.asked[0].json == {
            "broadcaster_id": "1",
            "sender_id": "2",
            "message": "Hello chat",
            "reply_parent_message_id": "m7",
        }

    run(main)


def test_a_long_message_is_cut() -> None:
    async def main(sender: ChatSender, web: PlannedWeb) -> None:
        await sender.send("x" * 1000)
        assert len(str(web.asked[0].json["message"])) == 500

    run(main)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ok({"data": [{"is_sent": False, "drop_reason": {"code": "msg_duplicate"}}]}), "msg_duplicate"),
        (ok({"data": [{"is_sent": False}]}), "not sent"),
        (ok({"data": []}), "not sent"),
        (ok({}), "not sent"),
    ],
)
def test_what_was_not_sent_is_said_not_to_be(answer: Answer, reason: str) -> None:
    async def main(sender: ChatSender, _: PlannedWeb) -> None:
        sent = await sender.send("Hello")
        assert (sent.is_sent, sent.reason) == (False, reason)

    run(main, [answer])


def test_the_same_again_is_not_sent_within_half_a_minute() -> None:
    async def main(sender: ChatSender, web: PlannedWeb) -> None:
        await sender.send("lol")
        assert (await sender.send("LOL\U000e0000")).reason == "repeated"
        await asyncio.sleep(30)
        assert (await sender.send("lol")).is_sent
        assert len(web.asked) == 2

    run(main)


def test_nothing_is_not_sent() -> None:
    async def main(sender: ChatSender, web: PlannedWeb) -> None:
        assert (await sender.send("\u200b ")).reason == "empty"
        assert web.asked == []

    run(main)


def test_one_a_second_and_twenty_in_half_a_minute_with_the_rest_refused() -> None:
    async def main(sender: ChatSender, web: PlannedWeb) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(sender.send(f"message {number}")) for number in range(25)]
        times = [asked.at for asked in web.asked]
        assert times == [float(second) for second in range(20)]
        assert [task.result().reason for task in tasks[20:]] == ["busy"] * 5
        assert (await sender.send("one more")).is_sent
        assert web.asked[-1].at == 30

    run(main)


@given(st.lists(st.floats(0, 20), max_size=150), st.booleans())
def test_no_window_ever_holds_too_many(pauses: list[float], is_privileged: bool) -> None:
    window, now, sent = SendWindow(), 0.0, []
    window.is_privileged = is_privileged
    for number, pause in enumerate(pauses):
        now += pause
        now += window.pause(now)
        window.note(str(number), now)
        sent.append(now)
    most = 100 if is_privileged else 20
    assert all(later - sooner >= 29.999 for sooner, later in zip(sent, sent[most:], strict=False))
    if not is_privileged:
        assert all(later - sooner >= 0.999 for sooner, later in pairwise(sent))


def test_a_moderator_may_send_faster() -> None:
    async def main(sender: ChatSender, web: PlannedWeb) -> None:
        assert sender.is_own(said("hi", "2", "m", "moderator"))
        for number in range(21):
            await sender.send(f"message {number}")
        assert web.asked[-1].at == 0

    run(main)


def test_a_bots_account_says_nothing_but_what_it_sends() -> None:
    async def main(sender: ChatSender, _: PlannedWeb) -> None:
        assert sender.is_own(said("from elsewhere"))
        assert not sender.is_own(said("hi", "3"))

    run(main)


def test_of_the_streamers_account_only_what_was_sent_is_ours() -> None:
    async def main(sender: ChatSender, _: PlannedWeb) -> None:
        assert not sender.is_own(said("hi", "1", "m1"))
        await sender.send("Hello")
        assert sender.is_own(said("Hello", "1", "x1"))
        assert not sender.is_own(said("Hello", "1", "m2"))

    run(main, user_id="1")
