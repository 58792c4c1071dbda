"""What microphones send, client by client, and when it is refused."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeEar, _Engine
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.show.ears import DEAF, Ears
from open_llm_vtuber.show.sound import pcm
from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded, SpeechEvent
from virtual_time import run_virtual

SECOND = [0.25] * 16_000


class FakeStream:
    def __init__(self) -> None:
        self.taken = b""

    async def hear(self, sound: bytes) -> Sequence[SpeechEvent]:
        self.taken += sound
        return [SpeechBegan(), SpeechEnded(self.taken)] if len(self.taken) >= 8 else []


class FakeDetector(_Engine):
    """Takes every four samples for an utterance of all that came so far."""

    def listen(self) -> FakeStream:
        return FakeStream()


class BrokenDetector(_Engine):
    def listen(self) -> "BrokenDetector":
        return self

    async def hear(self, _: bytes) -> Sequence[SpeechEvent]:
        raise EngineError("It is damaged.", engine="fake", retryable=False)


def utterance(ears: Ears, client: str = "a") -> bytes:
    stimulus = ears.stimulus(client, "Human")
    assert (stimulus.source, stimulus.client, stimulus.text) == ("voice", client, "")
    assert stimulus.utterance is not None
    return stimulus.utterance


def refusal(ears: Ears, client: str = "a") -> str:
    with pytest.raises(ProtocolError) as refused:
        ears.stimulus(client, "Human")
    return refused.value.code


@given(st.lists(st.tuples(st.sampled_from("ab"), st.lists(st.floats(-1, 1, width=32), max_size=5))))
def test_every_client_has_its_own_sound_in_the_order_that_it_came(
    pieces: list[tuple[str, list[float]]],
) -> None:
    ears = Ears(FakeEar())
    for client, samples in pieces:
        ears.take_in(client, samples)
    for client in "ab":
        sent = b"".join(pcm(samples) for who, samples in pieces if who == client)
        assert (utterance(ears, client) == sent) if sent else (refusal(ears, client) == "nothing-heard")


def test_an_utterance_is_taken_once() -> None:
    ears = Ears(FakeEar())
    ears.take_in("a", SECOND)
    assert len(utterance(ears)) == 32_000
    assert refusal(ears) == "nothing-heard"


def test_what_is_too_long_is_dropped_and_refused_once_and_the_next_one_is_heard() -> None:
    ears = Ears(FakeEar(), longest=3.0)
    for _ in range(10):
        ears.take_in("a", SECOND)
        assert len(ears._microphone("a", "").sound) <= 3 * 32_000
    assert refusal(ears) == "too-long"
    for _ in range(3):
        ears.take_in("a", SECOND)
    assert len(utterance(ears)) == 3 * 32_000


def test_without_an_ear_nothing_is_kept_and_that_is_said() -> None:
    ears = Ears()
    assert not ears.can_hear
    ears.take_in("a", SECOND)
    assert not ears._microphones
    with pytest.raises(ProtocolError, match=DEAF) as refused:
        ears.stimulus("a", "Human")
    assert refused.value.code == "wrong-state"


def test_the_words_become_one_line_of_a_sane_length() -> None:
    async def main() -> None:
        assert await Ears(FakeEar(" Hello \n\x00 you. ")).listen(b"..") == "Hello you."
        assert len(await Ears(FakeEar("word " * 9_000)).listen(b"..")) == 2_000

    run_virtual(main())


def test_speech_that_is_found_waits_for_its_client_to_ask_for_the_answer() -> None:
    async def main() -> tuple[list[SpeechEvent], bytes]:
        ears = Ears(FakeEar(), FakeDetector())
        events = [event for _ in range(3) for event in await ears.find_speech("a", np.full(2, 0.5).tolist())]
        await ears.find_speech("b", [0.25])
        return events, utterance(ears)

    events, found = run_virtual(main())
    sounds = [event.utterance for event in events if isinstance(event, SpeechEnded)]
    assert len(sounds) == 2
    assert found == b"".join(sounds)
    assert refusal(Ears(FakeEar(), FakeDetector())) == "nothing-heard"


@pytest.mark.parametrize(
    ("ears", "code"),
    [
        (Ears(), "wrong-state"),
        (Ears(FakeEar()), "wrong-state"),
        (Ears(FakeEar(), BrokenDetector()), "engine-failed"),
    ],
)
def test_that_nobody_listens_for_speech_is_said_once_to_each_client(ears: Ears, code: str) -> None:
    async def main() -> None:
        for client in ("a", "b"):
            with pytest.raises(ProtocolError) as refused:
                await ears.find_speech(client, SECOND)
            assert refused.value.code == code
            assert await ears.find_speech(client, SECOND) == ()

    run_virtual(main())


def test_a_client_that_left_leaves_nothing_behind() -> None:
    ears = Ears(FakeEar())
    ears.take_in("a", SECOND)
    ears.forget("a")
    ears.forget("never came")
    assert not ears._microphones


def test_words_can_be_had_without_an_answer_to_them() -> None:
    async def main() -> tuple[str, str]:
        ears = Ears(FakeEar("a <b> c"))
        ears.take_in("a", SECOND)
        words = await ears.words("a")
        return words.text, refusal(ears)

    assert run_virtual(main()) == ("a <\u200bb> c", "nothing-heard")


def test_several_microphones_of_one_client_are_kept_apart_and_forgotten_one_by_one_or_all() -> None:
    ears = Ears(FakeEar())
    for microphone in ("", "left", "right"):
        ears.take_in("a", (0.5,), microphone)
    ears.take_in("a", (0.5,), "left")
    ears.take_in("b", (0.5,), "left")
    assert ears.stimulus("a", "", "left").utterance == pcm((0.5, 0.5))
    assert ears.stimulus("a", "", "right").utterance == pcm((0.5,))
    ears.forget("a", "right")
    assert set(ears._microphones) == {("a", ""), ("a", "left"), ("b", "left")}
    ears.forget("a")
    assert set(ears._microphones) == {("b", "left")}
