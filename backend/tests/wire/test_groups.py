"""Existing clients in a group: their characters talk with them and with each other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from fakes import FakeEar
from live_server import serving
from open_llm_vtuber.groups import Groups
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual
from wire.existing_client import Message
from wire.set_of_shows import FakeLLM, SetOfShows, set_of_shows
from wire.tab import Tab, browser_tab, kinds, now
from wire.test_text_turn import saying

START, END = "conversation-chain-start", "conversation-chain-end"
SAMPLES = [0.1] * 16_000


class Party:
    """Tabs with a character each, and what the brains of these were told."""

    def __init__(self, shows: SetOfShows, tabs: list[Tab], llms: list[FakeLLM]) -> None:
        self.shows = shows
        self.tabs = tabs
        self.llms = llms
        self.kept: list[list[tuple[str, str, str]]] = []
        """Role, name and words of what was stored in the end, for each."""

    def told(self, who: int) -> list[str]:
        """Return what that character was asked, turn by turn."""
        return [prompt[-1].content for prompt in self.llms[who].prompts]

    async def silence(self) -> None:
        """Wait until nothing has come for a long time."""
        before = -1
        while before != (before := sum(len(tab.frames) for tab in self.tabs)):  # noqa: ASYNC110  silence is no event
            await asyncio.sleep(60)


async def invite(host: Tab, guest: Tab) -> None:
    """Let the guest into the host's group."""
    before = host.count("group-operation-result", success=True)
    await host.send("add-client-to-group", invitee_uid=guest.client.uid)
    await host.until_came("group-operation-result", before + 1, success=True)


@asynccontextmanager
async def party(
    members: int = 3,
    outsiders: int = 0,
    rounds: int = 2,
    ear: FakeEar | None = None,
    scene: str = "",
    store: MemoryStore | None = None,
) -> AsyncIterator[Party]:
    """Let characters A, B, C … be in one group, whose owner is A."""
    async with set_of_shows(ear=ear) as shows, AsyncExitStack() as stack:
        shows.store = store or shows.store
        shows.shows = await stack.enter_async_context(Groups(shows._local, rounds=rounds, scene=scene))
        llms = [FakeLLM(lambda _, name=name: f"I am {name}.") for name in "ABCDEFGHIJ"[: members + outsiders]]  # type: ignore[misc]
        shows.next_characters.extend(zip("ABCDEFGHIJ", llms, strict=False))
        tabs = [await stack.enter_async_context(shows.tab()) for _ in llms]
        for guest in tabs[1:members]:
            await invite(tabs[0], guest)
        yield Party(shows, tabs, llms)


def during(act: Callable[[Party], Awaitable[None]], **asked: int) -> Party:
    """Play in virtual time until all is silent."""

    async def main() -> Party:
        async with party(**asked) as group:  # type: ignore[arg-type]
            await act(group)
            await group.silence()
            return group

    return run_virtual(main())


def chains(tab: Tab) -> list[str]:
    return [kind for kind in kinds(tab.frames) if kind in (START, END)]


def of(tab: Tab, type_: str) -> list[Message]:
    return [frame for frame in tab.frames if frame["type"] == type_]


async def say_hello(group: Party) -> None:
    await group.tabs[0].type_text("hello")


def test_every_character_replies_twice_after_a_line_and_then_they_are_quiet() -> None:  # 53
    group = during(say_hello)
    assert [len(llm.prompts) for llm in group.llms] == [2, 2, 2]
    assert all(tab.client.state == "idle" for tab in group.tabs)


def test_how_often_they_reply_is_a_setting() -> None:  # 53
    group = during(say_hello, members=2, rounds=5)
    assert [len(llm.prompts) for llm in group.llms] == [5, 5]


