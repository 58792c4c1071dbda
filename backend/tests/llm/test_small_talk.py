"""Written answers to what is often said in a chat."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.llm.small_talk import LONGEST_LINE, SmallTalk, plain, spoken_by
from open_llm_vtuber.llm.small_talk_lines import TOPICS, VIBES
from open_llm_vtuber.show.emotions import emotion_of
from open_llm_vtuber.show.guard import Guard

LINES = {line for topic in TOPICS for line in topic.lines} | set(VIBES)


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("Anna: Hello!", "hello"),
        ("Anna: happy new year everybody", "new year"),
        ("Anna: how are you doing?", "how"),
        ("Anna: what's your name", "name"),
        ("Anna: my dog died", "died"),
        ("Anna: i adopted a kitten today", "kittens"),
        ("Anna: are you an AI?", "robot"),
        ("Anna: good night", "bye"),
        ("Hello!", "hello"),
    ],
)
def test_what_is_often_said_is_recognised(line: str, sign: str) -> None:
    topic = next(each for each in TOPICS if sign in each.sign)
    answer = SmallTalk().answer(line)
    assert answer is not None
    assert answer.replace("Anna", "{name}") in topic.lines


@pytest.mark.parametrize(
    "line",
    [
        "Anna: the borrow checker rejects this closure",
        "Welcome the raiders of Ben to the game",
        "Write a poem about cats.",
    ],
)
def test_what_is_not_small_talk_is_left_to_the_model(line: str) -> None:
    assert SmallTalk().answer(line) is None


def test_a_line_of_emotes_is_answered_as_one() -> None:
    answer = SmallTalk().answer("Anna: forsenDespair FeelsGoodMan 🎉")
    assert answer is not None
    assert answer.replace("Anna", "{name}") in VIBES


@pytest.mark.parametrize("line", ["x: hitler was right", "x: kys", "x: post feetpics already"])
def test_what_must_not_be_taken_up_is_put_aside(line: str) -> None:
    answer = SmallTalk().answer(line)
    assert answer in TOPICS[0].lines


def test_the_same_line_never_gets_the_same_answer_twice_in_a_row_and_then_goes_to_the_model() -> None:
    talk = SmallTalk()
    answers = [talk.answer("Anna: hello") for _ in range(10)]
    given_answers = [answer for answer in answers if answer]
    assert len(set(given_answers)) == len(given_answers) == 5
    assert answers[5:] == [None] * 5


@pytest.mark.parametrize(
    ("author", "spoken"),
    [
        ("Anna", "Anna"),
        ("anna_42", "anna"),
        ("eagerfox550", "eagerfox"),
        ("XXLSHOUTER", ""),
        ("1337", ""),
        ("愛", ""),
    ],
)
def test_a_name_is_spoken_as_far_as_one_can(author: str, spoken: str) -> None:
    assert spoken_by(f"{author}: hi there") == (spoken, "hi there")


def test_a_line_without_an_author_is_whole() -> None:
    assert spoken_by("hi there") == ("", "hi there")


def test_plain_words_are_what_is_left() -> None:
    assert plain("dankHug @calmquail713 Happy new year!! \U000e0000 https://x.example/y") == "Happy new year"
    assert plain("what's up") == "whats up"


@pytest.mark.parametrize("line", sorted(LINES))
def test_each_line_may_go_on_air_and_can_be_spoken(line: str) -> None:
    text = line.replace("{name}", "Anna")
    assert Guard().objection(text) is None
    assert re.fullmatch(r"[A-Za-z0-9 ,.!?:'-]+[.!?]", text)
    assert len(text.split()) <= 20
    emotion_of(text)


def test_no_line_stands_twice() -> None:
    every = [line for topic in TOPICS for line in topic.lines] + list(VIBES)
    assert len(every) == len(set(every))


@given(st.text(max_size=2 * LONGEST_LINE))
def test_anything_is_answered_with_a_written_line_or_not_at_all(line: str) -> None:
    answer = SmallTalk().answer(line)
    name, _ = spoken_by(line)
    assert answer is None or answer in LINES or answer.replace(name, "{name}") in LINES
