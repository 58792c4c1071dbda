"""One ear out of several: who fails is replaced for the utterance."""

import pytest

from open_llm_vtuber.asr.fallback_ear import FallbackEar
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.ports import SpeechRecognizer
from virtual_time import run_virtual


class Ear(FallbackEar):
    """Hears `text`, or fails without one; counts how often it was asked."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.asked = 0

    async def transcribe(self, utterance: bytes) -> str:
        del utterance
        self.asked += 1
        if self.text is None:
            raise EngineError("It is deaf.", engine="fake", retryable=True)
        return self.text


def heard(first: Ear, second: Ear, times: int = 1) -> tuple[list[str], list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    ears: dict[str, SpeechRecognizer] = {"remote": first, "embedded": second}
    chain = FallbackEar(ears, lambda engine, note: told.append((engine, note)))

    async def main() -> list[str]:
        return [await chain.transcribe(b"\0\0") for _ in range(times)]

    return run_virtual(main()), told


def test_the_first_ear_hears_and_the_second_is_not_asked() -> None:
    second = Ear("second")
    assert heard(Ear("first"), second) == (["first"], [])
    assert second.asked == 0


def test_silence_is_an_answer() -> None:
    assert heard(Ear(""), Ear("second")) == ([""], [])


def test_an_ear_that_fails_is_replaced_and_soon_left_alone() -> None:
    first = Ear(None)
    texts, told = heard(first, Ear("second"), times=5)
    assert texts == ["second"] * 5
    assert first.asked == 2
    assert told == [("embedded", "remote keeps failing: It is deaf.")]


def test_when_none_can_hear_the_last_one_says_why() -> None:
    with pytest.raises(EngineError, match="It is deaf"):
        heard(Ear(None), Ear(None))