def test_each_is_told_all_lines_since_its_own_last_turn_and_outsiders_nothing() -> None:  # 55
    group = during(say_hello, outsiders=1)
    assert group.told(0) == ["Human: hello", "B: I am B.\nC: I am C."]
    assert group.told(1) == ["Human: hello\nA: I am A.", "C: I am C.\nA: I am A."]
    assert group.told(2) == ["Human: hello\nA: I am A.\nB: I am B.", "A: I am A.\nB: I am B."]
    assert group.told(3) == []
    assert START not in kinds(group.tabs[3].frames)


def test_the_others_see_a_turn_as_text_while_only_the_speakers_client_gets_the_sound() -> None:
    group = during(say_hello, members=2, rounds=1)
    a, b = group.tabs
    first = kinds(b.frames)[kinds(b.frames).index("user-input-transcription") :]
    assert first == [
        "user-input-transcription",
        *(START, "full-text", "audio", "force-new-message", END),
        *(START, "full-text", "audio", "backend-synth-complete", "force-new-message", END),
    ]
    forwarded, own = of(b, "audio")
    assert forwarded == {
        "type": "audio",
        "audio": None,
        "volumes": [],
        "slice_length": 20,
        "display_text": {"text": "I am A. ", "name": "A", "avatar": "mika.png"},
        "actions": None,
        "forwarded": True,
    }
    assert own["audio"]
    assert own["forwarded"] is False
    assert a.client.bubbles == [("human", "hello"), ("ai", "I am A. "), ("ai", "I am B. ")]
    assert b.client.bubbles == a.client.bubbles
    assert not a.client.lost + b.client.lost


def test_who_typed_gets_no_copy_of_the_line() -> None:
    group = during(say_hello)
    assert [tab.count("user-input-transcription") for tab in group.tabs] == [0, 1, 1]


def test_every_chain_ends_once_for_everybody_before_the_next_begins() -> None:  # 58
    group = during(say_hello)
    for tab in group.tabs:
        assert chains(tab) == [START, END] * 6


def test_a_spoken_line_is_shown_to_its_speaker_first_and_told_to_all() -> None:
    async def main() -> Party:
        async with party(2, ear=FakeEar("Good evening.")) as group:
            await group.tabs[1].speech_begins()
            await group.tabs[1].speech_ends(SAMPLES)
            await group.silence()
            return group

    group = run_virtual(main())
    assert all(tab.client.bubbles[0] == ("human", "Good evening.") for tab in group.tabs)
    seen = kinds(group.tabs[1].frames)
    assert seen.index("user-input-transcription") < seen.index(START)
    assert group.told(0)[0] == "Human: Good evening."


def test_speech_that_nobody_understood_ends_the_chain_of_its_speaker_only() -> None:
    async def main() -> Party:
        async with party(2, ear=FakeEar("")) as group:
            await group.tabs[1].speech_begins()
            await group.tabs[1].speech_ends(SAMPLES)
            await group.silence()
            return group

    group = run_virtual(main())
    assert [chains(tab) for tab in group.tabs] == [[], [END]]
    assert group.tabs[1].client.toasts


def test_any_member_can_interrupt_and_nobody_speaks_until_the_next_line() -> None:  # 54
    async def act(group: Party) -> None:
        await group.tabs[0].type_text("hello")
        await group.tabs[2].until_came("audio")
        await group.tabs[2].press_interrupt()
        await group.silence()

    group = during(act)
    assert [len(llm.prompts) for llm in group.llms] == [1, 0, 0]
    for tab in group.tabs:
        assert tab.count("interrupt-signal") == 1
        assert chains(tab) == [START, END]


def test_an_interrupt_reaches_the_one_who_speaks_whoever_began() -> None:  # 54
    async def act(group: Party) -> None:
        await group.tabs[2].type_text("hello")
        await group.tabs[2].until_came("audio", 2)  # B speaks now
        await group.tabs[2].press_interrupt()
        await group.silence()
        await group.tabs[2].type_text("go on")

    group = during(act)
    assert group.told(2)[0] == "Human: hello\nA: I am A.\nB: I am B.\nHuman: go on\nA: I am A.\nB: I am B."
    assert not any(tab.client.lost for tab in group.tabs)


