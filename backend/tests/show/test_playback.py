"""What of a reply was heard by when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show.playback import BACK_WITHIN, Playback, Reports, reading_time


def two_sentences() -> Playback:
    playback = Playback()
    playback.add("One. ", 2.0, now=10.0)
    playback.add("Two. ", 3.0, now=10.5)
    return playback


def test_a_sentence_starts_when_the_one_before_has_ended() -> None:
    assert two_sentences().left(10.5) == 4.5


def test_a_sentence_counts_as_heard_from_its_start() -> None:
    playback = two_sentences()
    assert playback.heard(11.9) == "One."
    assert playback.heard(12.0) == "One. Two."


def test_a_late_sentence_starts_when_it_comes() -> None:
    playback = two_sentences()
    playback.add("Three. ", 1.0, now=20.0)
    assert playback.heard(19.9) == "One. Two."
    assert playback.left(20.0) == 1.0


def test_a_clients_report_counts_if_the_reply_begins_like_that() -> None:
    assert two_sentences().heard(10.0, "One. Two. ") == "One. Two."


def test_a_client_cannot_put_words_into_her_mouth() -> None:
    assert two_sentences().heard(10.0, "I hate you all.") == "One."


def test_nothing_sent_is_nothing_heard() -> None:
    assert Playback().is_empty
    assert Playback().heard(99.0, "anything") == ""


def test_longer_texts_stay_up_longer() -> None:
    assert reading_time("Hi") == 1.0
    assert reading_time("x" * 100) > 4


def test_copies_of_a_report_are_known_and_the_next_turns_report_is_none() -> None:
    reports = Reports()
    assert [reports.is_copy("me", now) for now in (0.0, 0.1, 0.2, 0.6)] == [False, True, True, False]
    assert not reports.is_copy("you", 0.6)
    reports.forget("me")
    assert not reports.is_copy("me", 0.7)


def test_a_sentence_that_begins_is_known_by_its_text_and_each_begins_once() -> None:
    playback = Playback()
    for text in ("Yes. ", "No. ", "Yes. "):
        assert playback.add(text, 1.0, now=0.0) == playback.left(0.0) - 1.0
    assert [playback.begun(text, 0.0) for text in ("Maybe.", "Yes.", "Yes. ", "No. ")] == [None, 0, 2, None]


def test_where_she_is_goes_by_the_plan_and_rather_by_a_clients_word() -> None:
    playback = two_sentences()
    assert playback.place(11.5) == (0, 1.5)
    assert playback.place(12.5) == (1, 0.5)
    playback.begun("Two.", 12.4)  # the sound device was slow
    assert playback.place(12.5) == pytest.approx((1, 0.1))
    assert playback.place(15.5) == (2, 0.0)


def reloaded(playback: Playback, left_at: float, back_at: float) -> None:
    playback.listened(can_return=True, now=10.0)
    playback.left_alone(left_at)
    playback.left_alone(left_at + 0.1)
    playback.listened(can_return=True, now=back_at)


def test_while_its_page_is_reloaded_speech_stands_still_and_goes_on_from_there() -> None:
    playback = two_sentences()
    reloaded(playback, 11.0, 12.5)
    assert playback.place(12.5) == (0, 1.0)
    assert playback.heard(13.4) == "One."
    assert playback.heard(13.5) == "One. Two."
    assert playback.left(13.5) == 3.0
    assert playback.add("Three.", 1.0, now=13.5) == 16.5


def test_what_began_before_the_reload_by_a_clients_word_goes_on_from_there_too() -> None:
    playback = two_sentences()
    playback.begun("One.", 10.2)
    reloaded(playback, 11.0, 12.5)
    assert playback.place(12.5) == pytest.approx((0, 0.8))


def test_speech_does_not_wait_for_ever() -> None:
    playback = two_sentences()
    playback.listened(can_return=True, now=10.0)
    playback.left_alone(11.0)
    assert playback.left(11.0 + BACK_WITHIN) == 4.0
    assert playback.left(11.0 + BACK_WITHIN + 1.0) == 3.0
    playback.listened(can_return=True, now=99.0)
    assert playback.left(99.0) == 15.0 + BACK_WITHIN - 99.0


def test_nobody_waits_for_a_client_that_could_not_go_on() -> None:
    playback = two_sentences()
    playback.listened(can_return=False, now=10.0)
    playback.left_alone(11.0)
    assert playback.left(12.0) == 3.0


@given(
    st.lists(st.floats(0.1, 5), min_size=1, max_size=6),
    st.floats(0, 30),
    st.floats(0, 10),
    st.floats(0, 10),
)
def test_a_reload_neither_repeats_nor_skips_anything(
    lengths: list[float], left_at: float, away: float, later: float
) -> None:
    def elapsed(playback: Playback, now: float) -> float:
        index, place = playback.place(now)
        return sum(lengths[:index]) + place

    playback = Playback()
    for number, length in enumerate(lengths):
        playback.add(f"{number}.", length, now=0.0)
    playback.listened(can_return=True, now=0.0)
    before = elapsed(playback, left_at)
    playback.left_alone(left_at)
    back_at = left_at + away
    playback.listened(can_return=True, now=back_at)
    lost = max(0.0, away - BACK_WITHIN)
    heard = min(before + lost + later, sum(lengths))
    assert elapsed(playback, back_at + later) == pytest.approx(heard, abs=1e-6)


def _three() -> Playback:
    playback = Playback()
    for text in ("One. ", "Two. ", "Three. "):
        playback.add(text, 2.0, now=0.0)
    return playback


def test_she_yields_with_the_sentence_that_is_heard_and_what_follows_is_never_heard() -> None:
    playback = _three()
    assert playback.last_place(3.0) == (1, 1.0)
    playback.end_with(1, 1.5, "Tw", now=3.0)
    assert playback.left(3.0) == 0.5
    assert (playback.whole(), playback.heard(9.0)) == ("One. Tw", "One. Tw")
    assert playback.heard(1.0) == "One."


def test_a_sentence_that_the_page_has_not_reported_yet_is_left_out() -> None:
    playback = _three()
    playback.begun("One. ", 0.1)
    assert playback.last_place(2.2) == (0, 2.0), "by its own clock the page is still at the first"
    assert playback.last_place(2.6) == (1, 0.5)


def test_before_anything_is_heard_there_is_no_place_to_yield_at() -> None:
    assert Playback().last_place(1.0) is None


def test_between_two_sentences_she_yields_at_the_end_of_the_last() -> None:
    playback = _three()
    assert playback.last_place(7.0) == (2, 2.0)
    playback.end_with(2, 2.0, "Three.", now=7.0)
    assert playback.left(7.0) == -1.0
