"""One turn, in order, and what stays of it on every way out."""

import asyncio
import base64
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fakes import BROKEN, GUARD, RATE, FakeAdapter, FakeEar, FakeVoice, Reader, model, spoken
from open_llm_vtuber.chat.decisions import Decision
from open_llm_vtuber.reply import ReplyPiece
from open_llm_vtuber.show.airlock import Airlock
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.body import Body
from open_llm_vtuber.show.cast import Cast
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.turn import Turn
from open_llm_vtuber.stimulus import HistoryLine, Stimulus
from open_llm_vtuber.tool_use import ToolUse
from virtual_time import run_virtual

TYPED = Stimulus(text="hi", source="typed", author="Human", client="me")
CHATTED = Stimulus(text="hi mika", source="chat", author="Ana", username="ana", message_id="m1")

SPOKEN = Stimulus(text="", source="voice", author="Human", client="me", utterance=b"\0\1" * 8_000)
UNASKED = Stimulus(text="Please say something.", source="unasked", author="", client="me")


@dataclasses.dataclass
class Stage:
    """A turn with everything around it, and what came of it."""

    turn: Turn
    audience: Audience
    reader: Reader
    kept: list[HistoryLine]
    decided: list[Decision]


@asynccontextmanager
async def stage(
    adapter: FakeAdapter,
    voice: FakeVoice | None = None,
    stimulus: Stimulus = TYPED,
    ear: FakeEar | None = None,
) -> AsyncIterator[Stage]:
    audience, kept, decided = Audience(), list[HistoryLine](), list[Decision]()

    async def keep(line: HistoryLine) -> None:
        kept.append(line)

    body = Body(model(), audience)

    async def brief(_: Stimulus) -> tuple[str, ...]:
        return ()

    async def answering(_: Stimulus) -> None:
        return

    async def ended(_: Stimulus, __: str) -> None:
        return

    cast = Cast(
        adapter=adapter,
        voice=voice or FakeVoice(),
        body=body,
        audience=audience,
        character_name="Mika",
        avatar="mika.png",
        airlock=Airlock(GUARD, audience.publish),
        first_clause=False,
        listen=Ears(ear or FakeEar()).listen,
        keep=keep,
        decide=decided.append,
        began=lambda _: None,
        is_awaited=lambda: False,
        brief=brief,
        answering=answering,
        ended=ended,
    )
    turn = Turn(stimulus, cast)
    with audience.attach("me") as outbox:
        outbox.capabilities = frozenset({"expression"})
        reader = Reader(
            outbox, lambda m: turn.playback_ended() if m["type"] == "backend-synth-complete" else None
        )
        async with asyncio.TaskGroup() as group:
            lives = [group.create_task(reader.run()), group.create_task(body.run())]
            yield Stage(turn, audience, reader, kept, decided)
            await asyncio.sleep(1)
            for life in lives:
                life.cancel()


def performed(
    adapter: FakeAdapter,
    voice: FakeVoice | None = None,
    stimulus: Stimulus = TYPED,
    ear: FakeEar | None = None,
) -> Stage:
    async def main() -> Stage:
        async with stage(adapter, voice, stimulus, ear) as result:
            await result.turn.perform()
        return result

    return run_virtual(main())


def interrupted(
    adapter: FakeAdapter, after_s: float, *, heard: str | None = None, voice: FakeVoice | None = None
) -> Stage:
    async def main() -> Stage:
        async with stage(adapter, voice) as result, asyncio.TaskGroup() as group:
            result.reader._answer = None
            task = group.create_task(result.turn.perform())
            await asyncio.sleep(after_s)
            result.turn.heard_by_client(heard)
            task.cancel()
        return result

    return run_virtual(main())


def test_a_turn_from_chain_start_to_chain_end() -> None:
    done = performed(FakeAdapter("[joy] Hello there! ", "How are you?"))
    assert done.reader.types() == [
        "conversation-chain-start",
        "full-text",
        "set-expression",
        "audio",
        "audio",
        "backend-synth-complete",
        "set-expression",
        "force-new-message",
        "conversation-chain-end",
    ]
    first, second = done.reader.all("audio")
    assert first["display_text"] == {"text": "Hello there! ", "name": "Mika", "avatar": "mika.png"}
    assert first["actions"] == {"expressions": [1]}
    assert second["display_text"]["text"] == "How are you? "
    assert [first["index"], second["index"]] == [0, 1]