def test_a_typed_line_interrupts_as_the_client_does_and_all_turn_to_it() -> None:
    async def act(group: Party) -> None:
        await group.tabs[0].type_text("hello")
        await group.tabs[1].until_came("audio")
        await group.tabs[1].type_text("wait")

    group = during(act, members=2)
    assert group.told(0)[1].endswith("Human: wait")
    assert chains(group.tabs[0]) == [START, END] * 5


def test_a_line_without_an_interrupt_waits_and_is_never_dropped() -> None:  # 57
    async def act(group: Party) -> None:
        await group.tabs[0].type_text("hello")
        await group.tabs[1].until_came("audio")
        await group.tabs[1].send("text-input", text="and me", images=[])

    group = during(act, members=2)
    assert group.told(0)[1] == "Human: and me"
    assert group.told(1)[0] == "Human: hello\nA: I am A.\nHuman: and me\nA: I am A."
    assert group.tabs[0].client.bubbles[:3] == [("human", "hello"), ("ai", "I am A. "), ("human", "and me")]


def test_too_many_lines_that_wait_are_refused_with_an_error() -> None:  # 57
    async def act(group: Party) -> None:
        for number in range(40):
            await group.tabs[1].send("text-input", text=f"line {number}", images=[])

    group = during(act, members=2)
    lines = [
        line for prompt in group.told(0) for line in prompt.split("\n") if line.startswith("Human: line")
    ]
    refused = group.tabs[1].count("error", code="busy")
    assert refused > 0
    assert len(lines) + refused == 40


def test_a_proactive_line_begins_a_chain_and_is_kept_out_of_what_the_others_are_told() -> None:  # 56
    async def act(group: Party) -> None:
        await group.tabs[1].send("ai-speak-signal", idle_time=-1, images=[])

    group = during(act, members=2, rounds=1)
    assert group.told(1)[0] == "Please say something."
    assert group.told(0) == ["B: I am B."]
    assert group.tabs[1].count("full-text", text="AI wants to speak something...") == 1
    assert all("Please say" not in str(tab.frames) for tab in group.tabs)


def test_when_a_listener_leaves_in_mid_chain_the_others_go_on() -> None:  # 64
    async def act(group: Party) -> None:
        await group.tabs[0].type_text("hello")
        await group.tabs[2].until_came("audio")
        await group.tabs[2].send("remove-client-from-group", target_uid=group.tabs[2].client.uid)
        await group.silence()
        assert of(group.tabs[2], "group-update")[-1]["members"] == []
        assert len(of(group.tabs[0], "group-update")[-1]["members"]) == 2

    group = during(act)
    assert [len(llm.prompts) for llm in group.llms] == [2, 2, 0]
    assert chains(group.tabs[2]) == [START, END]
    assert chains(group.tabs[0]) == [START, END] * 4


def test_when_the_speaker_leaves_its_turn_ends_and_the_others_go_on() -> None:  # 64
    async def act(group: Party) -> None:
        await group.tabs[1].type_text("hello")
        await group.tabs[1].until_came("audio")
        await group.tabs[0].send("remove-client-from-group", target_uid=group.tabs[0].client.uid)
        await group.silence()
        assert of(group.tabs[1], "group-update")[-1]["is_owner"] is True

    group = during(act)
    assert [len(llm.prompts) for llm in group.llms] == [1, 2, 2]
    assert chains(group.tabs[0]) == [START, END]
    assert chains(group.tabs[1]) == [START, END] * 5
    assert group.tabs[1].count("interrupt-signal") == 0


