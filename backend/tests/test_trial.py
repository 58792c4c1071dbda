"""Engines that are used once before a show."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from fakes import BROKEN, FakeAdapter, FakeEar, FakeVoice, spoken
from open_llm_vtuber import trial
from open_llm_vtuber.ports import SpeechSynthesizer
from virtual_time import run_virtual


class SilentVoice(FakeVoice):
    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        del text
        yield b""


def test_what_works_says_how_long_it_took() -> None:
    brain = run_virtual(trial.brain("a_brain", FakeAdapter("Hello", pause=0.4)))
    voice = run_virtual(trial.voice("a_voice", FakeVoice(work=0.3)))
    ear = run_virtual(trial.ear("an_ear", FakeEar("", takes=0.2)))
    assert [(each.job, each.engine, each.fault, each.took) for each in (brain, voice, ear)] == [
        ("llm", "a_brain", "", "first words in 0.4 s"),
        ("tts", "a_voice", "", "spoke in 0.3 s"),
        ("asr", "an_ear", "", "listened in 0.2 s"),
    ]


def test_a_brain_is_hung_up_on_after_its_first_words() -> None:
    adapter = FakeAdapter(" ", "Hello", "and a long story", pause=1)
    assert run_virtual(trial.brain("a_brain", adapter)).took == "first words in 2.0 s"
    assert adapter.open == 0
    assert adapter.remembered == []
    assert run_virtual(trial.brain("a_brain", FakeAdapter(spoken("Hello"), pause=1))).took.endswith("1.0 s")


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda: trial.brain("x", FakeAdapter(BROKEN)), "The brain is out of order."),
        (lambda: trial.brain("x", FakeAdapter(" ")), "x answered without a single word."),
        (lambda: trial.brain("x", FakeAdapter("Hi", pause=99)), "x did not answer within 35 seconds."),
        (lambda: trial.voice("x", FakeVoice(broken="Hello")), "The voice is hoarse."),
        (lambda: trial.voice("x", SilentVoice()), "x spoke without any sound."),
        (lambda: trial.voice("x", FakeVoice(work=99)), "x did not answer within 35 seconds."),
        (lambda: trial.ear("x", FakeEar(BROKEN)), "The brain is out of order."),
        (lambda: trial.ear("x", FakeEar(takes=99)), "x did not answer within 35 seconds."),
    ],
)
def test_what_does_not_work_says_why(use: Any, says: str) -> None:
    assert run_virtual(use()).fault == says


def test_a_voice_that_stands_in_is_marked_as_one() -> None:
    spare: SpeechSynthesizer = FakeVoice(broken="Hello")
    outcome = run_virtual(trial.voice("x", spare, is_spare=True))
    assert (outcome.job, outcome.is_spare) == ("tts, standing in", True)
