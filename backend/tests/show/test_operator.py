"""The operator's desk: stop is silence, what waits can be dropped, what is held is decided, lists stay edited."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

import fakes
from fakes import FakeAdapter, FakeBody, FakeVoice, Reader, channel_event, chat_message
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.live_server_messages import (
    ChatDecisions,
    HoldDecided,
    ModerationLists,
    QueueChanged,
    SayAck,
    Skipped,
)
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show.channel import ChannelSettings
from open_llm_vtuber.show.commands import ChatHappened, Hello, Perform
from open_llm_vtuber.show.director import INBOX_SIZE
from open_llm_vtuber.show.operator_commands import (
    BlockViewer,
    DecideHeld,
    DropQueued,
    EditModeration,
    ListDecisions,
    MoveQueued,
    OperatorCommand,
    PauseChat,
    Resume,
    ResumeChat,
    Say,
    Skip,
    Stop,
    UnblockViewer,
)
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.storage.memory_store import MemoryStore
from virtual_time import run_virtual

A = TypeVar("A", bound=ServerMessage)


@dataclass
class Desk:
    show: Show
    reader: Reader
    adapter: FakeAdapter
    body: FakeBody

    async def ask(self, command: OperatorCommand) -> ServerMessage:
        (answer,) = await self.show.ask(command)
        return answer

    async def ask_for(self, kind: type[A], command: OperatorCommand) -> A:
        answer = await self.ask(command)
        assert isinstance(answer, kind)
        return answer

    async def tell(self, event: Any) -> None:
        await self.show.tell(ChatHappened(event))

    def spoken(self) -> Sequence[str]:
        return [cue["display_text"]["text"].strip() for cue in self.reader.all("audio")]


@asynccontextmanager
async def desk(*pieces: str, store: MemoryStore | None = None, **chat: Any) -> AsyncIterator[Desk]:
    adapter, body = FakeAdapter(*(pieces or ("Hello there.",))), FakeBody()
    settings = ChannelSettings(chat=ChatSettings.model_validate(chat))
    a_show = fakes.show(adapter, FakeVoice(1.0), store=store, channel=settings)
    fakes.with_body(a_show, body)
    async with fakes.running(a_show), asyncio.TaskGroup() as group:
        with a_show.attach("me") as outbox:
            reader = Reader(outbox)
            await a_show.ask(Hello("me", ("chat", "state", "interrupted")))
            reading = group.create_task(reader.run())
            yield Desk(a_show, reader, adapter, body)
            reading.cancel()


def test_a_line_is_said_as_it_stands_or_asked_for() -> None:
    async def main() -> None:
        async with desk() as at:
            ack = await at.ask_for(SayAck, Say("me", "Good evening.", verbatim=True))
            assert ack.status == "queued"
            await asyncio.sleep(5)
            assert at.spoken() == ["Good evening."]
            assert not at.adapter.asked
            starts = [m for m in at.reader.messages if m.get("text") == "conversation-chain-start"]
            assert starts[0]["turn_id"] == ack.turn_id
            await at.ask(Say("me", "Greet Ana."))
            await asyncio.sleep(5)
            assert at.adapter.asked[0].text == "Greet Ana."

    run_virtual(main())


def test_too_much_is_rejected() -> None:
    async def main() -> None:
        async with desk() as at:
            acks = [await at.ask_for(SayAck, Say("me", f"Line {n}.")) for n in range(INBOX_SIZE + 5)]
            assert {ack.status for ack in acks[-4:]} == {"rejected"}

    run_virtual(main())


def test_a_stop_is_silence_until_it_is_resumed() -> None:
    async def main() -> None:
        async with desk("One. ", "Two. ", "Three.") as at:
            await at.ask(Say("me", "Talk."))
            await at.ask(Say("me", "And more."))
            await asyncio.sleep(0.5)
            began = asyncio.get_running_loop().time()
            await at.ask(Stop("somebody else"))
            assert asyncio.get_running_loop().time() - began < 0.15
            seen = len(at.reader.messages)
            for typed in (Perform(Stimulus(text="hi", source="typed", author="x")), Say("me", "hi")):
                with pytest.raises(ProtocolError, match="stopped"):
                    await at.show.ask(typed)
            await at.tell(chat_message("1", "Mika, hello!"))
            await asyncio.sleep(60)
            later = at.reader.messages[seen:]
            assert "audio" not in [m["type"] for m in later]
            assert "stopped" in at.reader.types()
            assert [(face.expression, face.priority) for face in at.body.faces] == [(0, 29)]
            assert at.show._state().is_stopped
            assert at.show._state().waiting == ()
            await at.ask(Resume("somebody else"))
            assert "stop" in at.body.released
            await at.ask(Say("me", "Back again.", verbatim=True))
            await asyncio.sleep(5)
            assert at.spoken()[-1] == "Back again."

    run_virtual(main())


def test_a_pause_concerns_chat_alone() -> None:
    async def main() -> None:
        async with desk() as at:
            await at.ask(PauseChat("me"))
            await at.tell(chat_message("1", "Mika, hello!"))
            await at.tell(channel_event("cheer", amount=5))
            await at.ask(Say("me", "Hm.", verbatim=True))
            await asyncio.sleep(10)
            assert [each.source for each in at.adapter.asked] == ["event"]
            assert at.spoken()[0] == "Hm."
            await at.ask(ResumeChat("me"))
            await at.tell(chat_message("2", "Mika, hello again!"))
            await asyncio.sleep(5)
            assert at.adapter.asked[-1].text == "Mika, hello again!"

    run_virtual(main())


def test_a_skip_cuts_one_turn_and_says_whether_there_was_one() -> None:
    async def main() -> None:
        async with desk() as at:
            assert not (await at.ask_for(Skipped, Skip("me"))).cut
            await at.ask(Say("me", "Talk."))
            await at.ask(Say("me", "More.", verbatim=True))
            await asyncio.sleep(0.1)
            assert (await at.ask_for(Skipped, Skip("me"))).cut
            await asyncio.sleep(5)
            assert at.spoken()[-1] == "More."

    run_virtual(main())


def test_whatever_waits_is_told_and_can_be_dropped() -> None:
    async def main() -> None:
        async with desk() as at:
            await at.ask(Say("me", "First.", verbatim=True))
            await asyncio.sleep(0.1)
            await at.ask(Say("me", "Second."))
            await at.tell(channel_event("cheer", amount=5))
            await at.tell(chat_message("m1", "Mika, hello!", username="ana"))
            await at.tell(chat_message("m2", "!say sing", username="ben"))
            about = at.show._state().reacting_to
            assert about
            assert (about.source, about.text) == ("typed", "First.")
            assert about.stimulus_id == at.show._snapshot(0).turn
            waiting = at.show._state().waiting
            assert [each.source for each in waiting] == ["typed", "chat", "event", "chat"]
            for each in waiting:
                key = each.stimulus_id
                left = (await at.ask_for(QueueChanged, DropQueued(key))).waiting
                assert key not in [entry.stimulus_id for entry in left]
            with pytest.raises(ProtocolError, match="Nothing of that id waits"):
                await at.ask(DropQueued("m1"))
            await asyncio.sleep(20)
            assert not at.adapter.asked

    run_virtual(main())


@pytest.mark.parametrize("allow", [True, False])
def test_what_is_held_is_decided_by_an_operator(allow: bool) -> None:
    async def main() -> None:
        async with desk(moderation={"hold": {"roles": ["everyone"]}}) as at:
            await at.tell(chat_message("m1", "Mika, hello!"))
            await asyncio.sleep(5)
            assert not at.adapter.asked
            assert [each.id for each in at.show._state().held] == ["m1"]
            await at.ask_for(HoldDecided, DecideHeld("m1", allow=allow))
            await asyncio.sleep(5)
            assert bool(at.adapter.asked) == allow
            with pytest.raises(ProtocolError, match="Nothing of that id is held"):
                await at.ask(DecideHeld("m1", allow=True))

    run_virtual(main())


def test_a_sentence_that_is_held_can_be_dropped_and_the_rest_is_said() -> None:
    async def main() -> None:
        async with desk("One. ", "Two. ", "Three.", moderation={"air_delay_s": 4.0}) as at:
            await at.ask(Say("me", "Count."))
            await asyncio.sleep(2)
            held = at.reader.all("sentence-held")
            assert [cue["text"] for cue in held] == ["One.", "Two.", "Three."]
            assert not at.spoken()
            await at.ask(DecideHeld(held[1]["id"], allow=False))
            await asyncio.sleep(10)
            assert at.spoken() == ["One.", "Three."]
            assert [cue["rule"] for cue in at.reader.all("sentence-refused")] == ["operator"]

    run_virtual(main())


def test_a_list_is_edited_on_air_and_stays_so_over_a_restart() -> None:
    store = MemoryStore()

    async def main() -> None:
        given = {"banned_words": ["spinach"]}
        async with desk(store=store, moderation=given) as at:
            lists = (await at.ask_for(ModerationLists, EditModeration("banned_words", add=("potato",)))).lists
            assert lists["banned_words"] == ("spinach", "potato")
            await at.ask(EditModeration("banned_words", remove=("Spinach",)))
            await at.ask(EditModeration("output_words", add=("there",)))
            await at.tell(chat_message("m1", "I love potato"))
            await at.ask(Say("me", "Hello there.", verbatim=True))
            await asyncio.sleep(5)
            assert at.reader.first("chat-message")["decision"]["reason"] == "banned-word"
            assert at.spoken() == ["Let's talk about something else."]
        async with desk(store=store, moderation=given) as at:
            lists = (await at.ask_for(ModerationLists, EditModeration("banned_words"))).lists
            assert lists["banned_words"] == ("potato",)
            assert lists["output_words"] == ("there",)

    run_virtual(main())


def test_a_viewer_is_blocked_and_unblocked() -> None:
    async def main() -> None:
        async with desk() as at:
            await at.tell(chat_message("m1", "hello", username="rude"))
            await asyncio.sleep(0.1)
            await at.ask(BlockViewer("twitch", "@Rude"))
            await asyncio.sleep(5)
            await at.tell(chat_message("m2", "Mika, hello", username="rude"))
            await at.ask(UnblockViewer("twitch", "rude"))
            await at.tell(chat_message("m3", "Mika, hello again", username="rude"))
            await asyncio.sleep(5)
            assert [each.text for each in at.adapter.asked] == ["hello", "Mika, hello again"]

    run_virtual(main())


def test_every_decision_can_be_explained() -> None:
    async def main() -> None:
        async with desk() as at:
            await at.tell(chat_message("m1", "Mika, what is your name?", username="ana"))
            await at.tell(chat_message("m2", "see example.com", username="ben"))
            await asyncio.sleep(5)
            first, second = (await at.ask_for(ChatDecisions, ListDecisions())).decisions
            assert first.decision.outcome == "answered"
            assert first.decision.score == pytest.approx(sum(first.factors.values()))
            assert (second.decision.outcome, second.decision.reason) == ("blocked", "link")
            assert second.explanation == "ben's line was blocked (link)."

    run_virtual(main())


def test_notes_that_cannot_be_read_change_nothing() -> None:
    async def main() -> None:
        store = MemoryStore()
        await store.note("main", "moderation", '{"passwords": 1')
        async with desk(store=store) as at:
            lists = (await at.ask_for(ModerationLists, EditModeration("topics"))).lists
            assert set(lists.values()) == {()}

    run_virtual(main())


def test_what_waits_is_moved_and_a_line_of_chat_that_is_moved_is_answered_in_its_place() -> None:
    async def main() -> None:
        async with desk("Well.") as at:
            await at.ask(Say("me", "long ago"))
            await asyncio.sleep(0.01)
            first = (await at.ask_for(SayAck, Say("me", "first"))).turn_id
            second = (await at.ask_for(SayAck, Say("me", "second"))).turn_id
            await at.tell(channel_event("raid", amount=5))
            await at.tell(chat_message("m1", "hello there"))
            await at.tell(chat_message("m2", "what a day", username="ben"))
            assert at.show._state().queue == len(at.show._state().waiting) == 5
            moved = await at.ask_for(QueueChanged, MoveQueued(second, first))
            assert [each.stimulus_id for each in moved.waiting][:2] == [second, first]
            await at.ask(MoveQueued("m2", first))
            texts = [each.text for each in at.show._state().waiting]
            assert texts[:3] == ["second", "what a day", "first"]
            assert at.show._state().queue == 5
            for lost in (MoveQueued("nothing", first), MoveQueued(first, "nothing")):
                with pytest.raises(ProtocolError, match="Nothing of that id"):
                    await at.ask(lost)
            with pytest.raises(ProtocolError, match="Events are thanked"):
                await at.ask(MoveQueued("event:raid", first))
            await asyncio.sleep(30)
            assert [each.text for each in at.adapter.asked][:4] == [
                "long ago",
                "second",
                "what a day",
                "first",
            ]

    run_virtual(main())


def test_the_times_of_the_last_turn_stay_to_be_seen() -> None:
    async def main() -> None:
        async with desk("Hello. ", "You.") as at:
            assert at.show._state().timings is None
            ack = await at.ask_for(SayAck, Say("me", "Talk."))
            await asyncio.sleep(10)
            times = at.show._state().timings
            assert times
            assert times.turn_id == ack.turn_id
            assert times.first_token_ms is not None
            assert times.end_ms is not None
            assert times.end_ms > (times.first_audio_ms or 0)

    run_virtual(main())
