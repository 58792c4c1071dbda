"""The scripted language model: the same words, the same line, and the viewer's word in it."""

import time

import pytest

from fake_provider import run
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.scripted import LINES, ScriptedLLM, echo
from open_llm_vtuber.stimulus import PromptMessage, TextOptions


def answer(said: str, **options: object) -> list[str]:
    engine = LLM_ENGINES.build("scripted_llm", options)

    async def main() -> list[object]:
        prompt = (
            PromptMessage(role="system", content="irrelevant systematically"),
            PromptMessage(role="user", content="earlier encyclopaedia"),
            PromptMessage(role="assistant", content="notwithstanding"),
            PromptMessage(role="user", content=said),
        )
        return [piece async for piece in engine.stream(prompt, TextOptions())]

    return [str(piece) for piece in run(main())]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("I adopted two KITTENS!!", "adopted"),
        ("kittens", "kittens"),
        ("Maximiliana: i like tea", "like"),
        ("one two six", "one"),
        ("http://example.com/x1y2", "example"),
        ("a" * 30, "a" * 20),
        ("🎉🎉 123", "that"),
        ("", "that"),
        ("大好き です", "大好き"),
    ],
)
def test_echoes_the_longest_word_of_the_text_and_not_the_name(said: str, word: str) -> None:
    assert "".join(answer(said)) in {line.replace("{word}", word) for line in LINES}


def test_the_same_words_get_the_same_line_in_every_process() -> None:
    assert "".join(answer("Anna: I adopted a kitten today!")) == (
        "[smirk] Careful, if you say adopted again I will make a song about it."
    )


def test_different_words_get_different_lines() -> None:
    assert len({"".join(answer(f"word {number}")) for number in range(60)}) == len(LINES)


def test_the_written_lines_carry_tags_and_the_word() -> None:
    for line in LINES:
        assert line.startswith("[")
        assert line.count("{word}") == 1


def test_a_show_can_bring_its_own_lines_braces_and_all() -> None:
    assert answer("hello", lines=["{0} you said {word} {"]) == ["{0} ", "you ", "said ", "hello ", "{"]
    assert answer("hello", lines=["Yes."]) == ["Yes."]


@pytest.mark.parametrize("options", [{"lines": []}, {"lines": ["  "]}, {"delay_ms": -1}])
def test_refuses_lines_that_say_nothing(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="scripted_llm"):
        LLM_ENGINES.build("scripted_llm", options)


def test_waits_between_words_when_told_to() -> None:
    start = time.monotonic()
    answer("hello", lines=["one two three"], delay_ms=30)
    assert time.monotonic() - start >= 0.08


def test_stops_at_the_limit_of_tokens() -> None:
    async def main() -> list[str]:
        engine = ScriptedLLM(ScriptedLLM.Options())
        return [piece async for piece in engine.stream((), TextOptions(max_tokens=2))]

    assert len(run(main())) == 2


def test_a_lone_surrogate_does_no_harm() -> None:
    assert echo("\ud83c hello") == "hello"
    assert answer("\ud83c hello")
