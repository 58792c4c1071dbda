"""New settings reach a show that is on air: the rules at once, the rest between turns, and no turn is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import fakes
from fake_floor import settings as autonomous
from fakes import FakeAdapter, FakeVoice, Reader, chat_message
from open_llm_vtuber.autonomous.scheduler import EventScheduler
from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.protocol.settings_messages import SettingsChanged, SettingsRefused
from open_llm_vtuber.settings.chat import ChatSettings, FreeSheet, SayStep
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.commands import ChatHappened, Hello
from open_llm_vtuber.show.operator_commands import EditModeration, Say
from open_llm_vtuber.show.role import Role
from open_llm_vtuber.show.settings_commands import HearOfFault, TakeSettings
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual

TOLD = SettingsChanged(revision="r", sections=("persona",), can_undo=True)


@dataclass
class Air:
    show: Show
    reader: Reader
    rereads: list[float]
    scheduler: EventScheduler

    def spoken(self) -> list[str]:
        return [cue["display_text"]["text"].strip() for cue in self.reader.all("audio")]

    async def take(self, triggers: Any = None, sheets: Any = None, **chat: Any) -> None:
        await self.show.ask(
            TakeSettings(
                client="editor",
                told=TOLD,
                chat=ChatSettings.model_validate(chat),
                sheets=sheets or {},
                triggers=triggers,
            )
        )


@asynccontextmanager
async def air(
    *pieces: str, shared: bool = True, store: MemoryStore | None = None, **chat: Any
) -> AsyncIterator[Air]:
    rereads: list[float] = []
    pause = 2.0 if len(pieces) > 1 else 0.0
    scheduler = EventScheduler(
        autonomous(triggers=[{"name": "a", "kind": "idle", "after_s": 900, "action": {"say": "A"}}])
    )
    settings = ChannelSettings(chat=ChatSettings.model_validate(chat), sheets=CueSheets({}))
    a_show = fakes.show(
        FakeAdapter(*(pieces or ("Hello.",)), pause=pause),
        FakeVoice(1.0),
        shared=shared,
        store=store,
        channel=settings,
        autonomy=scheduler,
    )

    def reread() -> None:
        rereads.append(asyncio.get_running_loop().time())

    change = a_show._role_change
    role: Role = change._role
    change._role = replace(role, reread=reread)
    async with fakes.running(a_show), asyncio.TaskGroup() as group:
        with a_show.attach("me") as outbox, a_show.attach("editor"):
            reader = Reader(outbox)
            await a_show.ask(Hello("me", ("chat", "state", "interrupted")))
            reading = group.create_task(reader.run())
            yield Air(a_show, reader, rereads, scheduler)
            reading.cancel()


def test_a_running_turn_is_not_cut_and_the_persona_counts_from_the_next_one() -> None:
    async def main() -> None:
        async with air("One. ", "Two. ", "Three. ", "Four.") as at:
            await at.show.ask(Say("me", "Talk."))
            await asyncio.sleep(1.5)
            await at.take()
            assert at.rereads == []
            await asyncio.sleep(15)
            assert at.spoken() == ["One.", "Two.", "Three.", "Four."]
            assert "interrupt-signal" not in at.reader.types()
            assert len(at.rereads) == 1
            await at.take()
            assert len(at.rereads) == 2, "while she is silent it counts at once"

    run_virtual(main())


def test_a_word_that_is_banned_while_she_speaks_is_kept_off_the_air_with_the_next_sentence() -> None:
    async def main() -> None:
        async with air("I like tea. ", "I like potato soup. ", "I like you.") as at:
            await at.show.ask(Say("me", "Talk."))
            await asyncio.sleep(3)
            rules = {"output": {"words": ["soup"]}, "banned_words": ["potato"]}
            await at.take(moderation=rules)
            await at.show.tell(ChatHappened(chat_message("m1", "potato!")))
            await asyncio.sleep(20)
            assert at.spoken() == ["I like tea.", "I like you."]
            assert at.reader.first("chat-message")["decision"]["reason"] == "banned-word"

    run_virtual(main())


def test_commands_selection_sheets_and_triggers_count_from_then_on() -> None:
    async def main() -> None:
        async with air() as at:
            await at.take(
                triggers=({"name": "b", "kind": "idle", "after_s": 900.0, "action": {"say": "B"}},),
                sheets={"hi": FreeSheet(steps=(SayStep(say="Hi {username}!"),))},
                commands={"say": {"enabled": False}},
                selection={"max_age_s": 1},
            )
            await at.show.tell(ChatHappened(chat_message("m1", "!say hello")))
            await asyncio.sleep(1)
            assert at.reader.first("chat-message")["decision"]["reason"] == "command-off"
            said = at.show._channel.events.play("hi", {"username": "Ana"})
            assert said
            assert said.text == "Hi Ana!"
            assert [trigger.name for trigger in at.scheduler.describe().triggers] == ["b"]

    run_virtual(main())


def test_everybody_but_the_editor_is_told_in_a_show_that_is_shared_and_nobody_in_a_guests_own() -> None:
    async def main() -> None:
        for shared in (True, False):
            async with air(shared=shared) as at:
                await at.show.ask(Hello("editor", ("state",)))
                editor = at.show.audience.outbox("editor")
                await at.take()
                await at.show.ask(HearOfFault(SettingsRefused(reason="line 3")))
                await asyncio.sleep(0.5)
                assert len(at.reader.all("settings-changed")) == shared
                assert len(at.reader.all("settings-refused")) == shared
                assert editor is not None

    run_virtual(main())


def test_of_a_list_that_was_edited_on_air_and_in_the_file_the_later_change_counts() -> None:
    store = MemoryStore()

    async def lists(at: Air) -> tuple[str, ...]:
        (answer,) = await at.show.ask(EditModeration("banned_words"))
        found: tuple[str, ...] = answer.lists["banned_words"]  # type: ignore[union-attr]  # it is the lists
        return found

    async def main() -> None:
        async with air(store=store, moderation={"banned_words": ["a", "b"]}) as at:
            await at.show.ask(EditModeration("banned_words", add=("x", "y"), remove=("a",)))
            assert await lists(at) == ("b", "x", "y")
            await at.take(moderation={"banned_words": ["a", "b", "x"]})
            assert await lists(at) == ("b", "x", "y"), "what the file did not touch stays edited"
            await at.take(moderation={"banned_words": ["b"]})
            assert await lists(at) == ("b", "y"), "the file takes x away"
            await at.take(moderation={"banned_words": ["a", "b"]})
            assert await lists(at) == ("a", "b", "y"), "the file puts a back"
        async with air(store=store, moderation={"banned_words": ["a", "b"]}) as at:
            assert await lists(at) == ("a", "b", "y"), "and so it stays"

    run_virtual(main())
