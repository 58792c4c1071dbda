"""Sound in a log: what comes back has the same length and moves the mouth as the first did."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.show.speech import speech
from open_llm_vtuber.show_log.hums import HUMS, LONGEST
from open_llm_vtuber.units import Hertz

RATES = st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100])


@given(RATES, st.integers(0, 5_000), st.integers(0, 2**32 - 1))
def test_a_hum_is_as_long_and_as_loud_in_every_slice(rate: int, length: int, seed: int) -> None:
    samples = np.random.default_rng(seed).integers(-32_768, 32_767, length).astype("<i2")
    pcm = (samples * np.linspace(0, 1, length)).astype("<i2").tobytes()
    told = json.loads(json.dumps(HUMS.dump((pcm, Hertz(rate)))))
    hum, its_rate = HUMS.load(told)
    assert (len(hum), its_rate) == (len(pcm), rate)
    assert speech(hum, its_rate).volumes == speech(pcm, Hertz(rate)).volumes
    assert speech(hum, its_rate).length == speech(pcm, Hertz(rate)).length


def test_an_outline_is_small_and_tells_equal_sounds_from_others() -> None:
    one = HUMS.dump((b"\x01\x02" * 24_000, Hertz(24_000)))
    assert len(json.dumps(one)) < 300
    assert one != HUMS.dump((b"\x01\x03" * 24_000, Hertz(24_000)))


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"bytes": 4, "rate": 0, "loud": ""},
        {"bytes": LONGEST + 2, "rate": 16_000, "loud": ""},
        {"bytes": 1_000_000, "rate": 16_000, "loud": "AAA="},
        {"bytes": 10, "rate": 10**12, "loud": "////"},
        {"bytes": -5, "rate": 16_000, "loud": "!"},
    ],
)
def test_what_is_no_outline_is_refused_and_takes_no_memory(told: object) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        HUMS.load(told)