def test_both_lines_are_kept_and_remembered() -> None:
    adapter = FakeAdapter("Hello there!")
    done = performed(adapter)
    assert [(line.role, line.content, line.interrupted) for line in done.kept] == [
        ("human", "hi", False),
        ("ai", "Hello there!", False),
    ]
    assert adapter.remembered == [("hi", "Hello there!")]


def test_the_first_sentence_is_spoken_while_the_rest_is_still_being_written() -> None:
    adapter = FakeAdapter("One. ", "Two. ", "Three.", pause=5.0)
    done = performed(adapter, FakeVoice(0.1))
    times = [t for t, m in zip(done.reader.times, done.reader.messages, strict=True) if m["type"] == "audio"]
    assert [round(t - times[0]) for t in times] == [0, 5, 5]


def test_the_text_is_at_most_two_sentences_ahead_of_the_voice() -> None:
    voice = FakeVoice(0.1, work=10.0)
    adapter = FakeAdapter(*[f"Sentence {n}. " for n in range(20)])

    async def main() -> int:
        async with stage(adapter, voice) as result, asyncio.TaskGroup() as group:
            written: list[ReplyPiece] = []
            feed = adapter.reply

            async def counted(stimulus: Stimulus) -> AsyncIterator[ReplyPiece]:
                async for piece in feed(stimulus):
                    written.append(piece)
                    yield piece

            adapter.reply = counted  # type: ignore[method-assign,assignment]
            task = group.create_task(result.turn.perform())
            await asyncio.sleep(5)
            task.cancel()
        return len(written)

    # one at the voice, two ahead, and the one whose beginning showed that the third is complete
    assert run_virtual(main()) == 4


def test_the_turn_lasts_until_the_client_has_played_it() -> None:
    async def main() -> float:
        async with stage(FakeAdapter("Hello."), FakeVoice(3.0)) as result, asyncio.TaskGroup() as group:
            task = group.create_task(result.turn.perform())
            began = asyncio.get_running_loop().time()
            await asyncio.wait([task])
            return asyncio.get_running_loop().time() - began

    assert run_virtual(main()) == pytest.approx(0.0), "the fake client reports at once"


@pytest.mark.parametrize(("clients", "expected"), [(1, 5.0), (0, 3.0)])
def test_a_client_that_never_reports_costs_two_seconds_and_nobody_costs_none(
    clients: int, expected: float
) -> None:
    async def main() -> float:
        async with stage(FakeAdapter("Hello."), FakeVoice(3.0)) as result:
            result.turn.playback_ended = lambda: None  # type: ignore[method-assign]
            present = dict(result.audience._outboxes)
            if not clients:
                result.audience._outboxes.clear()
            began = asyncio.get_running_loop().time()
            await result.turn.perform()
            took = asyncio.get_running_loop().time() - began
            result.audience._outboxes.update(present)
        return took

    assert run_virtual(main()) == pytest.approx(expected)


def test_a_report_before_the_last_audio_is_one_for_an_earlier_turn() -> None:
    async def main() -> float:
        async with stage(FakeAdapter("Hello. ", "You.", pause=1.0), FakeVoice(3.0)) as result:
            result.reader._answer = None
            async with asyncio.TaskGroup() as group:
                task = group.create_task(result.turn.perform())
                await asyncio.sleep(1.5)
                result.turn.playback_ended()
                await asyncio.wait([task])
                return asyncio.get_running_loop().time()

    assert run_virtual(main()) > 7


def test_an_interrupt_silences_first_then_keeps_what_was_heard_and_ends_the_chain() -> None:
    adapter = FakeAdapter("One. ", "Two. ", "Three. ", "Four.")
    done = interrupted(adapter, 2.5, voice=FakeVoice(2.0, work=0.1))
    types = done.reader.types()
    assert types[-4:] == ["interrupt-signal", "set-expression", "force-new-message", "conversation-chain-end"]
    assert [(line.role, line.content, line.interrupted) for line in done.kept] == [
        ("human", "hi", False),
        ("ai", "One. Two.", True),
    ]
    assert adapter.remembered == [("hi", "One. Two.")]


def test_what_the_client_says_it_heard_counts() -> None:
    done = interrupted(
        FakeAdapter("One. ", "Two. ", "Three."), 2.5, heard="One. ", voice=FakeVoice(2.0, work=0.1)
    )
    assert done.kept[-1].content == "One."


