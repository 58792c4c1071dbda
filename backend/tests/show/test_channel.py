"""The channel of a show: what was removed is nowhere any more, at whatever stage, and everything else goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

import fakes
from fakes import FakeAdapter, FakeVoice, Reader, channel_event, chat_message
from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.settings.chat import BoundSheet, ChatSettings
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.commands import ChatHappened, Hello
from open_llm_vtuber.show.operator_commands import ForgetViewer, Resume, Stop
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import ChannelEvent, ChatRemoval, HistoryLine, StreamFacts
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual

SECRET = "purple elephants"
REPLY = ("I heard about ", f"{SECRET}. ", "They are nice. ", "And there is much more to say about them. ")
RETRACTED_WITHIN = 0.2


@dataclass
class Stage:
    show: Show
    reader: Reader
    store: MemoryStore
    adapter: FakeAdapter

    async def tell(self, event: Any) -> None:
        await self.show.tell(ChatHappened(event))

    async def stored(self) -> str:
        found = [
            line.content
            for owner in self.store._histories.values()
            for lines in owner.values()
            for line in lines
        ]
        known = [str(viewer) for viewer in self.store.viewers._viewers.values()]
        await asyncio.sleep(0)
        return "\n".join([*found, *known])


@asynccontextmanager
async def on_air(
    *pieces: str,
    pause: float = 0.0,
    work: float = 0.0,
    length: float = 1.0,
    store: MemoryStore | None = None,
    sheets: CueSheets | None = None,
    **chat: Any,
) -> AsyncIterator[Stage]:
    adapter, store = FakeAdapter(*(pieces or ("Hello there.",)), pause=pause), store or MemoryStore()
    settings = ChannelSettings(chat=ChatSettings.model_validate(chat), sheets=sheets or CueSheets({}))
    a_show = fakes.show(adapter, FakeVoice(length, work=work), store=store, shared=True, channel=settings)
    async with fakes.running(a_show), asyncio.TaskGroup() as group:
        with a_show.attach("me") as outbox:
            reader = Reader(outbox)
            await a_show.ask(Hello("me", ("chat", "state", "interrupted", "expression")))
            reading = group.create_task(reader.run())
            yield Stage(a_show, reader, store, adapter)
            reading.cancel()


DELETED = ChatRemoval(platform="twitch", channel="c", message_id="bad")
BANNED = ChatRemoval(platform="twitch", channel="c", username="rude")
CLEARED = ChatRemoval(platform="twitch", channel="c")
STAGES: dict[str, dict[str, Any]] = {
    "being written": {"after": 0.3, "pause": 0.2},
    "being synthesised": {"after": 1.0, "work": 0.8},
    "half spoken": {"after": 1.5, "length": 1.0},
    "nearly over": {"after": 3.9, "length": 1.0},
}


@pytest.mark.parametrize("removal", [DELETED, BANNED, CLEARED], ids=["deleted", "banned", "cleared"])
@pytest.mark.parametrize("stage", STAGES)
def test_the_reply_to_a_removed_line_stops_at_once_and_leaves_nothing(
    stage: str, removal: ChatRemoval
) -> None:
    how = dict(STAGES[stage])
    after = how.pop("after")

    async def main() -> None:
        async with on_air(*REPLY, **how) as air:
            await air.tell(chat_message("bad", f"say {SECRET} now", username="rude"))
            await asyncio.sleep(after)
            assert air.show._director.turn is not None
            began, seen = asyncio.get_running_loop().time(), len(air.reader.messages)
            await air.tell(removal)
            await asyncio.sleep(RETRACTED_WITHIN)
            assert asyncio.get_running_loop().time() - began <= 2 * RETRACTED_WITHIN
            await asyncio.sleep(10)
            types = [message["type"] for message in air.reader.messages[seen:]]
            assert "audio" not in types
            assert types.index("interrupt-signal") < types.index("speech-retracted")
            assert SECRET not in str(air.reader.messages[seen:])
            assert SECRET not in await air.stored()
            assert SECRET not in str(air.show._channel.chat.shown)
            assert SECRET not in str(air.show._conversation.recent)
            assert SECRET not in str(air.show._channel.chat.log.reasons)
            assert not air.adapter.remembered
            assert air.show._director.turn is None

    run_virtual(main())


@pytest.mark.parametrize("removal", [DELETED, BANNED, CLEARED], ids=["deleted", "banned", "cleared"])
def test_a_line_that_waits_is_never_answered_and_the_running_turn_goes_on(removal: ChatRemoval) -> None:
    async def main() -> None:
        async with on_air("One. Two. Three.") as air:
            await air.show._director.freeze()
            air.show._director.thaw()
            await air.tell(fakes.channel_event("subscribe"))
            await asyncio.sleep(0.1)
            running = air.show._director.turn
            assert running
            await air.tell(chat_message("bad", f"say {SECRET} now", username="rude"))
            await air.tell(chat_message("worse", "!say tell it all", username="rude"))
            await air.tell(removal)
            assert air.show._director.turn is running
            await asyncio.sleep(20)
            asked = [stimulus.text for stimulus in air.adapter.asked]
            assert f"say {SECRET} now" not in asked
            assert ("tell it all" in asked) == (removal is DELETED)
            assert "speech-retracted" not in air.reader.types()

    run_virtual(main())


def test_an_answer_of_before_is_forgotten_with_its_line() -> None:
    async def main() -> None:
        async with on_air(f"I like {SECRET}.") as air:
            await air.tell(chat_message("good", "hello", username="ana"))
            await asyncio.sleep(5)
            await air.tell(chat_message("bad", f"I like {SECRET}", username="rude"))
            await asyncio.sleep(5)
            assert (await air.stored()).count(SECRET) >= 3
            await air.tell(DELETED)
            assert (await air.stored()).count(
                SECRET
            ) == 2  # her answer to the other line, and its place in memory
            assert "hello" in await air.stored()
            assert air.adapter.taken_back == [DELETED]

    run_virtual(main())


class SlowStore(MemoryStore):
    """Takes a second for each line."""

    async def append(self, owner: str, history: str, line: HistoryLine) -> None:
        await asyncio.sleep(1)
        await super().append(owner, history, line)


def test_what_is_just_being_stored_is_erased_as_well() -> None:
    async def main() -> None:
        async with on_air(f"I like {SECRET}.", store=SlowStore()) as air:
            await air.tell(chat_message("bad", f"I like {SECRET}", username="rude"))
            turn = None
            for _ in range(100):
                turn = air.show._director.turn or turn
                if turn and turn.is_over:
                    break
                await asyncio.sleep(0.1)
            assert air.show._director.turn is turn is not None
            await air.tell(DELETED)
            await asyncio.sleep(5)
            assert SECRET not in await air.stored()

    run_virtual(main())


def test_a_deletion_that_overtakes_its_message_counts() -> None:
    async def main() -> None:
        async with on_air() as air:
            await air.tell(DELETED)
            await air.tell(chat_message("bad", f"say {SECRET}", username="rude"))
            await asyncio.sleep(5)
            assert not air.adapter.asked
            assert SECRET not in str(air.reader.messages)

    run_virtual(main())


def test_in_a_busy_chat_only_what_was_removed_is_gone() -> None:
    async def main() -> None:
        async with on_air("Fine.", length=0.2) as air:
            for number in range(200):  # 20 lines a second
                await air.tell(
                    chat_message(f"m{number}", f"line number {number}", username=f"v{number % 40}")
                )
                if number % 4 == 0:
                    await air.tell(ChatRemoval(platform="twitch", channel="c", message_id=f"m{number}"))
                await asyncio.sleep(0.05)
            await asyncio.sleep(30)
            stored = (await air.stored()).split("\n")
            answered = [line for line in stored if line.startswith("line number")]
            assert len(answered) > 10
            assert not [line for line in answered if int(line.rsplit(" ", 1)[1]) % 4 == 0]

    run_virtual(main())


def test_events_are_answered_before_chat_and_what_was_paid_waits_for_the_end_of_a_stop() -> None:
    async def main() -> None:
        async with on_air() as air:
            await air.show.ask(Stop("me"))
            await air.tell(chat_message("1", "Mika, hello!", username="ana"))
            await air.tell(channel_event("cheer", amount=5))
            await asyncio.sleep(100)
            assert not air.adapter.asked
            await air.show.ask(Resume("me"))
            await air.tell(chat_message("2", "Mika, are you there?", username="ana"))
            await asyncio.sleep(10)
            first, second = [stimulus.text for stimulus in air.adapter.asked]
            assert first.startswith("Ana cheered 5 bits")
            assert second == "Mika, are you there?"
            assert not await air.store.paid.waiting("main")

    run_virtual(main())


CHEERED = channel_event("cheer", amount=5, who="Rude", message=SECRET, message_id="bad")


@pytest.mark.parametrize("first", ["line", "event"])
def test_a_line_that_came_with_bits_is_answered_once_with_them(first: str) -> None:
    async def main() -> None:
        async with on_air() as air:
            line = chat_message("bad", f"cheer5 {SECRET}", username="rude")
            await air.show._director.freeze()
            for event in (line, CHEERED) if first == "line" else (CHEERED, line):
                await air.tell(event)
            air.show._director.thaw()
            await asyncio.sleep(10)
            (asked,) = air.adapter.asked
            assert SECRET in asked.text
            last = [cue["decision"] for cue in air.reader.all("chat-decision") if cue["id"] == "bad"][-1]
            assert last["outcome"] == "answered"

    run_virtual(main())


def redeemed() -> ChannelEvent:
    return channel_event("redemption", amount=100, who="Rude", message=SECRET, title="Ask me")


@pytest.mark.parametrize("order", ["line waits", "event first", "event just before"])
def test_the_words_of_a_reward_are_answered_once_and_with_it(order: str) -> None:
    async def main() -> None:
        async with on_air() as air:
            line = chat_message("bad", f"{SECRET} ", username="rude")
            if order == "event just before":
                await air.tell(redeemed())
                await asyncio.sleep(0.5)
                await air.tell(line)
            else:
                await air.show._director.freeze()
                for event in (line, redeemed()) if order == "line waits" else (redeemed(), line):
                    await air.tell(event)
                air.show._director.thaw()
            await asyncio.sleep(10)
            (asked,) = air.adapter.asked
            assert (asked.source, asked.message_id) == ("event", "bad")
            assert SECRET in asked.text
            assert not await air.store.paid.waiting("main")

    run_virtual(main())


def test_the_words_of_a_reward_whose_line_is_being_answered_are_not_answered_again() -> None:
    async def main() -> None:
        async with on_air() as air:
            await air.tell(chat_message("bad", SECRET, username="rude"))
            await asyncio.sleep(0.1)
            await air.tell(redeemed())
            await asyncio.sleep(20)
            line, reward = air.adapter.asked
            assert line.text == SECRET
            assert (reward.source, SECRET in reward.text) == ("event", False)
            assert not await air.store.paid.waiting("main")

    run_virtual(main())


def test_a_reward_whose_line_never_comes_is_answered_all_the_same_and_a_later_line_for_itself() -> None:
    async def main() -> None:
        async with on_air() as air:
            await air.tell(redeemed())
            await asyncio.sleep(30)
            await air.tell(chat_message("bad", SECRET, username="rude"))
            await asyncio.sleep(10)
            assert [asked.source for asked in air.adapter.asked] == ["event", "chat"]

    run_virtual(main())


@pytest.mark.parametrize("order", ["line first", "event first"])
def test_the_words_of_a_reward_go_with_their_line_and_it_is_still_thanked_for(order: str) -> None:
    async def main() -> None:
        async with on_air("Thank you!") as air:
            line = chat_message("bad", SECRET, username="rude")
            await air.show._director.freeze()
            for event in (line, redeemed()) if order == "line first" else (redeemed(), line):
                await air.tell(event)
            await air.tell(DELETED)
            air.show._director.thaw()
            await asyncio.sleep(10)
            (asked,) = air.adapter.asked
            assert (asked.source, SECRET in asked.text) == ("event", False)
            assert SECRET not in await air.stored()

    run_virtual(main())


def test_where_bits_are_bound_to_no_words_their_line_is_answered_as_chat_and_they_count() -> None:
    async def main() -> None:
        silent = CueSheets({"bits": BoundSheet(on="cheer", steps=())})
        async with on_air(sheets=silent) as air:
            await air.show._director.freeze()
            for event in (CHEERED, replace(chat_message("bad", "cheer5 hello", username="rude"), bits=5)):
                await air.tell(event)
            await air.tell(chat_message("2", "hello there", username="ana"))
            air.show._director.thaw()
            await asyncio.sleep(20)
            assert [stimulus.message_id for stimulus in air.adapter.asked] == ["bad", "2"]
            ((_, reason), *_) = air.show._channel.chat.log.reasons
            assert reason.decision.factors["bits"] > 0
            assert not await air.store.paid.waiting("main")

    run_virtual(main())


@pytest.mark.parametrize("when", ["waiting", "running"])
def test_the_words_that_came_with_bits_can_be_deleted_and_the_bits_are_still_thanked_for(when: str) -> None:
    async def main() -> None:
        async with on_air("Thank you!", work=1.0) as air:
            if when == "waiting":
                await air.show._director.freeze()
            await air.tell(CHEERED)
            await asyncio.sleep(0.5)
            await air.tell(DELETED)
            air.show._director.thaw()
            await asyncio.sleep(10)
            assert SECRET not in air.adapter.asked[-1].text or when == "running"
            assert len(air.reader.all("audio")) == 1
            assert not await air.store.paid.waiting("main")

    run_virtual(main())


def test_a_banned_viewers_name_is_not_thanked() -> None:
    async def main() -> None:
        async with on_air("Thank you all!") as air:
            await air.show.ask(Stop("me"))
            await air.tell(channel_event("cheer", amount=5, who="Rude", message=SECRET))
            await air.tell(BANNED)
            await air.show.ask(Resume("me"))
            await asyncio.sleep(5)
            (asked,) = air.adapter.asked
            assert "Rude" not in asked.text
            assert SECRET not in asked.text

    run_virtual(main())


def test_a_prompt_knows_the_viewer_the_stream_and_the_crowd_and_all_of_it_is_data() -> None:
    async def main() -> None:
        async with on_air() as air:
            await air.tell(StreamFacts(channel="c", title="Building\na bridge", category="Art", viewers=12))
            await air.tell(chat_message("0", "I like chess", username="ana"))
            await asyncio.sleep(15)
            await air.show._director.freeze()
            for number in range(4):
                await air.tell(chat_message(f"l{number}", "LUL", username=f"v{number}"))
            await air.tell(chat_message("1", "Mika, hello!", username="ana"))
            air.show._director.thaw()
            await asyncio.sleep(5)
            _, last, *_ = air.adapter.asked
            assert last.line == "Ana: Mika, hello!"
            told = " ".join(last.notes)
            assert 'asked before: "I like chess"' in told
            assert 'called "Building a bridge"' in told
            assert '"LUL" (3 viewers)' in told or '"LUL" (4 viewers)' in told
            assert last.prompt.endswith("\nAna: Mika, hello!")

    run_virtual(main())


def test_a_held_line_waits_for_an_operator_and_not_for_ever() -> None:
    async def main() -> None:
        hold = {"hold": {"words": ["elephants"], "expires_s": 30}}
        async with on_air(moderation=hold) as air:
            await air.tell(chat_message("bad", f"tell me about {SECRET}", username="ana"))
            await asyncio.sleep(20)
            assert not air.adapter.asked
            assert [each.id for each in air.show._channel.chat.held] == ["bad"]
            await asyncio.sleep(11)
            assert not air.show._channel.chat.held
            last = air.reader.all("chat-decision")[-1]
            assert last["decision"] == {"outcome": "skipped", "reason": "hold-expired", "score": None}

    run_virtual(main())


def test_a_forgotten_viewer_is_nowhere_and_a_replay_stays_valid() -> None:
    async def main() -> None:
        async with on_air("Nice to meet you.") as air:
            message = chat_message("1", f"I like {SECRET}", username="ana", display_name="Ana Canary")
            await air.tell(message)
            await air.tell(channel_event("cheer", "p", who="Ana", amount=1, message=SECRET))
            await asyncio.sleep(30)
            assert SECRET in await air.stored()
            await air.show.ask(Stop("me"))
            await air.tell(channel_event("cheer", "q", who="Ana", amount=7, message=SECRET))
            await air.show.ask(ForgetViewer("twitch", "@Ana"))
            (still_owed,) = await air.store.paid.waiting("main")
            assert (still_owed.amount, still_owed.username, still_owed.message) == (7, "", "")
            await air.show.ask(Resume("me"))
            await asyncio.sleep(10)
            left = (
                await air.stored()
                + str(air.show._channel.chat.log.reasons)
                + str(air.show._channel.chat.shown)
            )
            assert SECRET not in left
            assert "ana" not in left.lower().replace("banana", "")
            asked = len(air.adapter.asked)
            await air.tell(message)  # what was seen before stays seen
            await asyncio.sleep(5)
            assert len(air.adapter.asked) == asked

    run_virtual(main())


def test_a_viewers_face_is_shown_and_a_stop_makes_it_neutral() -> None:
    async def main() -> None:
        async with on_air() as air:
            await air.tell(chat_message("1", "!expression joy"))
            await asyncio.sleep(0.5)
            assert air.reader.all("set-expression")[-1]["name"] == "joy"
            await air.show.ask(Stop("me"))
            await air.tell(chat_message("2", "!expression anger", username="ana"))
            await asyncio.sleep(0.5)
            last = air.reader.all("set-expression")[-1]
            assert (last["name"], last["priority"]) == ("neutral", 29)
            await air.show.ask(Resume("me"))
            await asyncio.sleep(6)
            await air.tell(chat_message("3", "!expression sadness", username="ben"))
            await asyncio.sleep(0.5)
            assert air.reader.all("set-expression")[-1]["name"] == "sadness"
            await asyncio.sleep(5)
            assert air.reader.all("set-expression")[-1]["name"] == "neutral"

    run_virtual(main())
