"""A chat over a real socket with a local Hume: what goes over the wire, and each way that it can go wrong."""

import asyncio
import logging
import socket
from contextlib import aclosing
from dataclasses import replace

import pytest
from pydantic import SecretStr

from fake_hume import FAULT, KEY, FakeHume, HumeMode
from fake_provider import run
from live_server import free_port
from open_llm_vtuber.agent import evi_chat
from open_llm_vtuber.agent.evi_chat import Account, Limits, opened
from open_llm_vtuber.agent.evi_reply import Said
from open_llm_vtuber.errors import EngineError

QUICK = Limits(connect_s=0.3, first_message_s=0.3, first_answer_s=0.3, between_s=0.3, answer_s=0.5)


def account(hume: FakeHume, key: str = KEY, config_id: str = "") -> Account:
    return Account(address=hume.host, api_key=SecretStr(key), config_id=config_id, limits=QUICK)


async def asked(to: Account, *, with_sound: bool = True) -> list[Said]:
    chat = await opened(to, "You are Mika.", "before")
    try:
        await chat.ask("hi")
        async with aclosing(chat.answer(with_sound=with_sound)) as sentences:
            return [said async for said in sentences]
    finally:
        await chat.close()


def fault(mode: HumeMode, **switches: object) -> EngineError:
    """Ask in that mode; return the error, whose sentence holds nothing of Hume's own words."""

    async def main() -> EngineError:
        async with FakeHume() as hume:
            hume.mode = mode
            for name, value in switches.items():
                setattr(hume, name, value)
            with pytest.raises(EngineError) as raised:
                await asked(account(hume))
            async with asyncio.timeout(2):
                while hume.open:
                    hume.left.clear()
                    await hume.left.wait()
            return raised.value

    error = run(main())
    assert KEY not in str(error)
    assert FAULT not in str(error)
    assert str(error).startswith("127.0.0.1:")
    assert error.__cause__ is None or error.__suppress_context__
    return error


def test_an_answer_comes_sentence_by_sentence_with_its_sound() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            first, second = await asked(account(hume, config_id="my-config"))
            assert (first.text, second.text) == hume.sentences
            assert (len(first.sound), len(second.sound)) == (2, 2)
            assert first.scores["Joy"] == 0.6
            (request,) = hume.requests
            assert request.path == "/v0/evi/chat?config_id=my-config"
            assert KEY not in request.path
            settings, question = hume.chats[0]
            assert settings["system_prompt"] == "You are Mika."
            assert settings["context"] == {"type": "persistent", "text": "before"}
            assert question == {"type": "user_input", "text": "hi"}

    run(main())


def test_the_same_chat_is_asked_again() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            chat = await opened(account(hume), "You.")
            for question in ("one", "two"):
                await chat.ask(question)
                async with aclosing(chat.answer(with_sound=True)) as sentences:
                    assert len([said async for said in sentences]) == 2
            await chat.close()
            assert not chat.is_open
            assert hume.asked() == ["one", "two"]
            assert len(hume.chats) == 1

    run(main())


@pytest.mark.parametrize("mode", ["ok", "disorder", "greets", "tool", "no sound"])
def test_whatever_stands_in_between_the_words_are_the_answer(mode: HumeMode) -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            hume.mode = mode
            assert tuple(said.text for said in await asked(account(hume))) == hume.sentences

    run(main())


def test_thinking_may_take_longer_than_a_pause_in_the_answer() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            hume.thinking = 0.2
            patient = replace(account(hume), limits=replace(QUICK, first_answer_s=2, between_s=0.1))
            assert len(await asked(patient)) == 2
            hume.thinking, hume.pause = 0.0, 0.2
            with pytest.raises(EngineError, match="stopped in mid-answer"):
                await asked(patient)

    run(main())


def test_sound_in_disorder_is_put_in_order() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            hume.mode = "disorder"
            first, second = await asked(account(hume))
            assert [len(piece) for piece in first.sound] == sorted(len(piece) for piece in first.sound)
            assert [len(piece) for piece in second.sound] == sorted(
                (len(piece) for piece in second.sound), reverse=True
            )

    run(main())


