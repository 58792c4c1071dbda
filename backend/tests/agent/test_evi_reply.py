"""The messages of an answer become sentences with their sound, whatever the order they come in."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fake_hume
from fake_hume import END, JOY, SADNESS, Message, echo
from open_llm_vtuber.agent import evi_reply
from open_llm_vtuber.agent.evi_reply import EviReply, Said
from open_llm_vtuber.agent.evi_wire import read

INTERRUPTION: Message = {"type": "user_interruption", "time": 1}


def words(name: str, text: str = "", scores: dict[str, float] | None = None) -> Message:
    return fake_hume.words(name, text or f"Sentence {name}.", scores)


def sound(name: str, index: int = 0) -> Message:
    return {"type": "audio_output", "id": name, "index": index, "data": f"{name}{index}"}


def taken(reply: EviReply, *messages: Message) -> list[Said]:
    said = []
    for message in messages:
        understood = read(json.dumps(message))
        assert understood is not None
        said += reply.take(understood)
    return said


def of(said: Sequence[Said]) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.text, each.sound) for each in said]


def test_a_sentence_is_complete_once_the_sound_of_the_next_one_begins() -> None:
    reply = EviReply(with_sound=True)
    assert not taken(reply, echo("hi"), words("a"), sound("a", 0), sound("a", 1), words("b"))
    assert of(taken(reply, sound("b"))) == [("Sentence a.", ("a0", "a1"))]
    assert not reply.is_over
    assert of(taken(reply, END)) == [("Sentence b.", ("b0",))]
    assert reply.is_over


def test_the_words_of_all_sentences_may_come_before_any_sound() -> None:
    reply = EviReply(with_sound=True)
    assert not taken(reply, echo("hi"), words("a"), words("b"), words("c"), sound("a"))
    assert of(taken(reply, sound("b"), sound("c"))) == [("Sentence a.", ("a0",)), ("Sentence b.", ("b0",))]


def test_a_piece_that_is_missing_is_waited_for() -> None:
    reply = EviReply(with_sound=True)
    assert not taken(reply, echo("hi"), words("a"), words("b"), sound("a", 0), sound("a", 2), sound("b", 0))
    assert of(taken(reply, sound("a", 1), sound("b", 1))) == [("Sentence a.", ("a0", "a1", "a2"))]


def test_a_piece_that_comes_too_late_is_left_out() -> None:
    reply = EviReply(with_sound=True)
    said = taken(reply, echo("hi"), words("a"), sound("a"), words("b"), sound("b"), sound("a", 1), END)
    assert of(said) == [("Sentence a.", ("a0",)), ("Sentence b.", ("b0",))]


def test_sound_may_come_before_its_words_and_without_words_it_is_nothing() -> None:
    said = taken(EviReply(with_sound=True), echo("hi"), sound("a"), sound("ghost"), words("a"), END)
    assert of(said) == [("Sentence a.", ("a0",))]


def test_a_sentence_that_got_no_sound_comes_in_its_place_at_the_end() -> None:
    reply = EviReply(with_sound=True)
    assert not taken(reply, echo("hi"), words("a"), words("b"), sound("b"), words("c"), sound("c"))
    assert of(taken(reply, END)) == [("Sentence a.", ()), ("Sentence b.", ("b0",)), ("Sentence c.", ("c0",))]


def test_words_of_one_name_are_one_sentence_and_words_without_a_name_one_each() -> None:
    said = taken(
        EviReply(with_sound=True), echo("hi"), words("a", "One."), words("a", "Two."), sound("a"), END
    )
    assert of(said) == [("One. Two.", ("a0",))]
    nameless = {**words("x", "No name."), "id": None}
    assert len(taken(EviReply(with_sound=True), echo("hi"), nameless, nameless, END)) == 2


def test_more_words_of_a_sentence_that_is_on_air_are_another_one() -> None:
    reply = EviReply(with_sound=True)
    said = taken(reply, echo("hi"), words("a"), sound("a"), words("b"), sound("b"), words("a", "More."), END)
    assert [each.text for each in said] == ["Sentence a.", "Sentence b.", "More."]


def test_what_was_measured_comes_with_the_words_or_behind_the_sound() -> None:
    reply = EviReply(with_sound=True)
    said = taken(
        reply,
        echo("hi"),
        words("a", scores=JOY),
        sound("a"),
        words("b"),
        fake_hume.prosody("b", SADNESS),
        END,
    )
    assert [dict(each.scores) for each in said] == [JOY, SADNESS]


def test_a_greeting_that_was_under_way_is_no_answer() -> None:
    reply = EviReply(with_sound=True)
    assert not taken(reply, words("g"), sound("g"), echo("hi"), INTERRUPTION, sound("g", 1), END)
    assert not reply.is_over
    assert of(taken(reply, words("a"), sound("a"), END)) == [("Sentence a.", ("a0",))]


def test_an_answer_to_which_no_echo_came_is_known_by_its_end() -> None:
    for with_sound in (True, False):
        reply = EviReply(with_sound=with_sound)
        assert [each.text for each in taken(reply, words("a"), sound("a"), words("b"), sound("b"), END)] == [
            "Sentence a.",
            "Sentence b.",
        ]
        assert reply.is_over


def test_a_second_echo_changes_nothing() -> None:
    assert taken(EviReply(with_sound=True), echo("hi"), words("a"), echo("hi"), END)


def test_an_answer_that_hume_stops_is_over() -> None:
    reply = EviReply(with_sound=True)
    assert of(taken(reply, echo("hi"), words("a"), sound("a"), INTERRUPTION)) == [("Sentence a.", ("a0",))]
    assert reply.is_over


def test_without_sound_each_sentence_is_complete_as_it_comes() -> None:
    reply = EviReply(with_sound=False)
    assert of(taken(reply, echo("hi"), words("a", " One \n  line. "))) == [("One line.", ())]
    assert not taken(reply, sound("a"), words("b", "   "))
    assert of(taken(reply, words("a", "More."))) == [("More.", ())]


@pytest.mark.parametrize(("most", "message"), [("MOST_TEXT", words("a")), ("MOST_SOUND", sound("a"))])
def test_an_answer_holds_so_much_and_not_more(
    most: str, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evi_reply, most, 10)
    with pytest.raises(ValueError, match="too much"):
        taken(EviReply(with_sound=True), echo("hi"), message)


@settings(deadline=None)  # a busy machine is no fault
@given(st.data())
def test_every_word_comes_once_and_in_order_and_with_no_other_sound_than_its_own(data: st.DataObject) -> None:
    names = [f"s{n}" for n in range(data.draw(st.integers(1, 5)))]
    pieces = [sound(name, index) for name in names for index in range(data.draw(st.integers(0, 3)))]
    shuffled = data.draw(st.permutations(pieces))
    at = iter(
        sorted(data.draw(st.lists(st.integers(0, len(pieces)), min_size=len(names), max_size=len(names))))
    )
    messages: list[Message] = list(shuffled)
    for offset, (name, place) in enumerate(zip(names, at, strict=True)):
        messages.insert(place + offset, words(name))
    said = taken(EviReply(with_sound=True), echo("hi"), *messages, END)
    assert [each.text for each in said] == [f"Sentence {name}." for name in names]
    for name, each in zip(names, said, strict=True):
        assert list(each.sound) == sorted(piece for piece in each.sound if piece.startswith(name))
