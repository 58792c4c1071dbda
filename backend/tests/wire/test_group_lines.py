"""What is said in a group is in every member's conversation, and nobody waits while somebody listens."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import fakes
import spoken
from fake_provider import FakeProvider, tone
from fakes import FakeAdapter, FakeEar, FakeRepertoire
from live_server import serving
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.show.conversation import Conversation
from open_llm_vtuber.stimulus import HistoryLine
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.vad.energy import EnergyVAD
from virtual_time import run_virtual
from wire.tab import Tab, browser_tab, kinds
from wire.test_groups import END, SAMPLES, START, Party, chains, invite, of, party
from wire.test_llm_faults import asking


class Notebook(MemoryStore):
    """Takes a moment to store a line, and can be full."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = False

    async def append(self, owner: str, history: str, line: HistoryLine) -> None:
        await asyncio.sleep(0.2)
        if self.is_full:
            raise EngineError("The disk is full.", engine="store", retryable=False)
        await super().append(owner, history, line)


def conversation(group: Party, tab: Tab) -> list[tuple[str, str, str]]:
    """Return who said what in the conversation of that tab, as it is stored now."""
    held: Conversation = group.shows._local._shows[tab.client.uid]._conversation
    owned = group.shows.store._histories.get(held._owner)
    lines = owned.get(held.history or "", []) if owned else []
    return [(line.role, line.name, line.content) for line in lines]


def talking(
    act: Callable[[Party], Awaitable[None]],
    *,
    members: int = 3,
    rounds: int = 1,
    ear: FakeEar | None = None,
    scene: str = "",
) -> Party:
    """Play in virtual time until all is silent."""

    async def main() -> Party:
        async with party(members, rounds=rounds, ear=ear, scene=scene, store=Notebook()) as group:
            await act(group)
            await group.silence()
            group.kept = [conversation(group, tab) for tab in group.tabs]
            return group

    return run_virtual(main())


async def speaks(tab: Tab) -> None:
    await tab.speech_begins()
    await tab.speech_ends(SAMPLES)


def test_every_member_keeps_every_line_once_and_in_the_order_in_which_it_was_said() -> None:
    async def act(group: Party) -> None:
        await group.tabs[1].type_text("hello")

    group = talking(act)
    said = [("A", "I am A."), ("B", "I am B."), ("C", "I am C.")]
    for me, kept in zip("ABC", group.kept, strict=True):
        assert kept == [
            ("human", "Human", "hello"),
            *(
                ("ai", name, text) if name == me else ("human", name, f"{name}: {text}")
                for name, text in said
            ),
        ]


@pytest.mark.parametrize("author", [0, 1, 2])
@pytest.mark.parametrize("leaves", [False, True], ids=["interrupts", "disconnects"])
def test_a_line_is_kept_whoever_wrote_it_and_however_soon_the_chain_is_cut(
    author: int, *, leaves: bool
) -> None:
    async def act(group: Party) -> None:
        uid = group.tabs[author].client.uid
        held = group.shows._local._shows[uid]._conversation
        await group.tabs[author].type_text("hello")
        await group.tabs[author].until_came("control", text=START)
        if leaves:
            await group.tabs[author]._connection.leave()  # type: ignore[attr-defined]
            await asyncio.sleep(5)
            (first, *_) = group.shows.store._lines(held._owner, held.history or "")
            assert first.content == "hello"
        else:
            await group.tabs[author].press_interrupt()

    async def main() -> list[list[tuple[str, str, str]]]:
        async with party(3, rounds=1, store=Notebook()) as group:
            await act(group)
            await group.silence()
            there = [tab for tab in group.tabs if tab.client.uid in group.shows._local._shows]
            return [conversation(group, tab) for tab in there]

    for kept in run_virtual(main()):
        assert kept.count(("human", "Human", "hello")) == 1
        assert kept[0] == ("human", "Human", "hello")


def test_what_was_said_is_kept_before_the_chain_ends_for_those_who_listened() -> None:
    missed: list[str] = []

    async def act(group: Party) -> None:
        async def watch(tab: Tab) -> None:
            for number in range(1, 4):
                await tab.until_came("control", number, text=END)
                shown = [each["display_text"]["text"].strip() for each in of(tab, "audio")]
                kept = " ".join(content for _, _, content in conversation(group, tab))
                missed.extend(text for text in shown if text not in kept)

        async with asyncio.TaskGroup() as watching:
            for tab in group.tabs:
                watching.create_task(watch(tab))
            await group.tabs[2].type_text("hello")

    talking(act)
    assert missed == []