def test_an_interrupt_before_the_first_sentence_leaves_no_empty_line() -> None:
    adapter = FakeAdapter("One.", pause=60.0)
    done = interrupted(adapter, 1.0)
    assert [line.role for line in done.kept] == ["human"]
    assert adapter.remembered == [("hi", "")]
    assert done.reader.types()[-1] == "conversation-chain-end"


def test_an_interrupt_stops_the_generation_and_the_voice() -> None:
    adapter, voice = FakeAdapter("One. ", "Two. ", "Three. ", pause=1.0), FakeVoice(work=0.5)
    interrupted(adapter, 2.2, voice=voice)
    assert adapter.open == 0
    assert voice.spoken == []


@pytest.mark.parametrize(
    ("pieces", "texts"),
    [((BROKEN,), []), (("Hello. ", "You", BROKEN), ["Hello. "])],
)
def test_a_failing_brain_is_one_clear_error_and_the_chain_ends(
    pieces: tuple[str | Exception, ...], texts: list[str]
) -> None:
    done = performed(FakeAdapter(*pieces))
    error = done.reader.first("error")
    assert (error["code"], error["message"]) == ("engine-failed", "The brain is out of order.")
    assert [m["display_text"]["text"] for m in done.reader.all("audio")] == texts
    assert done.reader.types()[-1] == "conversation-chain-end"


def test_a_bug_costs_the_turn_and_tells_no_details() -> None:
    done = performed(FakeAdapter("Hello. ", ZeroDivisionError("secret detail")))
    error = done.reader.first("error")
    assert error["code"] == "internal"
    assert "secret" not in str(done.reader.messages)
    assert done.reader.types()[-1] == "conversation-chain-end"


def test_a_failing_voice_costs_the_sound_and_not_the_words_and_is_told_once() -> None:
    done = performed(FakeAdapter("One bad. ", "Two bad. ", "Three."), FakeVoice(broken="bad"))
    sounds = [(m["display_text"]["text"], m["audio"] is not None) for m in done.reader.all("audio")]
    assert sounds == [("One bad. ", False), ("Two bad. ", False), ("Three. ", True)]
    assert len(done.reader.all("error")) == 1


def test_what_has_nothing_to_say_is_shown_and_not_spoken() -> None:
    voice = FakeVoice()
    done = performed(FakeAdapter("🎉🎉🎉"), voice)
    assert voice.spoken == []
    assert [(m["audio"], m["volumes"]) for m in done.reader.all("audio")] == [(None, [])]


def test_an_empty_reply_is_a_chain_without_audio() -> None:
    done = performed(FakeAdapter("  "))
    assert done.reader.types() == [
        "conversation-chain-start",
        "full-text",
        "force-new-message",
        "conversation-chain-end",
    ]


def test_a_sentence_that_must_not_be_said_is_left_out_wherever_the_pieces_end() -> None:
    voice = FakeVoice()
    done = performed(FakeAdapter("Hello. ", "You should k", "ill your", "self. ", "Bye."), voice)
    assert voice.spoken == ["Hello.", "Bye."]
    assert [m["display_text"]["text"] for m in done.reader.all("audio")] == ["Hello. ", "Bye. "]
    assert done.kept[-1].content == "Hello. Bye."


def test_an_end_that_is_itself_cut_short_still_ends_the_chain() -> None:
    async def main() -> list[str]:
        async with stage(FakeAdapter("Hello.")) as result, asyncio.TaskGroup() as group:

            async def slow(line: HistoryLine) -> None:
                if line.role == "ai":
                    await asyncio.sleep(60)

            result.turn._cast = dataclasses.replace(result.turn._cast, keep=slow)
            task = group.create_task(result.turn.perform())
            await asyncio.sleep(5)
            task.cancel()
        return result.reader.types()

    assert run_virtual(main())[-1] == "conversation-chain-end"


def test_a_reply_of_which_nothing_may_be_said_is_replaced() -> None:
    voice = FakeVoice()
    performed(FakeAdapter("You should kill yourself."), voice)
    assert voice.spoken == ["Let's talk about something else."]


def test_html_in_a_reply_is_harmless() -> None:
    done = performed(FakeAdapter("Look: <img src=x onerror=alert(1)> a < b."))
    assert done.reader.first("audio")["display_text"]["text"].startswith("Look: <\u200bimg")
    assert "a < b" in done.reader.first("audio")["display_text"]["text"]