@pytest.mark.parametrize(
    ("mode", "sentence", "retryable"),
    [
        ("hang greeting", "said nothing for 0.3 seconds", True),
        ("rubbish greeting", "sent something that cannot be read", True),
        ("strange greeting", "sent something that cannot be read", True),
        ("close first", "closed the chat before it had answered", True),
        ("hang first", "said nothing for 0.3 seconds", True),
        ("hang echo", "said nothing for 0.3 seconds", True),
        ("cut", "broke off in mid-answer", True),
        ("hang after", "stopped in mid-answer", True),
        ("rubbish", "sent something that cannot be read", True),
        ("strange", "sent something that cannot be read", True),
        ("endless", "does not come to an end", True),
    ],
)
def test_each_way_of_failing_has_its_sentence(mode: HumeMode, sentence: str, retryable: bool) -> None:
    error = fault(mode)
    assert sentence in str(error)
    assert error.retryable is retryable


@pytest.mark.parametrize(
    ("status", "sentence", "retryable"),
    [
        (401, "refused the key (401): check agent_settings.hume_ai_agent.api_key", False),
        (403, "refused the key (403): check agent_settings.hume_ai_agent.api_key", False),
        (404, "has no such chat (404): check agent_settings.hume_ai_agent.host and config_id", False),
        (410, "has no such chat (410)", False),
        (400, "refused the chat (400): check agent_settings.hume_ai_agent.config_id", False),
        (429, "takes no more chats for now (429)", True),
        (503, "had a fault of its own (503)", True),
    ],
)
def test_each_refusal_says_which_setting_it_is_about(status: int, sentence: str, retryable: bool) -> None:
    error = fault("ok", status=status)
    assert sentence in str(error)
    assert error.retryable is retryable


def test_a_wrong_key_is_refused_and_never_shown() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            with pytest.raises(EngineError, match=r"refused the key \(401\)") as raised:
                await asked(account(hume, key="wrong-key"))
            assert "wrong-key" not in str(raised.value)

    run(main())


@pytest.mark.parametrize(
    ("code", "sentence", "retryable"),
    [
        ("E0300", "has no credit left for this account (E0300)", False),
        ("E0101", "reported a fault (E0101)", False),
        ("E0500", "reported a fault (E0500)", True),
        (FAULT, "reported a fault.", True),
    ],
)
def test_a_fault_that_is_reported_is_told_by_its_code_alone(
    code: str, sentence: str, retryable: bool
) -> None:
    error = fault("fault", code=code)
    assert sentence in str(error)
    assert error.retryable is retryable


def test_nobody_at_the_address_is_an_error_that_names_the_setting() -> None:
    nobody = Account(address=f"ws://127.0.0.1:{free_port()}", api_key=SecretStr(KEY), limits=QUICK)
    with pytest.raises(EngineError, match=r"does not answer: check agent_settings\.hume_ai_agent\.host\.$"):
        run(asked(nobody))


def test_a_connection_that_is_never_answered_has_its_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(EngineError, match="does not answer"):
            run(asked(Account(address=address, api_key=SecretStr(KEY), limits=QUICK)))


def test_at_humes_own_address_the_announced_end_is_part_of_the_sentence() -> None:
    at_home = Account(address="wss://api.hume.ai", api_key=SecretStr(KEY))
    assert at_home.where == "api.hume.ai"
    assert "13 November 2026" in str(evi_chat._refusal(at_home, 404))
    assert "13 November" not in str(evi_chat._refusal(replace(at_home, address="wss://hume.example"), 404))


def test_closing_an_answer_before_its_end_ends_what_hume_does() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            hume.mode = "endless"
            chat = await opened(account(hume), "You.")
            await chat.ask("hi")
            async with aclosing(chat.answer(with_sound=True)) as sentences:
                await anext(sentences)
            await chat.close()
            async with asyncio.timeout(2):
                await hume.left.wait()
            assert not hume.open

    run(main())


def test_hanging_up_needs_nobody_to_wait() -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            chat = await opened(account(hume), "You.")
            chat.hang_up()
            async with asyncio.timeout(2):
                await hume.left.wait()
            assert not chat.is_open
            with pytest.raises(EngineError, match="closed the chat"):
                await chat.ask("hi")

    run(main())


def test_no_log_holds_the_key_or_a_viewers_words(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with FakeHume() as hume:
            await asked(account(hume))

    with caplog.at_level(logging.DEBUG):
        run(main())
    ours = [
        record for record in caplog.records if not record.name.startswith(("websockets.server", "asyncio"))
    ]
    text = "\n".join(record.getMessage() for record in ours)
    assert KEY not in text
    assert "user_input" not in text
