"""A show as its clients and its chat see it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

import fakes
from fakes import FakeAdapter, FakeEar, FakeVoice, Reader, chat_message
from open_llm_vtuber.protocol.live_server_messages import Snapshot, SpeechUnderWay
from open_llm_vtuber.protocol.server_messages import (
    Control,
    HistoryList,
    NewHistoryCreated,
    ServerMessage,
)
from open_llm_vtuber.show.commands import (
    AnswerUtterance,
    ChatHappened,
    ClaimExpression,
    ClaimMotion,
    CreateHistory,
    Greet,
    Hear,
    HearAll,
    Hello,
    Interrupt,
    ListBackgrounds,
    ListConfigs,
    ListHistories,
    Perform,
    PlaybackEnded,
    PlayStarted,
    SpeakUp,
    TakeSnapshot,
)
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.show.sound import pcm
from open_llm_vtuber.show.turn import PLAYBACK_GRACE
from open_llm_vtuber.stimulus import (
    ChannelStatus,
    ChatRemoval,
    ExpressionRequest,
    MotionRequest,
    Priority,
    Stimulus,
)
from open_llm_vtuber.units import Milliseconds
from open_llm_vtuber.vad.energy import EnergyVAD
from virtual_time import run_virtual


def typed(text: str, client: str | None = "me") -> Perform:
    return Perform(Stimulus(text=text, source="typed", author="Human", client=client))


@asynccontextmanager
async def watched(a_show: Show, *, hello: bool = True, plays: bool = True) -> AsyncIterator[Reader]:
    """Run a show with one client that reads everything and reports the end of playback at once."""
    async with fakes.running(a_show), asyncio.TaskGroup() as group:
        with a_show.attach("me") as outbox:
            reports = asyncio.Event()
            reader = Reader(
                outbox, lambda m: reports.set() if m["type"] == "backend-synth-complete" else None
            )
            if hello:
                await a_show.ask(Hello("me", ("expression", "chat", "state", "primary")))

            async def report() -> None:
                while plays:
                    await reports.wait()
                    reports.clear()
                    await a_show.ask(PlaybackEnded("me"))

            tasks = [group.create_task(reader.run()), group.create_task(report())]
            yield reader
            for task in tasks:
                task.cancel()


def test_a_typed_line_is_answered() -> None:
    async def main() -> list[str]:
        a_show = fakes.show(FakeAdapter("[joy] Hello!"))
        async with watched(a_show) as reader:
            await a_show.ask(typed("hi"))
            await asyncio.sleep(5)
            return reader.types()

    assert run_virtual(main())[-1] == "conversation-chain-end"


def test_the_greeting_is_what_existing_clients_expect() -> None:
    async def main() -> list[str]:
        return [message.type for message in await fakes.show().ask(Greet("me"))]

    assert run_virtual(main()) == ["group-update", "full-text", "set-model-and-conf", "group-update"]


def test_the_four_first_requests_have_their_answers() -> None:
    async def main() -> list[str]:
        a_show = fakes.show()
        commands = (ListBackgrounds(), ListConfigs(), ListHistories(), CreateHistory())
        return [message.type for command in commands for message in await a_show.ask(command)]

    assert run_virtual(main()) == ["background-files", "config-files", "history-list", "new-history-created"]


def test_conversations_are_listed_newest_first_and_empty_ones_are_not() -> None:
    async def main() -> tuple[HistoryList, list[str]]:
        a_show = fakes.show(FakeAdapter("Hello!"))
        uids = []
        async with watched(a_show):
            for text in ("first", "second"):
                (created,) = await a_show.ask(CreateHistory())
                assert isinstance(created, NewHistoryCreated)
                uids.append(created.history_uid)
                await a_show.ask(typed(text))
                await asyncio.sleep(5)
            await a_show.ask(CreateHistory())
            (listed,) = await a_show.ask(ListHistories())
            assert isinstance(listed, HistoryList)
        return listed, uids

    listed, uids = run_virtual(main())
    assert [history.uid for history in listed.histories] == uids[::-1]
    assert listed.histories[0].latest_message is not None
    assert listed.histories[0].latest_message.content == "Hello!"


def test_a_new_conversation_cuts_the_running_turn_and_the_character_forgets() -> None:
    async def main() -> tuple[FakeAdapter, list[str]]:
        adapter = FakeAdapter("One. ", "Two. ", pause=1.0)
        a_show = fakes.show(adapter)
        async with watched(a_show) as reader:
            await a_show.ask(typed("hi"))
            await asyncio.sleep(1.5)
            await a_show.ask(CreateHistory())
            await asyncio.sleep(0.1)
            return adapter, reader.types()

    adapter, types = run_virtual(main())
    assert types[-1] == "conversation-chain-end"
    assert adapter.remembered == [], "the cut turn was forgotten with the rest"


def test_a_snapshot_tells_who_is_on_air_and_what_is_going_on() -> None:
    async def main() -> Snapshot:
        a_show = fakes.show(FakeAdapter("[joy] Hello!", pause=1.0), FakeVoice(60.0))
        async with watched(a_show, plays=False):
            await a_show.ask(typed("hi"))
            await a_show.tell(ChatHappened(chat_message("1", "hello")))
            await asyncio.sleep(2)
            (snapshot,) = await a_show.ask(TakeSnapshot("me"))
            assert isinstance(snapshot, Snapshot)
            return snapshot

    snapshot = run_virtual(main())
    assert snapshot.expression.name == "joy"
    assert snapshot.state.speaking
    assert snapshot.state.primary == "me"
    assert snapshot.state.providers["llm"].is_demo
    assert snapshot.state.character.character_name == "Mika"
    assert snapshot.turn is not None
    assert [cue.id for cue in snapshot.chat] == ["1"]
    assert [(line.role, line.content) for line in snapshot.conversation] == [("human", "hi")]
    assert snapshot.seq > 0


def test_an_interrupt_ends_the_chain_before_it_returns() -> None:
    async def main() -> list[str]:
        a_show = fakes.show(FakeAdapter("One. ", "Two. ", pause=1.0), FakeVoice(10.0))
        async with watched(a_show, plays=False) as reader:
            await a_show.ask(typed("hi"))
            await asyncio.sleep(5)
            await a_show.ask(Interrupt("me", None))
            await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            return reader.types()

    assert run_virtual(main())[-5:] == [
        "interrupt-signal",
        "claim-ended",
        "set-expression",
        "force-new-message",
        "conversation-chain-end",
    ]


def test_an_interrupted_client_that_types_again_does_not_wait_for_the_answer() -> None:
    async def main() -> bool:
        a_show = fakes.show(FakeAdapter("One."), FakeVoice(10.0))
        async with watched(a_show, hello=False, plays=False):
            await a_show.ask(Interrupt("me", None))
            await a_show.ask(typed("hi"))
            outbox = a_show.audience.outbox("me")
            assert outbox is not None
            return outbox.is_interrupted

    assert run_virtual(main()) is False


def test_who_joins_a_shared_show_gets_its_conversation_and_cuts_nothing() -> None:
    async def main() -> tuple[bool, bool]:
        a_show = fakes.show(FakeAdapter("Hello."), FakeVoice(60.0), shared=True)
        async with watched(a_show, plays=False):
            (first,) = await a_show.ask(CreateHistory())
            await a_show.ask(typed("hi"))
            await asyncio.sleep(1)
            (second,) = await a_show.ask(CreateHistory())
            return first == second, a_show._director.turn is not None

    assert run_virtual(main()) == (True, True)


def test_late_copies_of_a_playback_report_do_not_end_the_next_turn() -> None:
    async def main() -> float:
        a_show = fakes.show(FakeAdapter("Hello."), FakeVoice(5.0))
        async with watched(a_show, plays=False) as reader:
            await a_show.ask(typed("one"))
            await a_show.ask(typed("two"))
            await asyncio.sleep(5)
            for _ in range(
                10
            ):  # ten copies, as existing clients send them; the second turn begins in between
                await a_show.ask(PlaybackEnded("me"))
                await asyncio.sleep(0.01)
            began = [
                t
                for t, m in zip(reader.times, reader.messages, strict=True)
                if m.get("text", "") == "Thinking..."
            ]
            await asyncio.sleep(20)
            ends = [
                t
                for t, m in zip(reader.times, reader.messages, strict=True)
                if m.get("text") == "conversation-chain-end"
            ]
            return ends[1] - began[1]

    assert run_virtual(main()) > 5


def test_only_the_primary_client_ends_a_turn() -> None:
    async def main() -> int:
        a_show = fakes.show(FakeAdapter("Hello."), FakeVoice(5.0))
        async with watched(a_show, plays=False) as reader:
            with a_show.attach("preview"):
                await a_show.ask(Hello("preview", ()))
                await a_show.ask(typed("hi"))
                await asyncio.sleep(1)
                await a_show.ask(PlaybackEnded("preview"))
                await asyncio.sleep(1)
                return len([m for m in reader.messages if m.get("text") == "conversation-chain-end"])

    assert run_virtual(main()) == 0


def test_the_sound_stays_where_it_is_while_she_speaks() -> None:
    async def main() -> list[str | None]:
        a_show = fakes.show(FakeAdapter("Hello."), FakeVoice(5.0))
        primaries: list[str | None] = []
        async with fakes.running(a_show):
            with a_show.attach("talk"):
                await a_show.ask(Hello("talk", ()))
                await a_show.ask(typed("hi", client=None))
                await asyncio.sleep(1)
                with a_show.attach("stage"):
                    await a_show.ask(Hello("stage", ("primary",)))
                    primaries.append(a_show._primary)
                    await asyncio.sleep(10)
                    primaries.append(a_show._primary)
                primaries.append(a_show._primary)
        return primaries

    assert run_virtual(main()) == ["talk", "stage", "talk"]


def test_a_stage_that_is_reloaded_in_mid_sentence_goes_on_there_and_the_turn_ends_in_its_time() -> None:
    async def main() -> tuple[list[str], SpeechUnderWay, float]:
        a_show = fakes.show(FakeAdapter("One. Two."), FakeVoice(5.0))
        async with fakes.running(a_show):
            began = asyncio.get_running_loop().time()
            with a_show.attach("stage"):
                await a_show.ask(Hello("stage", ("primary", "expression")))
                await a_show.ask(typed("hi", client=None))
                await asyncio.sleep(3)
            await asyncio.sleep(1.5)
            with a_show.attach("again") as outbox:
                ended = asyncio.Event()
                reader = Reader(
                    outbox, lambda m: ended.set() if m.get("text") == "conversation-chain-end" else None
                )
                answers = await a_show.ask(Hello("again", ("primary", "expression")))
                async with asyncio.TaskGroup() as group:
                    reading = group.create_task(reader.run())
                    await ended.wait()
                    reading.cancel()
                took = asyncio.get_running_loop().time() - began
        assert isinstance(answers[2], SpeechUnderWay)
        return [answer.type for answer in answers], answers[2], took

    types, speech, took = run_virtual(main())
    assert types == ["client-welcome", "snapshot", "speech-under-way"]
    assert [each.display_text.text for each in speech.sentences if each.display_text] == ["One. ", "Two. "]
    assert (speech.index, speech.is_complete) == (0, True)
    assert speech.position_ms == pytest.approx(3000, abs=50)
    assert took == pytest.approx(10 + 1.5 + PLAYBACK_GRACE, abs=0.2)


def test_who_does_not_show_her_is_not_sent_what_she_is_saying() -> None:
    async def main() -> list[str]:
        a_show = fakes.show(FakeAdapter("One."), FakeVoice(5.0))
        async with watched(a_show, plays=False):
            await a_show.ask(typed("hi"))
            await asyncio.sleep(1)
            with a_show.attach("desk"):
                return [answer.type for answer in await a_show.ask(Hello("desk", ("state", "chat")))]

    assert run_virtual(main()) == ["client-welcome", "snapshot"]


def test_who_only_watches_is_not_left_with_the_sound_when_it_joins_in_the_middle_of_a_turn() -> None:
    async def main() -> list[str | None]:
        a_show = fakes.show(FakeAdapter("Hello."), FakeVoice(5.0))
        primaries: list[str | None] = []
        async with fakes.running(a_show):
            await a_show.ask(typed("hi", client=None))
            await asyncio.sleep(1)
            with a_show.attach("control"):
                await a_show.ask(Hello("control", ("state", "preview")))
                primaries.append(a_show._primary)
                with a_show.attach("stage"):
                    await a_show.ask(Hello("stage", ("primary",)))
                    primaries.append(a_show._primary)
        return primaries

    assert run_virtual(main()) == [None, "stage"]


def test_a_chat_line_is_answered_and_the_decision_names_it() -> None:
    async def main() -> Reader:
        a_show = fakes.show(FakeAdapter("Hello Ana!"))
        async with watched(a_show) as reader:
            await a_show.tell(ChatHappened(chat_message("m1", "hello mika")))
            await asyncio.sleep(5)
        return reader

    reader = run_virtual(main())
    assert reader.first("chat-message")["decision"]["outcome"] == "pending"
    assert reader.all("chat-decision") == [
        {
            "type": "chat-decision",
            "id": "m1",
            "decision": {"outcome": "answered", "reason": "", "score": None},
            "seq": reader.first("chat-decision")["seq"],
        }
    ]


def test_a_message_that_comes_again_is_neither_shown_nor_decided_again() -> None:
    async def main() -> Reader:
        a_show = fakes.show(FakeAdapter("Hello!"))
        async with watched(a_show) as reader:
            for _ in range(3):
                await a_show.tell(ChatHappened(chat_message("m1", "hello")))
                await asyncio.sleep(5)
        return reader

    reader = run_virtual(main())
    assert len(reader.all("chat-message")) == 1
    assert len(reader.all("chat-decision")) == 1


def test_one_line_of_a_busy_chat_is_answered_a_turn_and_it_is_the_newest() -> None:
    async def main() -> list[str]:
        adapter = FakeAdapter("Hello!")
        a_show = fakes.show(adapter, FakeVoice(10.0))
        async with watched(a_show, plays=False):
            for number in range(100):
                await a_show.tell(ChatHappened(chat_message(str(number), f"line {number}")))
                await asyncio.sleep(0.1)
            await asyncio.sleep(1)
        return [stimulus.text for stimulus in adapter.asked]

    assert run_virtual(main()) == ["line 0"]


def test_the_reply_to_a_deleted_message_stops_and_other_deletions_do_not_matter() -> None:
    async def main() -> list[bool]:
        a_show = fakes.show(FakeAdapter("Hello!"), FakeVoice(60.0))
        speaking: list[bool] = []
        async with watched(a_show, plays=False):
            await a_show.tell(ChatHappened(chat_message("m1", "hello", username="ana")))
            await asyncio.sleep(1)
            for removal in ({"message_id": "m2"}, {"username": "bob"}, {"message_id": "m1"}):
                await a_show.tell(ChatHappened(ChatRemoval(platform="twitch", channel="c", **removal)))
                speaking.append(a_show._director.turn is not None)
        return speaking

    assert run_virtual(main()) == [True, True, False]


def test_how_reading_the_channel_goes_is_told_and_is_in_the_state() -> None:
    async def main() -> Reader:
        a_show = fakes.show()
        async with watched(a_show) as reader:
            await a_show.tell(
                ChatHappened(ChannelStatus(channel="c", state="down", reason="c was not found."))
            )
            await asyncio.sleep(1)
        return reader

    reader = run_virtual(main())
    assert reader.first("twitch-status")["reason"] == "c was not found."
    assert reader.all("character-state")[-1]["twitch"]["state"] == "down"


def test_the_state_is_published_at_most_ten_times_a_second() -> None:
    async def main() -> int:
        a_show = fakes.show()
        async with watched(a_show) as reader:
            for _ in range(1_000):
                a_show._on_change()
                await asyncio.sleep(0.001)
            return len(reader.all("character-state"))

    assert run_virtual(main()) <= 11


def test_she_talks_on_when_everybody_has_left() -> None:
    async def main() -> list[tuple[str, str]]:
        adapter = FakeAdapter("Hello!")
        a_show = fakes.show(adapter)
        async with fakes.running(a_show):
            await a_show.ask(typed("hi", client=None))
            await asyncio.sleep(1.5)
        return adapter.remembered

    assert run_virtual(main()) == [("hi", "Hello!")]


def test_a_show_with_ears_asks_for_the_microphone_after_the_greeting() -> None:
    async def main() -> list[str]:
        answers = await fakes.show(ears=Ears(FakeEar())).ask(Greet("me"))
        return [answer.text for answer in answers if isinstance(answer, Control)]

    assert run_virtual(main()) == ["start-mic"]


def test_what_was_said_into_the_microphone_is_answered() -> None:
    async def main() -> tuple[FakeEar, list[str]]:
        ear = FakeEar()
        a_show = fakes.show(FakeAdapter("Hello!"), ears=Ears(ear))
        async with watched(a_show) as reader:
            for _ in range(3):
                await a_show.ask(Hear("me", (0.5, 0.25)))
            await a_show.ask(AnswerUtterance("me", "Human"))
            await asyncio.sleep(5)
            return ear, reader.types()

    ear, types = run_virtual(main())
    assert ear.heard == [pcm((0.5, 0.25)) * 3]
    assert types[2] == "user-input-transcription"
    assert types[-1] == "conversation-chain-end"


@pytest.mark.parametrize("shared", [False, True])
def test_the_server_hears_when_somebody_speaks_and_cuts_only_a_private_show(shared: bool) -> None:
    async def main() -> tuple[list[str], list[str]]:
        detector = EnergyVAD(EnergyVAD.Options())
        a_show = fakes.show(
            FakeAdapter("One. ", "Two."), FakeVoice(5.0), shared=shared, ears=Ears(FakeEar(), detector)
        )
        async with watched(a_show, plays=False) as reader:
            await a_show.ask(typed("hi"))
            await asyncio.sleep(1)
            await a_show.ask(HearAll("me", (0.5, -0.4) * 8_000))
            await asyncio.sleep(0)
            during = reader.types()
            await a_show.ask(HearAll("me", (0.0,) * 16_000))
            await asyncio.sleep(0)
            return during, reader.types()[len(during) :]

    during, after = run_virtual(main())
    assert ("conversation-chain-end" in during) is not shared
    assert during[during.index("interrupt") :][:2] == (
        ["interrupt"] if shared else ["interrupt", "interrupt-signal"]
    )
    assert "mic-audio-end" in after
    assert "user-input-transcription" not in after, "the client has not asked for the answer yet"


def test_she_speaks_unasked_unless_she_speaks_already() -> None:
    async def main() -> tuple[list[str], Sequence[ServerMessage], FakeAdapter]:
        adapter = FakeAdapter("What a day!")
        a_show = fakes.show(adapter, FakeVoice(5.0))
        async with watched(a_show, plays=False) as reader:
            answers = await a_show.ask(SpeakUp("me", 5.0))
            assert [answer.type for answer in answers] == ["full-text"]
            assert await a_show.ask(SpeakUp("me", 5.0)) == (), "it waits already"
            await asyncio.sleep(1)
            return reader.types(), await a_show.ask(SpeakUp("me", -1)), adapter

    types, again, adapter = run_virtual(main())
    assert types == [
        "conversation-chain-start",
        "full-text",
        "set-expression",
        "audio",
        "backend-synth-complete",
    ]
    assert again == ()
    assert [stimulus.text for stimulus in adapter.asked] == ["Please say something."]


SAD_STORY = ("[joy] One is first. ", "[sadness] And then two is next.")


def test_the_face_of_a_sentence_shows_when_the_primary_says_that_it_plays() -> None:
    async def main() -> list[tuple[float, str]]:
        a_show = fakes.show(FakeAdapter(*SAD_STORY), FakeVoice(5.0))
        async with watched(a_show, plays=False) as reader:
            await a_show.ask(typed("tell me"))
            await asyncio.sleep(4.8)
            second = reader.all("audio")[1]["display_text"]["text"]
            await a_show.ask(PlayStarted("somebody else", second))
            await asyncio.sleep(0.1)
            await a_show.ask(PlayStarted("me", second))
            await asyncio.sleep(0.1)
            return [
                (round(at, 1), message["name"])
                for at, message in zip(reader.times, reader.messages, strict=True)
                if message["type"] == "set-expression"
            ]

    assert run_virtual(main()) == [(0.0, "joy"), (4.9, "sadness")]


def test_who_joins_gets_the_face_and_the_loop_with_the_snapshot_and_a_list_of_what_there_is() -> None:
    async def main() -> Snapshot:
        a_show = fakes.show()
        async with watched(a_show):
            face = ExpressionRequest(expression="anger", owner="desk", priority=Priority(10))
            wave = MotionRequest(group="Wave", index=0, owner="desk", priority=Priority(10), loop=True)
            await a_show.ask(ClaimExpression("desk", face))
            await a_show.ask(ClaimMotion("desk", wave))
            _, snapshot = await a_show.ask(Hello("late", ()))
            assert isinstance(snapshot, Snapshot)
            return snapshot

    snapshot = run_virtual(main())
    assert snapshot.expression.name == "anger"
    assert snapshot.motion is not None
    assert (snapshot.motion.motion_group, snapshot.motion.loop) == ("Wave", True)
    assert snapshot.state.motion == snapshot.motion
    assert set(snapshot.state.abilities.motions) == {"Idle", "Wave", "Nod"}


def test_a_change_of_face_is_a_change_of_state() -> None:
    async def main() -> list[str]:
        a_show = fakes.show()
        async with watched(a_show) as reader:
            await asyncio.sleep(1)
            face = ExpressionRequest(
                expression="anger", owner="desk", priority=Priority(10), duration=Milliseconds(1_000)
            )
            await a_show.ask(ClaimExpression("desk", face))
            await asyncio.sleep(3)
            return [state["expression"]["name"] for state in reader.all("character-state")]

    assert run_virtual(main())[-3:] == ["neutral", "anger", "neutral"]


def test_an_adapter_on_air_moves_the_body_of_its_show() -> None:
    async def main() -> tuple[str, str]:
        adapter = FakeAdapter()
        a_show = fakes.show(adapter)
        async with watched(a_show):
            result = await adapter.trigger_expression("anger", Milliseconds(0), Priority(10))
            return result.status, a_show._state().expression.name

    assert run_virtual(main()) == ("success", "anger")
