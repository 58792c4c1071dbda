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

            await visitor.send("say", text="This sentence takes a good while " * 2, verbatim=True)
            await second.shows("stage.speech.t > 0.3")
            await first.page.close()
            await second.shows("!stage.muted && stage.speech.audible")
            assert (
                await second.look("recorder.starts[0].offset") > 0.25
            )  # at the same word, not from the beginning
            await until(lambda: now(reports(second) == 1), "a report of the stage that has taken over")

            await asyncio.gather(
                visitor.send("text-input", text="hello"),
                second.shows("stage.mouth > 0.3 && recorder.frames.at(-1).heard > 0.01"),
                second.hears("control", text="conversation-chain-end"),
            )
            await until(lambda: now(reports(second) == 2), "a report of the next turn")

    studio.play(scene())


def reports(page: Watched) -> int:
    return sum(message["type"] == "frontend-playback-complete" for message in page.sent)


def test_a_stage_reloaded_in_mid_sentence_goes_on_there_and_says_nothing_twice(
    studio: Studio, quiet_show: int
) -> None:
    sentences = ["The first sentence takes a good while. ", "The second one follows it. ", "That is all. "]

    async def scene() -> None:
        async with studio.page(stage(quiet_show)) as page, Observer.joining(quiet_show) as operator:
            # One that only watches, as the control room does: it does not take over meanwhile.
            await operator.send("client-hello", client="desk", capabilities=["state", "preview"])
            await operator.send("say", text="".join(sentences), verbatim=True)
            await page.shows("stage.speech.text.startsWith('The first') && stage.speech.t > 0.5")
            cut_at = await page.look("stage.speech.t")
            length = await page.look("stage.speech.length")
            sent = len(page.sent)
            await page.page.reload()
            await page.ready()
            # At once: neither silent until the next sentence, nor from the beginning.
            await page.shows("stage.speech.t > 0 && stage.speech.audible && !stage.muted")
            begun = [await page.look("recorder.starts[0].offset")]
            await page.hears("control", text="conversation-chain-end")
            begun += await page.look("recorder.starts.slice(1).map(({offset}) => offset)")

            resumed = page.cues("speech-under-way")[0]
            assert [each["display_text"]["text"] for each in resumed["sentences"]][:1] == sentences[:1]
            assert cut_at - 0.1 < begun[0] < min(length, cut_at + 1)
            assert begun[1:] == [0, 0]
            said = [each for each in page.sent[sent:] if each["type"] == "audio-play-start"]
            assert [each["display_text"]["text"] for each in said] == sentences[1:]
            assert reports(page) == 1

    studio.play(scene())


SAID = {
    "en": "Without the jump it is a little harder, but let me try it once more for all of you today.",
    "de": "Das ist ein Wort wie Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbau und was danach noch alles kommt.",
    "ja": "ジャンプなしだと少し難しいけど、もう一回だけやってみるから、みんな見ててね。",
    "zh": "没有跳跃会稍微难一点，不过为了大家我再试一次，请一定要看到最后哦。",
    "ar": "بالتأكيد من دون القفزة سيكون الأمر أصعب قليلاً لكن دعني أحاول مرة أخرى من أجلك.",
    "he": "בלי הקפיצה זה קצת יותר קשה, אבל אני אנסה שוב בשבילך, אז תישארו איתי.",
    "long": "It goes on with one clause after another about all there is under the sun " * 6 + "and so on.",
}
FOLLOWED = """(start) => new Promise((done) => {
    const counts = [];
    const look = () => {
        const { text, t, length } = stage.speech;
        if (text.includes(start) && t > 0) counts.push(document.querySelectorAll(".word.said").length);
        if (counts.length && t > 0.6 * Math.min(length, 4)) done(counts);
        else requestAnimationFrame(look);
    };
    look();
})"""
"""How many words had been lit in each frame, up to a little after the middle of a sentence."""
SUBTITLE = """(() => {
    const box = document.querySelector("#subtitle").getBoundingClientRect();
    const line = document.querySelector(".subtitle-text");
    return {
        text: line.textContent,
        words: line.querySelectorAll(".word").length,
        direction: getComputedStyle(line).direction,
        sticksOut: Math.max(-box.left, box.right - innerWidth, -box.top, box.bottom - innerHeight),
        tooWide: line.scrollWidth - line.parentElement.clientWidth,
        share: box.height / innerHeight,
    };
})()"""


def test_subtitles_come_with_the_voice_in_every_script_and_never_leave_the_picture(
    studio: Studio, quiet_show: int
) -> None:
    async def scene() -> None:
        size = {"width": 400, "height": 700}
        async with (
            studio.page(f"{stage(quiet_show)}?bg=dark", viewport=size) as page,
            Observer.joining(quiet_show) as operator,
        ):
            for name, text in SAID.items():
                counts, _ = await asyncio.gather(
                    page.page.evaluate(FOLLOWED, text[:12]),
                    operator.send("say", text=text, verbatim=True, priority=20),
                )
                seen = await page.look(SUBTITLE)
                await page.picture(f"subtitle-{name}")
                await operator.send("interrupt-signal", text="")
                await page.shows("!document.querySelector('#subtitle.on')")

                # A first clause is said by itself.
                assert len(seen["text"]) > 12
                assert text.startswith(seen["text"].strip())
                assert counts == sorted(counts)
                assert counts[0] < counts[-1] <= seen["words"], name
                assert seen["direction"] == ("rtl" if name in ("ar", "he") else "ltr")
                assert seen["sticksOut"] <= 0, name
                assert seen["tooWide"] <= 0, name
                assert seen["share"] < 0.36, name

    studio.play(scene())