def test_a_line_that_cannot_be_stored_is_said_to_its_member_and_the_talk_goes_on() -> None:
    async def act(group: Party) -> None:
        store = group.shows.store
        assert isinstance(store, Notebook)
        store.is_full = True
        await group.tabs[0].type_text("hello")

    group = talking(act, members=2)
    assert [len(llm.prompts) for llm in group.llms] == [1, 1]
    assert all(tab.count("error", message="The disk is full.") for tab in group.tabs)
    assert all(chains(tab) == [START, END] * 2 for tab in group.tabs)


def test_a_human_is_called_as_the_character_calls_that_human_also_after_a_switch() -> None:
    listener = FakeAdapter("Yes, boss.")

    async def act(group: Party) -> None:
        boss = fakes.role(FakeAdapter("Hm."), human_name="Boss", character_name="Alice")
        group.shows.repertoire = FakeRepertoire(alice=boss, bob=fakes.role(listener))
        for tab, file in zip(group.tabs, ("alice.yaml", "bob.yaml"), strict=True):
            group.shows._local._shows[tab.client.uid]._role_change._repertoire = group.shows.repertoire
            await tab.send("switch-config", file=file)
            await tab.until_came("config-switched")
        await group.tabs[0].type_text("hello")

    group = talking(act, members=2)
    assert listener.asked[0].text == "Boss: hello\nAlice: Hm."
    assert ("human", "Boss", "hello") in group.kept[1]


def test_each_character_is_told_of_the_scene_with_the_others_names_and_it_is_not_kept() -> None:
    async def act(group: Party) -> None:
        await group.tabs[0].type_text("hello")

    scene = "You talk with {human_name} and with {other_ais}. {Nobody} else."
    group = talking(act, scene=scene, rounds=2)
    for llm, others in zip(group.llms, ("B, C", "A, C", "A, B"), strict=True):
        for prompt in llm.prompts:
            told = [
                each
                for each in prompt
                if f"You talk with Human and with {others}. {{Nobody}}" in each.content
            ]
            assert [each.role for each in told] == ["system"]
    assert "You talk with" not in str(group.kept)


def test_nobody_waits_while_somebody_listens_and_the_line_keeps_its_place() -> None:
    async def act(group: Party) -> None:
        await speaks(group.tabs[1])
        await group.tabs[1].send("heartbeat")
        await group.tabs[1].until_came("heartbeat-ack", limit_s=1)
        await group.tabs[0].send("text-input", text="and me", images=[])
        await asyncio.sleep(1)
        assert of(group.tabs[0], "user-input-transcription") == []

    group = talking(act, members=2, ear=FakeEar("Spoken.", takes=5))
    assert [content for role, _, content in group.kept[0] if role == "human"][:2] == ["Spoken.", "and me"]
    assert group.tabs[1].client.state == "idle"


def test_what_is_spoken_while_somebody_listens_is_another_line() -> None:
    ear = FakeEar("Spoken.", takes=1)

    async def act(group: Party) -> None:
        for _ in range(2):
            await group.tabs[1].send("mic-audio-data", audio=SAMPLES)
            await group.tabs[1].send("mic-audio-end", images=[])

    talking(act, members=2, ear=ear)
    assert [len(heard) for heard in ear.heard] == [2 * len(SAMPLES)] * 2


def test_too_many_spoken_lines_are_refused_before_anybody_listens() -> None:
    ear = FakeEar("Spoken.", takes=100)

    async def act(group: Party) -> None:
        for _ in range(40):
            await group.tabs[1].send("mic-audio-data", audio=SAMPLES[:100])
            await group.tabs[1].send("mic-audio-end", images=[])
        await asyncio.sleep(1)
        assert ear.running <= 33
        assert group.tabs[1].count("error", code="busy") >= 7

    talking(act, members=2, ear=ear)


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (EngineError("The ear is deaf.", engine="fake", retryable=True), "engine-failed"),
        (ProtocolError("Nothing.", code="nothing-heard"), "nothing-heard"),
        (RuntimeError("a bug"), "internal"),
    ],
)
def test_an_ear_that_fails_costs_one_line_and_its_speaker_waits_no_longer(
    trouble: Exception, code: str
) -> None:
    ear = FakeEar(trouble, takes=0.5)

    async def act(group: Party) -> None:
        await speaks(group.tabs[1])
        await group.silence()
        assert group.tabs[1].client.state == "idle"
        await group.tabs[1].type_text("then so")

    group = talking(act, members=2, ear=ear)
    assert [frame["code"] for frame in of(group.tabs[1], "error")] == [code]
    assert "bug" not in str(of(group.tabs[1], "error"))
    assert group.kept[0][0][2] == "then so"
    assert chains(group.tabs[1]) == [END, *[START, END] * 2]
    assert chains(group.tabs[0]) == [START, END] * 2


