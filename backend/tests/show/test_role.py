"""Changing who is on air: as a whole, between turns, or not at all."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

import fakes
from fakes import FakeAdapter, FakeRepertoire, FakeVoice, Reader
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError, VTuberError
from open_llm_vtuber.protocol.server_messages import ConfigSwitched, SetModelAndConf
from open_llm_vtuber.show import role
from open_llm_vtuber.show.commands import BecomeCharacter, ChatHappened, CreateHistory, ListHistories, Perform
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import HistoryLine, Stimulus
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual


class Notebook:
    """Notes which roles were laid down."""

    def __init__(self) -> None:
        self.left: list[str] = []

    def leaving(self, name: str) -> Callable[[], Awaitable[None]]:
        async def leave() -> None:
            self.left.append(name)

        return leave


def typed(text: str) -> Perform:
    return Perform(Stimulus(text=text, source="typed", author="Human", client="me"))


def test_the_answers_are_the_model_and_then_that_it_is_switched() -> None:
    async def main() -> None:
        a_show = fakes.show(
            repertoire=FakeRepertoire(felix=fakes.role(conf_name="Felix", conf_uid="felix_1"))
        )
        described, switched = await a_show.ask(BecomeCharacter("me", "felix.yaml"))
        assert isinstance(described, SetModelAndConf)
        assert (described.conf_name, described.conf_uid, described.client_uid) == ("Felix", "felix_1", "me")
        assert isinstance(switched, ConfigSwitched)
        assert switched.message == "Switched to config: felix.yaml"

    run_virtual(main())


def test_the_next_line_is_answered_by_the_new_character_with_its_own_voice_and_names() -> None:
    async def main() -> None:
        voice, words = FakeVoice(), FakeAdapter("Meow.")
        felix = fakes.role(words, voice, character_name="Felix", avatar="felix.png", human_name="Boss")
        a_show = fakes.show(repertoire=FakeRepertoire(felix=felix))
        async with fakes.running(a_show), asyncio.TaskGroup() as group:
            with a_show.attach("me") as outbox:
                reader = Reader(outbox)
                reading = group.create_task(reader.run())
                await a_show.ask(BecomeCharacter("me", "felix.yaml"))
                await a_show.ask(typed("hi"))
                await asyncio.sleep(5)
                reading.cancel()
        shown = reader.first("audio")["display_text"]
        assert (shown["text"], shown["name"], shown["avatar"]) == ("Meow. ", "Felix", "felix.png")
        assert voice.spoken == ["Meow."]
        assert words.asked[0].author == "Boss"

    run_virtual(main())


def test_a_running_turn_is_cut_and_kept_by_the_character_that_spoke_it() -> None:
    async def main() -> None:
        first, second = FakeAdapter("One. ", "Two. ", pause=1.0), FakeAdapter("Meow.")
        felix = fakes.role(second, conf_uid="felix_1")
        a_show = fakes.show(first, FakeVoice(30.0), repertoire=FakeRepertoire(felix=felix, conf=fakes.role()))
        async with fakes.running(a_show), asyncio.TaskGroup() as group:
            with a_show.attach("me") as outbox:
                reader = Reader(outbox)
                reading = group.create_task(reader.run())
                await a_show.ask(typed("hi"))
                await a_show.ask(typed("and you?"))
                await asyncio.sleep(4)
                await a_show.ask(BecomeCharacter("me", "felix.yaml"))
                assert reader.types().count("conversation-chain-end") == 1
                await asyncio.sleep(5)
                reading.cancel()
        assert first.remembered == [("hi", "One.")]
        assert [stimulus.text for stimulus in second.asked] == ["and you?"], "what waited is not lost"
        (histories,) = await a_show.ask(ListHistories())
        assert "Meow." in str(histories)
        assert "One." not in str(histories)
        await a_show.ask(BecomeCharacter("me", "conf.yaml"))
        (histories,) = await a_show.ask(ListHistories())
        assert "One." in str(histories)

    run_virtual(main())


@pytest.mark.parametrize(
    "fault",
    [
        ConfigError("There is no avatar 'x'."),
        EngineError("The voice is hoarse.", engine="fake", retryable=True),
        ProtocolError("There is no such character.", code="not-found"),
    ],
)
def test_a_role_that_cannot_be_had_changes_nothing_and_says_why(fault: VTuberError) -> None:
    async def main() -> Show:
        notes = Notebook()
        a_show = Show(
            "main",
            fakes.role(leave=notes.leaving("Mika")),
            store=MemoryStore(),
            repertoire=FakeRepertoire(broken=fault),
            guard=fakes.GUARD,
            shared=False,
        )
        cast = a_show._cast
        with pytest.raises(ProtocolError, match=str(fault)) as raised:
            await a_show.ask(BecomeCharacter("me", "broken.yaml"))
        assert raised.value.code == fault.code
        assert a_show._cast is cast
        assert notes.left == []
        return a_show

    run_virtual(main())


def test_engines_that_do_not_start_in_time_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(role, "CASTING_LIMIT", 0.05)

    async def main() -> None:
        a_show = fakes.show(repertoire=FakeRepertoire(felix=fakes.role()))
        with pytest.raises(ProtocolError, match="in time"):
            await a_show.ask(BecomeCharacter("me", "felix.yaml"))

    run_virtual(main())


def test_every_role_is_laid_down_once_and_the_last_one_when_the_show_ends() -> None:
    async def main() -> list[str]:
        notes = Notebook()
        names = ("a", "b", "c")
        roles = {name: fakes.role(leave=notes.leaving(name)) for name in names}
        a_show = fakes.show(repertoire=FakeRepertoire(**roles))
        async with fakes.running(a_show):
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(a_show.ask(BecomeCharacter("me", f"{name}.yaml")))
            assert notes.left == ["a", "b"]
        return notes.left

    assert run_virtual(main()) == ["a", "b", "c"]


def test_a_switch_that_is_given_up_in_the_middle_gives_the_new_roles_engines_back() -> None:
    async def main() -> list[str]:
        notes = Notebook()
        felix = fakes.role(leave=notes.leaving("felix"))

        class SlowStore(MemoryStore):
            async def append(self, owner: str, history: str, line: HistoryLine) -> None:
                await asyncio.sleep(10 if line.role == "ai" else 0)
                await super().append(owner, history, line)

        a_show = fakes.show(store=SlowStore(), repertoire=FakeRepertoire(felix=felix))
        async with fakes.running(a_show):
            await a_show.ask(typed("hi"))
            await asyncio.sleep(0.5)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await a_show.ask(BecomeCharacter("me", "felix.yaml"))
            assert a_show._billing.conf_name == "Fake"
        return notes.left

    assert run_virtual(main()) == ["felix"]


def test_everybody_else_in_the_show_is_told() -> None:
    async def main() -> None:
        a_show = fakes.show(shared=True, repertoire=FakeRepertoire(felix=fakes.role(conf_name="Felix")))
        async with fakes.running(a_show), asyncio.TaskGroup() as group:
            with a_show.attach("me") as mine, a_show.attach("you") as yours:
                me, you = Reader(mine), Reader(yours)
                tasks = [group.create_task(each.run()) for each in (me, you)]
                await a_show.ask(BecomeCharacter("me", "felix.yaml"))
                await asyncio.sleep(0.1)
                for task in tasks:
                    task.cancel()
        assert you.types() == ["set-model-and-conf", "config-switched"]
        assert you.first("set-model-and-conf")["client_uid"] == "you"
        assert me.types() == [], "who asked has the answer already"

    run_virtual(main())


def test_chat_that_names_the_new_character_addresses_it() -> None:
    async def main() -> list[str]:
        words = FakeAdapter("Meow.")
        felix = fakes.role(words, FakeVoice(0.1), character_name="Felix", conf_name="Felix")
        a_show = fakes.show(repertoire=FakeRepertoire(felix=felix))
        await a_show.ask(BecomeCharacter("me", "felix.yaml"))
        await a_show.tell(ChatHappened(fakes.chat_message("1", "Felix, hello!")))
        await a_show.tell(ChatHappened(fakes.chat_message("2", "something else entirely")))
        async with fakes.running(a_show):
            await asyncio.sleep(5)
        return [stimulus.text for stimulus in words.asked]

    assert "Felix, hello!" in run_virtual(main())


def test_in_a_shared_show_the_new_character_begins_a_conversation_of_its_own() -> None:
    async def main() -> None:
        a_show = fakes.show(shared=True, repertoire=FakeRepertoire(felix=fakes.role(conf_uid="felix_1")))
        (before,) = await a_show.ask(CreateHistory())
        (same,) = await a_show.ask(CreateHistory())
        await a_show.ask(BecomeCharacter("me", "felix.yaml"))
        (after,) = await a_show.ask(CreateHistory())
        assert before == same
        assert after != before

    run_virtual(main())
