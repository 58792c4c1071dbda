"""Selection: one message waits, and every message gets a decision."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.decisions import Decision
from open_llm_vtuber.chat.selection import Selection, clean_text, unanswerable
from open_llm_vtuber.stimulus import ChatMessage, ChatRemoval, Emote


def message(
    text: str, message_id: str = "1", username: str = "viewer_01", emotes: tuple[Emote, ...] = ()
) -> ChatMessage:
    return ChatMessage(
        id=message_id,
        platform="twitch",
        channel="examplechannel",
        username=username,
        display_name=username,
        text=text,
        emotes=emotes,
    )


def removal(
    message_id: str | None = None, username: str | None = None, channel: str = "examplechannel"
) -> ChatRemoval:
    return ChatRemoval(platform="twitch", channel=channel, message_id=message_id, username=username)


def selection() -> Selection:
    return Selection(["Mika"], "examplechannel", max_age_s=30)


def said(decisions: list[Decision]) -> list[tuple[str, str, str]]:
    return [(d.message_id, d.outcome, d.reason) for d in decisions]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \U000e0000\u200b", "empty"),
        ("!song", "command"),
        ("\u200b!song\U000e0000", "command"),
        ("🎉🎉", "emote-only"),
        ("<3 ???", None),
        ("???", "emote-only"),
        ("hello", None),
        ("おはよう", None),
        ("привет", None),
        ("7", None),
    ],
)
def test_what_cannot_be_answered(text: str, reason: str | None) -> None:
    assert unanswerable(message(text)) == reason


def test_emote_positions_count_code_points_of_the_text_as_sent() -> None:
    emotes = (Emote(id="25", name="Kappa", start=3, end=7),)
    assert unanswerable(message("🎉🎉 Kappa \U000e0000", emotes=emotes)) == "emote-only"
    assert unanswerable(message("🎉🎉 Kappa no", emotes=emotes)) is None


def test_emote_positions_beyond_the_text_do_no_harm() -> None:
    assert unanswerable(message("hello", emotes=(Emote(id="1", name="x", start=90, end=99),))) is None


def test_a_prompt_gets_one_visible_bounded_line() -> None:
    text = clean_text(message("a\nb\u202e\0 " + "x" * 400))
    assert text.startswith("a b xxx")
    assert len(text) == 300


def test_the_newest_message_waits() -> None:
    choice = selection()
    assert said(choice.offer(message("one", "1"), 0)) == [("1", "pending", "")]
    assert said(choice.offer(message("two", "2"), 1)) == [
        ("1", "skipped", "newer-message"),
        ("2", "pending", ""),
    ]
    taken, decisions = choice.take(2)
    assert taken is not None
    assert (taken.id, decisions) == ("2", [])


@pytest.mark.parametrize("text", ["Mika, hi", "@MIKA", "hey @ExampleChannel", "m\u200bika?"])
def test_one_that_speaks_to_the_character_beats_a_plain_one(text: str) -> None:
    choice = selection()
    choice.offer(message("plain", "1"), 0)
    assert said(choice.offer(message(text, "2"), 1))[0] == ("1", "skipped", "newer-message")
    assert said(choice.offer(message("plain again", "3"), 2)) == [("3", "skipped", "addressed-waiting")]
    assert said(choice.offer(message("mika mika", "4"), 3)) == [
        ("2", "skipped", "newer-message"),
        ("4", "pending", ""),
    ]


@pytest.mark.parametrize("text", ["mikado", "examplechannel is fun", "mika_fan hi"])
def test_what_only_looks_like_a_name_is_plain(text: str) -> None:
    assert not selection().addressed(message(text))


def test_a_message_is_taken_once() -> None:
    choice = selection()
    choice.offer(message("hi"), 0)
    taken, decisions = choice.take(30)
    assert taken is not None
    assert decisions == []
    assert choice.take(30) == (None, [])


def test_a_message_that_waited_too_long_is_dropped() -> None:
    choice = selection()
    choice.offer(message("mika hi"), 0)
    assert choice.take(30.1) == (None, [Decision(message_id="1", outcome="skipped", reason="stale")])


def test_a_stale_addressed_message_does_not_stand_in_the_way() -> None:
    choice = selection()
    choice.offer(message("mika hi", "1"), 0)
    assert said(choice.offer(message("plain", "2"), 31)) == [("1", "skipped", "stale"), ("2", "pending", "")]


@pytest.mark.parametrize("what", [removal("1"), removal(username="viewer_01"), removal()])
def test_what_a_moderator_removed_is_not_answered(what: ChatRemoval) -> None:
    choice = selection()
    choice.offer(message("hi"), 0)
    assert said(choice.remove(what)) == [("1", "skipped", "removed")]
    assert choice.take(1) == (None, [])


@pytest.mark.parametrize("what", [removal("2"), removal(username="viewer_02"), removal(channel="elsewhere")])
def test_other_removals_change_nothing(what: ChatRemoval) -> None:
    choice = selection()
    choice.offer(message("hi"), 0)
    assert choice.remove(what) == []
    assert choice.take(1)[0] is not None


@given(
    st.lists(st.tuples(st.text(max_size=20), st.sampled_from(["offer", "take", "remove"]), st.floats(0, 40)))
)
def test_every_message_gets_exactly_one_last_word(steps: list[tuple[str, str, float]]) -> None:
    choice = selection()
    last: dict[str, str] = {}
    taken: set[str] = set()
    now = 0.0
    for number, (text, step, pause) in enumerate(steps):
        now += pause
        decisions: list[Decision] = []
        if step == "offer":
            decisions = choice.offer(message(text, str(number)), now)
            assert str(number) in {d.message_id for d in decisions}
        elif step == "take":
            answer, decisions = choice.take(now)
            taken |= {answer.id} if answer else set()
        else:
            decisions = choice.remove(removal())
        for decision in decisions:
            assert last.get(decision.message_id) in {None, "pending"}
            assert decision.message_id not in taken
            last[decision.message_id] = decision.outcome
        waiting = [name for name, outcome in last.items() if outcome == "pending" and name not in taken]
        assert len(waiting) <= 1