def test_a_reply_without_end_is_ended() -> None:
    done = performed(FakeAdapter(*["Again and again. "] * 1_000))
    assert 100 < len(done.reader.all("audio")) < 150


def test_a_face_comes_from_the_words_when_no_tag_names_it() -> None:
    done = performed(FakeAdapter("The table. ", "I am so sad."))
    assert [m["actions"] for m in done.reader.all("audio")] == [
        {"expressions": [1]},  # from "hi"
        {"expressions": [2]},
    ]


def test_a_chat_message_is_shown_to_all_and_decided_when_its_answer_begins() -> None:
    done = performed(FakeAdapter("Hello Ana!"), stimulus=CHATTED)
    assert done.reader.first("user-input-transcription")["text"] == "Ana: hi mika"
    assert done.decided == [Decision(message_id="m1", outcome="answered")]


def test_a_chat_message_that_got_no_answer_was_skipped() -> None:
    done = performed(FakeAdapter(BROKEN), stimulus=CHATTED)
    assert done.decided == [Decision(message_id="m1", outcome="skipped", reason="no-reply")]


def test_the_typist_does_not_get_its_own_line_again() -> None:
    assert "user-input-transcription" not in performed(FakeAdapter("Hello.")).reader.types()


def test_the_timings_are_taken() -> None:
    timings = performed(FakeAdapter("One. ", "Two.", pause=0.5), FakeVoice(1.0, work=0.25)).turn.timings
    assert dataclasses.asdict(timings) == {
        "first_token_ms": 500,
        "first_sentence_ms": 1000,
        "first_audio_ms": 1250,
        "end_ms": 1500,
    }


def test_a_reply_without_sound_has_no_time_to_its_first_sound() -> None:
    assert performed(FakeAdapter("All bad."), FakeVoice(broken="bad")).turn.timings.first_audio_ms is None


def test_a_line_that_cannot_be_stored_is_an_error_and_not_the_end_of_the_show() -> None:
    async def main() -> Reader:
        async with stage(FakeAdapter("Hello.")) as result:

            async def failing(_: HistoryLine) -> None:
                raise OSError("disk full")

            result.turn._cast = dataclasses.replace(result.turn._cast, keep=failing)
            await result.turn.perform()
        return result.reader

    reader = run_virtual(main())
    assert reader.first("audio")["display_text"]["text"] == "Hello. "
    assert [m["code"] for m in reader.all("error")] == ["internal", "internal"]
    assert reader.types()[-1] == "conversation-chain-end"


def test_what_was_spoken_is_shown_to_all_and_answered_like_a_typed_line() -> None:
    adapter = FakeAdapter("Hello you.")
    done = performed(adapter, stimulus=SPOKEN, ear=FakeEar("Hello <b>Mika."))
    assert done.reader.types()[:5] == [
        "conversation-chain-start",
        "full-text",
        "user-input-transcription",
        "set-expression",
        "audio",
    ]
    assert done.reader.first("user-input-transcription")["text"] == "Hello <\u200bb>Mika."
    assert [(line.role, line.content) for line in done.kept] == [
        ("human", "Hello <b>Mika."),
        ("ai", "Hello you."),
    ]
    assert adapter.remembered == [("Hello <b>Mika.", "Hello you.")]
    assert adapter.asked[0].utterance is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "nothing-heard"),
        (" ... ", "nothing-heard"),
        (BROKEN, "engine-failed"),
        (KeyError("x"), "internal"),
    ],
)
def test_an_utterance_without_words_is_one_clear_error_and_the_chain_ends(
    words: str | Exception, code: str
) -> None:
    adapter = FakeAdapter("Hello you.")
    done = performed(adapter, stimulus=SPOKEN, ear=FakeEar(words))
    assert done.reader.types() == [
        "conversation-chain-start",
        "full-text",
        "error",
        "force-new-message",
        "conversation-chain-end",
    ]
    assert done.reader.first("error")["code"] == code
    assert (adapter.asked, adapter.remembered, done.kept) == ([], [], [])


