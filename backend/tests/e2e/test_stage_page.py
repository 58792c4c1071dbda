"""The stage page in a real browser: what a stream's viewers see and hear."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

import live_server
from e2e.stage_chat import SCRIPTED, Observer, chatting, reading, recorded
from e2e.studio import LOST_CONNECTION, Studio, Watched, kill, on_air, until
from irc_server import IrcServer
from live_server import process
from open_llm_vtuber.chat.selection import MOST_PROMPT_CHARACTERS
from open_llm_vtuber.llm.scripted import echo
from open_llm_vtuber.text_rules import bounded, one_line

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def quiet_show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a program without a channel."""
    with process(tmp_path_factory.mktemp("quiet"), {"character_config": SCRIPTED}) as port:
        yield port


def stage(port: int) -> str:
    return f"http://127.0.0.1:{port}/stage"


def whole_answers(page: Watched) -> dict[str, str]:
    """Return what was said to which chat message, for every turn that came to its end."""
    answers: dict[str, str] = {}
    turn: dict[str, Any] = {}
    for message in page.received:
        match message:
            case {"type": "control", "text": "conversation-chain-start"}:
                turn = {"said": [], "id": None, "cut": False}
            case {"type": "audio", "display_text": {"text": str(text)}} if turn:
                turn["said"].append(text)
            case {"type": "chat-decision", "id": str(id_), "decision": {"outcome": "answered"}} if turn:
                turn["id"] = id_
            case {"type": "interrupt-signal"} if turn:
                turn["cut"] = True
            case {"type": "control", "text": "conversation-chain-end"} if turn:
                if turn["id"] and not turn["cut"]:
                    answers[turn["id"]] = "".join(turn["said"])
            case _:
                pass
    return answers


def test_the_stage_speaks_an_answer_to_a_line_of_replayed_chat_and_the_decision_names_that_line(
    studio: Studio, test_data: Path, tmp_path: Path
) -> None:
    async def scene() -> None:
        lines = recorded(test_data)
        async with (
            IrcServer() as irc,
            reading(irc, tmp_path) as port,
            studio.page(stage(port)) as page,
            chatting(irc, lines),
        ):

            async def has_answered() -> bool:
                return len(whole_answers(page)) >= 2

            await page.shows("document.querySelectorAll('#chat li').length > 3")
            await page.shows("stage.mouth > 0.3 && document.querySelector('#subtitle.on')", 30)
            await until(has_answered, "two whole answers", 30)
            assert max(frame.heard for frame in await page.frames()) > 0.05

            said_by_viewers = {cue["id"]: cue["message"] for cue in page.cues("chat-message")}
            for id_, answer in whole_answers(page).items():
                assert any(f"id={id_};" in line for line in lines)
                said = bounded(one_line(said_by_viewers[id_]), MOST_PROMPT_CHARACTERS)
                assert echo(said) in answer.lower()
                assert "[" not in answer

    studio.play(scene())


def test_the_show_goes_on_when_its_browser_is_killed_and_a_new_one_joins_it(
    studio: Studio, test_data: Path, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with (
            IrcServer() as irc,
            reading(irc, tmp_path) as port,
            chatting(irc, recorded(test_data)),
            Observer.joining(port) as observer,
        ):
            async with studio.another_browser() as browser, studio.page(stage(port), browser=browser) as page:
                await page.shows("stage.mouth > 0.3 && !stage.muted", 30)
                await kill(browser)

            answered = len(answered_ids(observer))
            await until(lambda: now(len(answered_ids(observer)) > answered + 1), "answers without a browser")

            async with studio.page(stage(port)) as page:
                await page.shows(
                    "stage.mouth > 0.3 && !stage.muted && recorder.frames.at(-1).heard > 0.01", 30
                )
                assert page.cues("snapshot")[0]["chat"]

    studio.play(scene())


def answered_ids(observer: Observer) -> list[str]:
    return [id_ for id_, outcomes in observer.outcomes().items() if "answered" in outcomes]


async def now(value: object) -> object:
    return value


def test_a_second_stage_is_a_muted_preview_until_the_first_leaves(studio: Studio, quiet_show: int) -> None:
    async def scene() -> None:
        async with (
            Observer.joining(quiet_show) as visitor,
            studio.page(stage(quiet_show)) as first,
            studio.page(stage(quiet_show)) as second,
        ):
            await second.shows("stage.muted")
            assert not await first.look("stage.muted")
            await asyncio.gather(
                visitor.send("text-input", text="hello"),
                first.hears("control", text="conversation-chain-end"),
                *(page.shows("stage.mouth > 0.3") for page in (first, second)),
            )
            assert await first.look("recorder.starts.length") > 0
            assert await second.look("recorder.starts.length") == 0
            await until(lambda: now(reports(first) == 1), "a report of the first stage")
            assert reports(second) == 0

            await first.page.close()
            await second.shows("!stage.muted")
            await asyncio.gather(
                visitor.send("text-input", text="hello"),
                second.shows("stage.mouth > 0.3 && recorder.frames.at(-1).heard > 0.01"),
                second.hears("control", text="conversation-chain-end"),
            )
            assert reports(second) == 1

    studio.play(scene())


def reports(page: Watched) -> int:
    return sum(message["type"] == "frontend-playback-complete" for message in page.sent)


def test_the_stage_comes_back_by_itself_when_the_server_does(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = live_server.free_port()
    monkeypatch.setattr(live_server, "free_port", lambda: port)

    async def scene() -> None:
        config = {"character_config": SCRIPTED}
        async with on_air(tmp_path, config):
            page = await stack.enter_async_context(studio.page(stage(port), forgiven=LOST_CONNECTION))
        await page.shows("document.documentElement.dataset.ready === 'no'")
        assert await page.page.locator("#offline").is_visible()
        async with on_air(tmp_path, config):
            await page.shows("document.documentElement.dataset.ready === 'yes'", 25)
            assert not await page.page.locator("#offline").is_visible()
            async with Observer.joining(port) as visitor:
                await visitor.send("text-input", text="hello")
                await page.shows("stage.mouth > 0.3 && recorder.frames.at(-1).heard > 0.01")
            await stack.aclose()

    async def cleaned_up() -> None:
        async with stack:
            await scene()

    stack = AsyncExitStack()
    studio.play(cleaned_up())
