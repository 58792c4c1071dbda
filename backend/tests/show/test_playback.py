"""What of a reply was heard by when."""

from open_llm_vtuber.show.playback import Playback, reading_time


def two_sentences() -> Playback:
    playback = Playback()
    playback.add("One. ", 2.0, now=10.0)
    playback.add("Two. ", 3.0, now=10.5)
    return playback


def test_a_sentence_starts_when_the_one_before_has_ended() -> None:
    assert two_sentences().ends_at == 15.0


def test_a_sentence_counts_as_heard_from_its_start() -> None:
    playback = two_sentences()
    assert playback.heard(11.9) == "One."
    assert playback.heard(12.0) == "One. Two."


def test_a_late_sentence_starts_when_it_comes() -> None:
    playback = two_sentences()
    playback.add("Three. ", 1.0, now=20.0)
    assert playback.heard(19.9) == "One. Two."
    assert playback.ends_at == 21.0


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


def test_a_sentence_that_begins_is_known_by_its_text_and_each_begins_once() -> None:
    playback = Playback()
    for text in ("Yes. ", "No. ", "Yes. "):
        assert playback.add(text, 1.0, now=0.0) == playback.ends_at - 1.0
    assert [playback.begun(text) for text in ("Maybe.", "Yes.", "Yes. ", "No. ")] == [None, 0, 2, None]