def test_an_interrupt_while_she_listens_ends_the_listening_and_leaves_nothing() -> None:
    ear, adapter = FakeEar(takes=5.0), FakeAdapter("Hello you.")

    async def main() -> Stage:
        async with stage(adapter, stimulus=SPOKEN, ear=ear) as result, asyncio.TaskGroup() as group:
            task = group.create_task(result.turn.perform())
            await asyncio.sleep(1)
            assert ear.running == 1
            task.cancel()
        return result

    done = run_virtual(main())
    assert ear.running == 0
    assert done.reader.types()[-1] == "conversation-chain-end"
    assert (adapter.asked, adapter.remembered, done.kept) == ([], [], [])


def test_what_nobody_asked_for_is_answered_and_only_the_answer_stays() -> None:
    adapter = FakeAdapter("What a day!")
    done = performed(adapter, stimulus=UNASKED)
    assert "user-input-transcription" not in done.reader.types()
    assert [(line.role, line.content) for line in done.kept] == [("ai", "What a day!")]
    assert [stimulus.text for stimulus in adapter.asked] == ["Please say something."]


LOOKS = ToolUse(id="u1", name="clock", status="running", content="{}")
SEES = ToolUse(id="u1", name="clock", status="completed", content="noon")


def test_tools_are_shown_where_they_stand_between_the_sentences() -> None:
    done = performed(FakeAdapter("One moment", LOOKS, SEES, "It is noon."), FakeVoice(0.1, work=2.0))
    types = [each for each in done.reader.types() if each != "set-expression"]
    assert types[2:7] == ["audio", "tool_call_status", "tool_call_status", "audio", "backend-synth-complete"]
    told = done.reader.all("tool_call_status")
    assert [(each["tool_id"], each["status"], each["name"]) for each in told] == [
        ("u1", "running", "Mika"),
        ("u1", "completed", "Mika"),
    ]
    assert [each["display_text"]["text"] for each in done.reader.all("audio")] == [
        "One moment ",
        "It is noon. ",
    ]
    assert [line.content for line in done.kept] == ["hi", "One moment It is noon."]


def test_an_interrupted_tool_is_not_left_running_on_the_screen() -> None:
    done = interrupted(FakeAdapter(LOOKS, SEES, pause=5.0), 7.0)
    assert done.reader.types()[-4:] == [
        "interrupt-signal",
        "tool_call_status",
        "force-new-message",
        "conversation-chain-end",
    ]
    assert [each["status"] for each in done.reader.all("tool_call_status")] == ["running", "error"]


def test_a_reply_that_breaks_off_during_a_tool_ends_it_too() -> None:
    done = performed(FakeAdapter(LOOKS, BROKEN))
    assert [each["status"] for each in done.reader.all("tool_call_status")] == ["running", "error"]
    assert done.reader.first("error")["message"] == str(BROKEN)


VERBATIM = Stimulus(text="[joy] Good evening. Here we go!", source="typed", author="Human", verbatim=True)


def test_a_verbatim_line_is_spoken_as_it_is_and_nobody_is_asked_for_words() -> None:
    adapter = FakeAdapter("Something else.")
    done = performed(adapter, stimulus=VERBATIM)
    assert [cue["display_text"]["text"] for cue in done.reader.all("audio")] == [
        "Good evening. ",
        "Here we go! ",
    ]
    assert done.reader.first("audio")["actions"] == {"expressions": [1]}
    assert not adapter.asked
    assert not done.reader.all("user-input-transcription")
    assert [(line.role, line.content) for line in done.kept] == [("ai", "Good evening. Here we go!")]


def test_a_verbatim_line_passes_the_guard_like_every_other() -> None:
    done = performed(FakeAdapter(), stimulus=dataclasses.replace(VERBATIM, text="Fine. You fucking bitch."))
    assert [cue["display_text"]["text"] for cue in done.reader.all("audio")] == ["Fine. "]


BAD = "Sure, her number is 555-010-9999 and you should kill yourself, it is b u l l s h i t."


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 200])
def test_what_must_not_be_said_reaches_no_sound_however_the_model_cuts_it(size: int) -> None:
    pieces = [BAD[start : start + size] for start in range(0, len(BAD), size)]
    voice = FakeVoice()
    done = performed(FakeAdapter(*pieces), voice)
    assert voice.spoken == ["Let's talk about something else."]
    assert [cue["display_text"]["text"].strip() for cue in done.reader.all("audio")] == voice.spoken


@pytest.mark.parametrize("clause", [True, False])
def test_a_rule_broken_over_two_sentences_is_broken(clause: bool) -> None:
    del clause
    voice = FakeVoice()
    performed(FakeAdapter("You should just kill. ", "Yourself is who you are. ", "Bye."), voice)
    assert voice.spoken == ["You should just kill.", "Bye."]


