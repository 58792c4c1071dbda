"""Selection: the line that deserves it most is answered, every message gets a decision, nothing grows."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.chat.decisions import Decision
from open_llm_vtuber.chat.permissions import Role
from open_llm_vtuber.chat.selection import Selection, Taken, clean_text, unanswerable
from open_llm_vtuber.settings.chat import SelectionSettings
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


def selection(**named: object) -> Selection:
    return Selection(["Mika"], "examplechannel", settings=SelectionSettings.model_validate(named))


def said(decisions: list[Decision]) -> list[tuple[str, str, str]]:
    return [(d.message_id, d.outcome, d.reason) for d in decisions]


def taken(chosen: Selection, now: float) -> str | None:
    found, _ = chosen.take(now)
    return found.message.id if found else None


def best_of(*texts: str) -> str | None:
    """Return the text that is answered of several that were written at once by different viewers."""
    chosen = selection()
    for number, text in enumerate(texts):
        chosen.offer(message(text, str(number), f"viewer{number}"), 0.0)
    found, _ = chosen.take(1.0)
    return found.message.text if found else None


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
    emote = Emote(id="25", name="Kappa", start=2, end=6)
    assert unanswerable(message("🎉 Kappa", emotes=(emote,))) == "emote-only"
    assert unanswerable(message("🎉 Kappa hi", emotes=(emote,))) is None


def test_a_prompt_gets_one_bounded_line() -> None:
    assert clean_text(message("a\nb\u202ec")) == "a bc"
    assert len(clean_text(message("x" * 1_000))) == 300


def test_a_single_line_is_answered_and_every_factor_is_told() -> None:
    chosen = selection()
    (decision,) = chosen.offer(message("hello Mika, how are you?"), 0.0)
    assert decision.outcome == "pending"
    assert decision.score == pytest.approx(sum(decision.factors.values()))
    found, others = chosen.take(1.0)
    assert isinstance(found, Taken)
    assert (found.message.id, found.decision.outcome, others) == ("1", "queued", [])
    assert chosen.take(2.0) == (None, [])


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("hello Mika", "hello everybody"),
        ("hi @examplechannel", "hi @somebody"),
        ("hello MIKA\U000e0000", "hello everybody"),
        ("what do you like to eat?", "i like to eat"),
        ("i like to play chess", "LUL LUL LUL LUL"),
        ("a line of fair length", "word " * 59),
    ],
)
def test_the_better_line_wins_whichever_came_first(better: str, worse: str) -> None:
    assert best_of(better, worse) == better
    assert best_of(worse, better) == better


def test_a_role_and_bits_count() -> None:
    chosen = selection()
    chosen.offer(message("i like tea", "1", "a"), 0.0)
    chosen.offer(message("we like tea", "2", "b"), 0.0, role=Role.SUBSCRIBER)
    chosen.offer(replace(message("they like tea", "3", "c"), bits=500), 0.0)
    assert [taken(chosen, 1.0), taken(chosen, 1.0), taken(chosen, 1.0)] == ["3", "2", "1"]


def test_of_equal_lines_the_fresher_is_answered() -> None:
    chosen = selection()
    chosen.offer(message("tell me about cats", "1", "a"), 0.0)
    chosen.offer(message("tell me about dogs", "2", "b"), 8.0)
    assert taken(chosen, 9.0) == "2"


def test_whoever_was_answered_waits_behind_those_who_were_not() -> None:
    chosen = selection()
    chosen.offer(message("i like red", "1", "a"), 0.0)
    assert taken(chosen, 0.0) == "1"
    chosen.offer(message("trees are tall", "2", "a"), 5.0)
    chosen.offer(message("rivers are long", "3", "b"), 4.0)
    assert taken(chosen, 5.0) == "3"


def test_what_was_just_answered_is_not_answered_again_first() -> None:
    chosen = selection()
    chosen.offer(message("is it raining there", "1", "a"), 0.0)
    assert taken(chosen, 0.0) == "1"
    chosen.offer(message("is it raining there now", "2", "b"), 1.0)
    chosen.offer(message("is chess hard to learn", "3", "c"), 1.0)
    assert taken(chosen, 1.0) == "3"


def test_a_viewer_has_one_line_waiting_and_it_is_the_newest() -> None:
    chosen = selection()
    chosen.offer(message("first thought", "1", "a"), 0.0)
    decisions = chosen.offer(message("second thought", "2", "a"), 1.0)
    assert said(decisions)[0] == ("1", "skipped", "newer-message")
    assert len(chosen) == 1
    assert taken(chosen, 1.0) == "2"


def test_a_viewers_word_to_her_waits_whatever_the_same_viewer_writes_to_others() -> None:
    chosen = selection()
    chosen.offer(message("Mika, hello!", "1", "a"), 0.0)
    decisions = chosen.offer(message("something else", "2", "a"), 1.0)
    assert said(decisions) == [("2", "skipped", "addressed-waiting")]
    assert taken(chosen, 1.0) == "1"


def test_a_copy_of_a_line_that_waits_is_a_duplicate_and_joins_the_crowd() -> None:
    chosen = selection()
    chosen.offer(message("play the song", "0", "v0"), 0.0)
    for number in range(1, 5):
        decisions = chosen.offer(message("Play the SONG", str(number), f"v{number}"), 1.0)
        assert said(decisions) == [(str(number), "skipped", "duplicate")]
    found, _ = chosen.take(2.0)
    assert found
    assert found.crowd == 'Meanwhile chat is writing: "Play the SONG" (4 viewers).'


def test_a_line_that_is_too_old_is_not_answered() -> None:
    chosen = selection(max_age_s=10)
    chosen.offer(message("hello", "1"), 0.0)
    found, decisions = chosen.take(10.5)
    assert found is None
    assert said(decisions) == [("1", "skipped", "stale")]


def test_a_full_queue_drops_what_deserves_it_least() -> None:
    chosen = selection(queue_size=2)
    chosen.offer(message("what do you think about tea?", "1", "a"), 0.0)
    chosen.offer(message("Mika, do you like cake?", "2", "b"), 0.0)
    decisions = chosen.offer(message("so so so so", "3", "c"), 0.0)
    assert said(decisions) == [("3", "skipped", "outscored")]
    decisions = chosen.offer(message("Mika, what is your name?", "4", "d"), 0.0)
    assert said(decisions)[0] == ("1", "skipped", "outscored")


def test_those_that_wait_learn_what_beat_them() -> None:
    chosen = selection()
    chosen.offer(message("hello there", "1", "a"), 0.0)
    chosen.offer(message("Mika, how are you?", "2", "b"), 0.0)
    found, (loser,) = chosen.take(0.0)
    assert found
    assert (loser.message_id, loser.outcome, loser.beaten_by) == ("1", "pending", found.decision.score)


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        (removal(message_id="1"), ["2"]),
        (removal(message_id="9"), ["1", "2"]),
        (removal(username="a"), ["2"]),
        (removal(), []),
        (removal(channel="elsewhere"), ["1", "2"]),
    ],
)
def test_what_a_moderator_removed_waits_no_longer(gone: ChatRemoval, left: list[str]) -> None:
    chosen = selection()
    chosen.offer(message("one thing", "1", "a"), 0.0)
    chosen.offer(message("another thing", "2", "b"), 0.0)
    decisions = chosen.remove(gone)
    assert [each.id for each in chosen.waiting] == left
    assert {decision.reason for decision in decisions} <= {"removed"}


def test_a_removed_line_is_not_in_the_summary() -> None:
    chosen = selection()
    for number in range(3):
        chosen.overlook(message("rude thing", str(number), f"v{number}"), 0.0)
    chosen.remove(removal(username="v1"))
    chosen.offer(message("hello", "9", "z"), 0.0)
    found, _ = chosen.take(1.0)
    assert found
    assert found.crowd == ""


def test_a_first_time_chatter_is_preferred_where_she_greets() -> None:
    greeting = Selection(["Mika"], greets=True)
    greeting.offer(message("we like tea", "1", "a"), 0.0)
    greeting.offer(message("hello all", "2", "b"), 0.0, is_first=True)
    assert taken(greeting, 0.0) == "2"


def test_a_forgotten_viewer_leaves_nothing() -> None:
    chosen = selection()
    chosen.offer(message("one thing", "1", "a"), 0.0)
    taken(chosen, 0.0)
    chosen.offer(message("more things", "2", "a"), 1.0)
    chosen.forget("a")
    assert not chosen.waiting
    assert not chosen._answered_at


def test_every_viewer_gets_his_share_when_all_write_alike() -> None:
    chosen, answered = selection(), dict[str, int]()
    for second in range(600):
        for viewer in range(5):
            chosen.offer(
                message(f"thing {second} of {viewer}", f"{second}-{viewer}", f"v{viewer}"), float(second)
            )
        if second % 3 == 0:
            found, _ = chosen.take(float(second))
            assert found
            answered[found.message.username] = answered.get(found.message.username, 0) + 1
    counts = [answered.get(f"v{viewer}", 0) for viewer in range(5)]
    jain = sum(counts) ** 2 / (len(counts) * sum(count**2 for count in counts))
    assert jain >= 0.8


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["offer", "offer", "offer", "take", "remove", "remove-all"]),
            st.sampled_from(["hi Mika", "what?", "LUL", "spam spam", "!x", "", "a thing", "another thing"]),
            st.integers(0, 4),
            st.floats(0, 15),
        ),
        max_size=40,
    )
)
@settings(deadline=None)
def test_every_message_ends_with_one_final_decision_or_is_answered(
    steps: list[tuple[str, str, int, float]],
) -> None:
    chosen, now, offered = selection(queue_size=3, max_age_s=20), 0.0, set[str]()
    final: list[str] = []
    for number, (act, text, viewer, later) in enumerate(steps):
        now += later
        match act:
            case "offer":
                offered.add(str(number))
                decisions = chosen.offer(message(text, str(number), f"v{viewer}"), now)
            case "take":
                found, decisions = chosen.take(now)
                final += [found.message.id] if found else []
            case "remove":
                decisions = chosen.remove(removal(username=f"v{viewer}"))
            case _:
                decisions = chosen.remove(removal())
        final += [decision.message_id for decision in decisions if decision.is_final]
        assert len(chosen) <= 3
    assert len(final) == len(set(final))
    assert set(final) | {each.id for each in chosen.waiting} == offered