def test_who_spoke_waits_no_longer_when_somebody_else_cuts_before_anybody_replies() -> None:
    async def act(group: Party) -> None:
        await speaks(group.tabs[1])
        await asyncio.sleep(0.5)
        await group.tabs[0].send("interrupt-signal", text="")
        await asyncio.sleep(5)
        assert group.tabs[1].client.state == "idle"

    group = talking(act, members=2, ear=FakeEar("Spoken.", takes=1))
    assert group.told(0) == []
    assert [content for _, _, content in group.kept[0]] == ["Spoken."], "it was said all the same"


def test_who_leaves_while_somebody_listens_takes_the_line_along() -> None:
    async def act(group: Party) -> None:
        await speaks(group.tabs[1])
        await group.tabs[1].send("remove-client-from-group", target_uid=group.tabs[1].client.uid)

    group = talking(act, ear=FakeEar("Spoken.", takes=1))
    assert group.told(1) == ["Spoken."]
    assert group.told(0) == []
    assert group.tabs[1].client.state == "idle"


def test_nobody_listens_any_more_to_who_is_gone() -> None:
    ear = FakeEar("Spoken.", takes=50)

    async def act(group: Party) -> None:
        await speaks(group.tabs[1])
        await asyncio.sleep(1)
        assert ear.running == 1
        await group.tabs[1]._connection.leave()  # type: ignore[attr-defined]
        await asyncio.sleep(1)
        assert ear.running == 0
        await group.tabs[0].type_text("and you?")

    async def main() -> list[str]:
        async with party(3, rounds=1, ear=ear) as group:
            await act(group)
            await group.silence()
            return group.told(0)

    assert run_virtual(main()) == ["Human: and you?"]


def test_beginning_to_speak_cuts_whoever_speaks_in_the_group() -> None:
    async def main() -> tuple[list[list[str]], list[int]]:
        async with party(3, ear=FakeEar("Stop it.")) as group:
            for tab in group.tabs:
                ears = group.shows._local._shows[tab.client.uid]._ears
                ears._detector = EnergyVAD(EnergyVAD.Options())
            await group.tabs[0].type_text("hello")
            await group.tabs[2].until_came("audio")
            came = len(group.tabs[2].frames)
            await group.tabs[2].send("raw-audio-data", audio=spoken.samples(tone(600, 16_000)))
            await group.tabs[2].until_came("control", text="interrupt")
            await group.silence()
            assert kinds(group.tabs[2].frames)[came] == "interrupt", "before anything else"
            return [chains(tab) for tab in group.tabs], [len(llm.prompts) for llm in group.llms]

    seen, prompts = run_virtual(main())
    assert seen == [[START, END]] * 3
    assert prompts == [1, 0, 0]


def test_the_scene_of_the_configuration_reaches_each_language_model_over_real_sockets(tmp_path: Path) -> None:
    prompts = tmp_path / "prompts" / "utils"
    prompts.mkdir(parents=True)
    (prompts / "together.txt").write_text("You talk with {human_name}, {other_ais} too.", encoding="utf-8")

    async def main() -> list[str]:
        async with FakeProvider() as provider:
            settings = asking(provider.base_url, 5.0).model_copy(update={"folder": tmp_path})
            system = settings.system_config.model_copy(
                update={"tool_prompts": {"group_conversation_prompt": "together"}, "group_rounds": 1}
            )
            async with (
                serving(settings.model_copy(update={"system_config": system})) as server,
                browser_tab(server.ws()) as one,
                browser_tab(server.ws()) as two,
            ):
                await two.type_text("alone")
                await two.until_turns(1)
                await invite(one, two)
                await two.type_text("together")
                await two.until_turns(3)
            return [request.body["messages"][0]["content"] for request in provider.requests]  # type: ignore[index]

    alone, *together = asyncio.run(main())
    assert "You talk with" not in alone
    assert len(together) == 2
    assert all(system.endswith("You talk with Human, Mika too.") for system in together)