HERS = """(() => {
    const {left, right, top, bottom} = document.querySelector("[data-part=head]").getBoundingClientRect();
    const {left: from, right: to} = document.querySelector("#chat").getBoundingClientRect();
    return {x: (left + right) / 2 / innerWidth, high: (bottom - top) / innerHeight, inside: left >= 0 && right <= innerWidth,
        chat: to > from ? (from + to) / 2 / innerWidth : null};
})()"""


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_each_layout_has_her_where_it_says_and_the_chat_elsewhere(
    studio: Studio, quiet_show: int, size: tuple[int, int]
) -> None:
    async def scene() -> None:
        viewport = {"width": size[0], "height": size[1]}
        async with studio.page(
            f"{stage(quiet_show)}?bg=pastel", viewport=viewport, reduced_motion="reduce"
        ) as page:
            seen = {}
            for layout in ("full", "left", "right", "close", "corner"):
                await page.page.evaluate(f"() => {{ document.body.dataset.layout = '{layout}' }}")
                await page.picture(f"layout-{layout}-{size[0]}x{size[1]}")
                seen[layout] = await page.look(HERS)
            assert all(each["inside"] for each in seen.values())
            assert (
                seen["left"]["x"] < 0.4 < seen["full"]["x"] < 0.6 < seen["right"]["x"] < seen["corner"]["x"]
            )
            assert seen["corner"]["high"] < seen["full"]["high"] < seen["close"]["high"]
            assert seen["corner"]["chat"] is None
            for layout in ("left", "right"):
                assert abs(seen[layout]["x"] - seen[layout]["chat"]) > 0.4

    studio.play(scene())


def test_an_address_with_nonsense_in_it_shows_a_stage_and_the_help_says_what_is_wrong(
    studio: Studio, quiet_show: int
) -> None:
    async def scene() -> None:
        address = f"{stage(quiet_show)}?help&layout=upside&theme=rose&outfit=blazer&bg=dark"
        async with studio.page(address) as page, Observer.joining(quiet_show) as operator:
            await page.shows("document.querySelector('.complaint')")
            assert "layout may be full, left" in await page.page.locator(".complaint").inner_text()
            assert await page.look("document.body.dataset.layout") == "full"
            assert await page.look("document.querySelector('.puppet').dataset.outfit") == "blazer"
            await page.shows("getComputedStyle(document.querySelector('.blazer')).display !== 'none'")
            await operator.send("say", text="This is how loud I am.", verbatim=True)
            await page.shows("document.querySelector('meter').value > -40")
            assert "Peak" in await page.page.locator(".meter p").inner_text()
            await page.picture("stage-help")

    studio.play(scene())


def test_a_browser_that_blocks_sound_is_told_of_and_obs_is_not(studio: Studio, quiet_show: int) -> None:
    blocked = "Object.defineProperty(AudioContext.prototype, 'state', { get: () => 'suspended' });"

    async def scene() -> None:
        async with studio.page(stage(quiet_show), script=blocked) as page:
            await page.shows("!document.querySelector('#sound-hint').hidden")
            hint = await page.page.locator("#sound-hint").bounding_box()
            head = await page.page.locator("[data-part=head]").bounding_box()
            assert hint is not None
            assert head is not None
            assert hint["x"] > head["x"] + head["width"]
            await page.picture("stage-blocked")
        async with studio.page(stage(quiet_show), script=f"{blocked} window.obsstudio = {{}};") as page:
            await asyncio.sleep(1.6)  # by when it would be there
            assert await page.page.locator("#notes").count() == 0

    studio.play(scene())


FIVE_SECONDS_ARE_SHORT = """{
    const later = window.setTimeout;
    window.setTimeout = (run, ms, ...rest) => later(run, ms === 5000 ? 300 : ms, ...rest);
}"""


def test_the_stage_comes_back_by_itself_when_the_server_does(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = live_server.free_port()
    monkeypatch.setattr(live_server, "free_port", lambda: port)

    async def scene() -> None:
        config = {"character_config": SCRIPTED}
        async with on_air(tmp_path, config):
            page = await stack.enter_async_context(
                studio.page(stage(port), forgiven=LOST_CONNECTION, script=FIVE_SECONDS_ARE_SHORT)
            )
        await page.shows("document.documentElement.dataset.ready === 'no'")
        assert await page.page.locator("#offline").is_visible()
        await page.shows("document.querySelector('#away').textContent === 'Back in a moment'")
        await page.picture("stage-away")
        async with on_air(tmp_path, config):
            await page.shows("document.documentElement.dataset.ready === 'yes'", 25)
            assert not await page.page.locator("#offline").is_visible()
            assert not await page.page.locator("#away").is_visible()
            async with Observer.joining(port) as visitor:
                await visitor.send("text-input", text="hello")
                await page.shows("stage.mouth > 0.3 && recorder.frames.at(-1).heard > 0.01")
            await stack.aclose()

    async def cleaned_up() -> None:
        async with stack:
            await scene()

    stack = AsyncExitStack()
    studio.play(cleaned_up())