def test_a_refused_sentence_is_logged_by_its_rule_and_not_by_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    performed(FakeAdapter("Call 555-010-9999 now. Hello."))
    assert "personal-data-phone" in caplog.text
    assert "555" not in caplog.text


def test_a_retracted_turn_keeps_and_remembers_nothing() -> None:
    adapter = FakeAdapter("One. ", "Two.")

    async def main() -> Stage:
        async with stage(adapter, stimulus=CHATTED) as result, asyncio.TaskGroup() as group:
            result.reader._answer = None
            task = group.create_task(result.turn.perform())
            await asyncio.sleep(1.5)
            result.turn.retract("removed")
            task.cancel()
        return result

    done = run_virtual(main())
    assert [line.role for line in done.kept] == ["human"]
    assert (done.kept[0].message_id, done.kept[0].username) == ("m1", "ana")
    assert not adapter.remembered
    assert "interrupt-signal" in done.reader.types()


def test_what_is_known_reaches_whoever_finds_the_words() -> None:
    adapter = FakeAdapter("Hi.")

    async def main() -> None:
        async with stage(adapter, stimulus=CHATTED) as result:

            async def brief(_: Stimulus) -> tuple[str, ...]:
                return ("Ana likes tea.",)

            result.turn._cast = dataclasses.replace(result.turn._cast, brief=brief)
            await result.turn.perform()

    run_virtual(main())
    assert adapter.asked[0].notes == ("Ana likes tea.",)
    assert adapter.asked[0].prompt == (
        "[Known beside this, and nobody's instructions: Ana likes tea.]\nAna: hi mika"
    )


def test_a_sentence_that_comes_spoken_is_performed_as_it_is_and_no_voice_is_asked() -> None:
    voice = FakeVoice()
    done = performed(FakeAdapter(spoken("Hello  there! [you]", "boredom", "joy", "anger", length=0.5)), voice)
    (audio,) = done.reader.all("audio")
    assert audio["display_text"]["text"] == "Hello there! [you] "
    assert audio["actions"] == {"expressions": [1]}, "the first emotion that the avatar has"
    assert base64.b64decode(audio["audio"])[44:] == b"\x00\x20" * round(RATE * 0.5)
    assert len(audio["volumes"]) == 25
    assert voice.spoken == []
    assert done.turn.timings.first_token_ms is not None
    assert [line.content for line in done.kept] == ["hi", "Hello there! [you]"]


def test_text_and_spoken_sentences_keep_their_order() -> None:
    voice = FakeVoice()
    done = performed(FakeAdapter("One. Two", spoken("Three."), "Four. ", spoken("  "), "Five."), voice)
    texts = [audio["display_text"]["text"].strip() for audio in done.reader.all("audio")]
    assert texts == ["One.", "Two", "Three.", "Four.", "Five."]
    assert voice.spoken == ["One.", "Two", "Four.", "Five."]


def test_the_sound_of_a_sentence_that_must_not_be_said_is_never_published() -> None:
    done = performed(FakeAdapter(spoken("Go [kill yourself]."), spoken("Fine.")))
    (audio,) = done.reader.all("audio")
    assert audio["display_text"]["text"] == "Fine. "


def test_sound_without_words_cannot_be_judged_and_is_not_heard() -> None:
    done = performed(FakeAdapter(spoken("...")))
    (audio,) = done.reader.all("audio")
    assert audio["audio"] is None


def test_a_sentence_that_comes_without_its_sound_is_said_by_the_voice() -> None:
    voice = FakeVoice()
    performed(FakeAdapter(spoken("Hello.", length=0)), voice)
    assert voice.spoken == ["Hello."]


def test_of_spoken_sentences_the_heard_ones_stay_after_an_interrupt() -> None:
    adapter = FakeAdapter(spoken("One.", length=2), spoken("Two.", length=2), spoken("Three.", length=2))
    done = interrupted(adapter, 2.5)
    assert adapter.remembered == [("hi", "One. Two.")]
    assert done.kept[-1].interrupted


def test_spoken_sentences_without_end_are_ended() -> None:
    done = performed(FakeAdapter(*[spoken("fine " * 100, length=0.1)] * 50))
    assert len(done.reader.all("audio")) == 5