@pytest.mark.parametrize("who", [0, 1], ids=["speaker", "listener"])
def test_a_disconnect_ends_nobody_elses_chain_and_leaves_no_note_with_the_others(who: int) -> None:  # 60, 62
    async def main() -> tuple[list[list[str]], list[int]]:
        async with party(4) as group:
            leaving, staying = group.tabs[who], [group.tabs[2], group.tabs[3]]
            await group.tabs[2].type_text("hello")
            await group.tabs[2].until_came("audio")
            await leaving._connection.leave()  # type: ignore[attr-defined]
            await group.silence()
            assert all(tab.count("group-operation-result", success=True) > 1 for tab in staying)
            assert all(tab.count("interrupt-signal") == 0 for tab in staying)
            assert all(
                "nterrupted" not in line for llm in group.llms for line in str(llm.prompts).split("\n")
            )
            return [chains(tab) for tab in staying], [len(llm.prompts) for llm in group.llms]

    seen, prompts = run_virtual(main())
    for each in seen:
        assert each == [START, END] * (len(each) // 2)
    assert prompts == ([1, 2, 2, 2] if who == 0 else [2, 0, 2, 2])


def test_a_group_that_falls_to_one_member_is_dissolved_and_that_one_talks_alone_again() -> None:  # 61, 63
    async def act(group: Party) -> None:
        await group.tabs[1]._connection.leave()  # type: ignore[attr-defined]
        await group.tabs[0].until_came("group-operation-result", 2)
        await group.tabs[0].send("interrupt-signal", text="")
        await group.tabs[0].type_text("alone")

    group = during(act, members=2)
    assert of(group.tabs[0], "group-update")[-1] == {"type": "group-update", "members": [], "is_owner": False}
    assert group.told(0) == ["alone"]
    assert chains(group.tabs[0]) == [START, END]


def test_a_line_that_waits_when_its_group_is_dissolved_is_answered_alone() -> None:  # 57, 61
    async def act(group: Party) -> None:
        await group.tabs[0].type_text("hello")
        await group.tabs[1].until_came("audio")
        await group.tabs[1].send("text-input", text="and me", images=[])
        await group.tabs[0]._connection.leave()  # type: ignore[attr-defined]

    group = during(act, members=2)
    assert group.told(1) == ["and me"]
    assert chains(group.tabs[1]) == [START, END] * 2


def test_nobody_hears_what_a_client_only_says_that_it_plays() -> None:
    async def act(group: Party) -> None:
        await group.tabs[0].type_text("hello")
        await group.tabs[0].until_came("audio")
        for tab in group.tabs:
            shown = {"text": "I never said that.", "name": "A", "avatar": ""}
            await tab.send("audio-play-start", display_text=shown, forwarded=True)

    group = during(act, members=2)
    assert all("never said" not in str(tab.frames) for tab in group.tabs)


def test_no_task_is_left_when_all_have_gone() -> None:
    async def main() -> tuple[int, int]:
        async with set_of_shows() as shows:
            await asyncio.sleep(1)
            before = len(asyncio.all_tasks())
            async with shows.tab() as a, shows.tab() as b:
                await invite(a, b)
                await a.type_text("hello")
                await b.until_came("audio")
            await asyncio.sleep(1)
            return before, len(asyncio.all_tasks())

    before, after = run_virtual(main())
    assert after == before


def test_three_clients_talk_over_real_sockets() -> None:
    async def main() -> None:
        async with (
            serving(saying("One.", "Two.", "Three.", "Four.", "Five.", "Six.")) as server,
            browser_tab(server.ws()) as a,
            browser_tab(server.ws()) as b,
            browser_tab(server.ws()) as c,
        ):
            await invite(a, b)
            await invite(a, c)
            await c.type_text("hello")
            for tab in (a, b, c):
                await tab.until_turns(6, limit_s=20)
            began = now()
            await asyncio.sleep(0.3)
            for tab in (a, b, c):
                assert chains(tab) == [START, END] * 6
                assert sum(audio["audio"] is not None for audio in of(tab, "audio")) == 2
                assert len(of(tab, "audio")) == 6
                assert tab.client.state == "idle"
                assert tab.client.bubbles[0] == ("human", "hello")
                assert len(tab.client.bubbles) == 7
                assert all(came <= began for came, _ in tab.came)

    asyncio.run(main())
