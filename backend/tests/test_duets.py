"""Two characters on one stage: never both at once, so many lines and no more, and everybody's turn. Time is virtual."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from pydantic import ValidationError

import fakes
from co_stage import STAGE, Heard, HissingVoice, Page, hiss
from fakes import FakeAdapter, FakeEar, Reader, chat_message
from open_llm_vtuber.adapters.orphiq_adapter import OrphiqAdapter
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.config import Settings
from open_llm_vtuber.duets import Duets
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.protocol.live_server_messages import CharacterState, Snapshot
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.settings.duet import DuetSettings
from open_llm_vtuber.show.commands import (
    AnswerUtterance,
    ChatHappened,
    GetState,
    Hear,
    Hello,
    Interrupt,
    PlaybackEnded,
    PlayStarted,
    TakeSnapshot,
)
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.operator_commands import BlockViewer, Resume, Stop
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.shows import LocalShows
from open_llm_vtuber.stimulus import ChatRemoval
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual

NAMES = {"main": "Mika", "guest": "Rin"}


@dataclass
class Theatre:
    """Both shows with a stage page each."""

    duets: Duets
    adapters: dict[str, FakeAdapter]
    pages: dict[str, Page]
    chats: int = 0

    async def chat(self, text: str, who: str = "Ana") -> None:
        self.chats += 1
        message = chat_message(f"m{self.chats}", text, username=who.lower(), display_name=who)
        await self.duets.tell("main", ChatHappened(message))

    def heard(self) -> list[tuple[str, str]]:
        """Return who said what, in the order in which the audience heard it."""
        return [(NAMES[show], each.text) for show, each in self.in_order()]

    def in_order(self) -> list[tuple[str, Heard]]:
        all_of_it = [(show, each) for show, page in self.pages.items() for each in page.heard]
        return sorted(all_of_it, key=lambda entry: entry[1].begins)


@asynccontextmanager
async def theatre(
    exchanges: int = 2,
    seconds: float = 60.0,
    *,
    adapters: dict[str, Adapter] | None = None,
    says: Sequence[str] = ("I am Mika.", "And I am Rin."),
) -> AsyncIterator[Theatre]:
    fake = {name: FakeAdapter(text) for name, text in zip(NAMES, says, strict=True)}
    store = MemoryStore()

    def build(name: str) -> Show:
        role = fakes.role((adapters or {}).get(name) or fake[name], HissingVoice(2.0))
        return Show(
            name,
            replace(role, billing=replace(role.billing, character_name=NAMES[name], conf_name=NAMES[name])),
            guard=Guard(),
            store=store,
            repertoire=fakes.FakeRepertoire(),
            shared=True,
            ears=Ears(FakeEar("What do you two think?")),
            co_host=CoHostSettings(name="Alex"),
        )

    settings = DuetSettings(shows=("main", "guest"), exchanges=exchanges, seconds=seconds)
    async with (
        LocalShows(build, tuple(NAMES)) as local,
        Duets(local, settings) as duets,
        asyncio.TaskGroup() as group,
    ):
        scene = Theatre(duets, fake, {})
        async with _open(scene, "main", group), _open(scene, "guest", group):
            await asyncio.sleep(0.5)
            yield scene


@asynccontextmanager
async def _open(scene: Theatre, show: str, group: asyncio.TaskGroup) -> AsyncIterator[None]:
    client = f"{STAGE} of {show}"

    async def report(said: PlayStarted | PlaybackEnded) -> None:
        await scene.duets.ask(show, replace(said, client=client))

    page = scene.pages[show] = Page(report)
    async with scene.duets.subscribe(show, client) as place:
        tasks = [group.create_task(Reader(place.outbox, page.take).run()), group.create_task(page.play())]
        await scene.duets.ask(show, Hello(client, ("expression", "chat", "state", "interrupted", "primary")))
        yield
        for task in tasks:
            task.cancel()


def one_floor(scene: Theatre) -> bool:
    """Whether nobody began before the other had ended."""
    heard = [each for _, each in scene.in_order()]
    return all(later.begins >= earlier.ends for earlier, later in pairwise(heard))


def test_they_answer_each_other_so_often_one_after_the_other_and_then_are_silent() -> None:
    async def main() -> None:
        async with theatre(exchanges=3) as scene:
            await scene.chat("Hello you two!")
            await asyncio.sleep(60)
            mika, rin = ("Mika", "I am Mika."), ("Rin", "And I am Rin.")
            assert scene.heard() == [mika, rin, mika, rin]
            assert one_floor(scene)
            (first,) = (each for each in scene.adapters["guest"].asked[:1])
            assert first.told == "[Mika, character] I am Mika."
            await scene.chat("Once more!")
            await asyncio.sleep(60)
            assert scene.heard()[4:] == [mika, rin, mika, rin], "somebody else began something"

    run_virtual(main())


def test_they_stop_when_it_has_lasted_long_enough() -> None:
    async def main() -> None:
        async with theatre(exchanges=40, seconds=10.0) as scene:
            await scene.chat("Hello you two!")
            await asyncio.sleep(120)
            said = scene.in_order()
            assert 4 <= len(said) <= 7
            assert said[-1][1].begins - said[0][1].ends < 10.0 + 3.0

    run_virtual(main())


def test_who_is_named_in_the_chat_answers_and_else_the_first() -> None:
    async def main() -> None:
        async with theatre(exchanges=0) as scene:
            for text in ("Rin, how are you?", "Mika or rin?", "Strings attached?"):
                await scene.chat(text)
                await asyncio.sleep(10)
            asked = {show: [each.text for each in adapter.asked] for show, adapter in scene.adapters.items()}
            assert asked == {"main": ["Mika or rin?", "Strings attached?"], "guest": ["Rin, how are you?"]}

    run_virtual(main())


def test_however_much_both_have_to_say_one_speaks_at_a_time_and_both_get_their_turn() -> None:
    async def main() -> None:
        async with theatre(exchanges=1) as scene:
            for number in range(4):
                await scene.chat(f"Mika, question {number}?", who=f"Ana{number}")
                await scene.chat(f"Rin, question {number}?", who=f"Ben{number}")
            await asyncio.sleep(120)
            assert one_floor(scene)
            names = [name for name, _ in scene.heard()]
            assert names[:8] == ["Mika", "Rin"] * 4

    run_virtual(main())


def test_an_interrupt_of_either_silences_both_and_ends_the_talk() -> None:
    async def main() -> None:
        async with theatre(exchanges=10) as scene:
            await scene.chat("Hello you two!")
            await asyncio.sleep(3.5)  # the guest speaks
            await scene.duets.ask("main", Interrupt("somebody", None))
            await asyncio.sleep(30)
            _, (name, second) = scene.in_order()
            assert name == "guest"
            assert second.ends - second.begins < 1.9

    run_virtual(main())


def test_stop_and_what_else_an_operator_does_reaches_both() -> None:
    async def main() -> None:
        async with theatre() as scene:

            async def stopped() -> list[bool]:
                states = [(await scene.duets.ask(show, GetState()))[0] for show in NAMES]
                return [state.is_stopped for state in states if isinstance(state, CharacterState)]

            await scene.duets.ask("guest", Stop("somebody"))
            assert await stopped() == [True, True]
            await scene.duets.ask("main", Resume("somebody"))
            assert await stopped() == [False, False]
            await scene.duets.ask("main", BlockViewer("twitch", "eve"))
            await scene.chat("Rin, are you there?", who="Eve")
            await asyncio.sleep(10)
            assert scene.heard() == []

    run_virtual(main())


def test_what_a_moderator_removes_is_removed_from_both() -> None:
    async def main() -> None:
        async with theatre() as scene:
            await scene.chat("Rin, look at this!")
            removal = ChatRemoval(platform="twitch", channel="c", message_id="m1")
            await scene.duets.tell("main", ChatHappened(removal))
            await asyncio.sleep(10)
            assert scene.heard() == []
            assert [adapter.taken_back for adapter in scene.adapters.values()] == [[removal], [removal]]

    run_virtual(main())


def test_a_moderators_stop_in_the_chat_of_one_stops_the_other() -> None:
    async def main() -> None:
        async with theatre(exchanges=10) as scene:
            await scene.chat("Hello you two!")
            await asyncio.sleep(3.5)
            stop = replace(chat_message("stop", "!stop", badges=("moderator",)))
            await scene.duets.tell("main", ChatHappened(stop))
            await asyncio.sleep(20)
            assert len(scene.heard()) == 2
            (state,) = await scene.duets.ask("guest", GetState())
            assert isinstance(state, CharacterState)
            assert state.is_stopped

    run_virtual(main())


def test_both_yield_to_the_streamer_and_both_know_what_was_said() -> None:
    async def main() -> list[list[str]]:
        llms = {show: fakes.FakeLLM("One sentence here.", " Another sentence here.") for show in NAMES}
        agents: dict[str, Adapter] = {
            show: OrphiqAdapter(BasicMemoryAgent(llm, f"You are {NAMES[show]}.", ()))
            for show, llm in llms.items()
        }
        async with theatre(exchanges=1, adapters=agents) as scene:
            await scene.chat("Hello you two!")
            await asyncio.sleep(5.5)  # the guest is in its first sentence
            async with scene.duets.subscribe("main", "mic"):
                for _ in range(15):
                    numbers = memoryview(hiss(0.1, 7)).cast("h").tolist()
                    await scene.duets.ask("main", Hear("mic", tuple(map(float, numbers))))
                    await asyncio.sleep(0.1)
                await scene.duets.ask("main", AnswerUtterance("mic", "Human"))
                await asyncio.sleep(30)
            said = scene.heard()
            assert said[2] == ("Rin", "One sentence here."), "it finishes, and says no more"
            assert said[3:] == [
                *(("Mika", "One sentence here."), ("Mika", "Another sentence here.")),
                *(("Rin", "One sentence here."), ("Rin", "Another sentence here.")),
            ]
            assert one_floor(scene)
        return [[prompt[-1].content for prompt in llm.prompts] for llm in llms.values()]

    mikas, rins = run_virtual(main())
    assert mikas == ["Ana: Hello you two!", "[Alex, streamer] What do you two think?"]
    assert "[Alex, streamer] What do you two think?" in rins[1]
    assert rins[1].endswith("\n[Mika, character] One sentence here. Another sentence here.")


def test_each_has_a_conversation_of_its_own() -> None:
    async def main() -> None:
        async with theatre(exchanges=1) as scene:
            await scene.chat("Hello you two!")
            await asyncio.sleep(20)
            lines = {}
            for show in NAMES:
                (snapshot,) = await scene.duets.ask(show, TakeSnapshot("somebody"))
                assert isinstance(snapshot, Snapshot)
                lines[show] = [(line.role, line.name, line.content) for line in snapshot.conversation]
            assert lines == {
                "main": [("human", "Ana", "Hello you two!"), ("ai", "Mika", "I am Mika.")],
                "guest": [("human", "Mika", "I am Mika."), ("ai", "Rin", "And I am Rin.")],
            }

    run_virtual(main())


def test_without_a_duet_nothing_is_different() -> None:
    async def main() -> None:
        async with (
            LocalShows(lambda name: fakes.show(name=name, shared=True), ("main",)) as local,
            Duets(local, None) as duets,
            duets.subscribe("main", "me") as place,
        ):
            await duets.tell("main", ChatHappened(chat_message("m1", "Hello Mika!")))
            await asyncio.sleep(1)
            assert place.show == "main"
            (state,) = await duets.ask("main", GetState())
            assert isinstance(state, CharacterState)
            assert state.speaking

    run_virtual(main())


@pytest.mark.parametrize(
    ("duet", "complaint"),
    [
        ({"shows": ["main", "main"]}, "itself"),
        ({"shows": ["main", "nobody"]}, "there is no show nobody"),
        ({"shows": ["main"]}, "shows"),
    ],
)
def test_a_duet_of_shows_that_do_not_exist_is_refused(duet: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Settings.model_validate({"live_config": {"duet": duet}})
