"""Scores: factors between 0 and 1 that add up, so that every score can be explained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.permissions import Role
from open_llm_vtuber.chat.scoring import (
    TAKEN_AWAY,
    Line,
    asks,
    factors,
    noise,
    score,
    similarity,
    weighed,
    words_of,
)
from open_llm_vtuber.settings.chat import Weights


@pytest.mark.parametrize(
    "text",
    ["who are you", "how old are you", "really?", "\u4f60\u597d\uff1f", "@mika why not", "wie geht es dir"],
)
def test_a_question_is_known(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", ["hello", "wow", "nice one", "https://x.y/?a=b", "whatever"])
def test_other_lines_are_none(text: str) -> None:
    assert not asks(text)


def test_noise_is_signs_and_repetition() -> None:
    assert noise("") == 1.0
    assert noise("what do you think about cats") < 0.1
    assert noise("LUL LUL LUL LUL") > 0.7
    assert noise("!!!!!???!!!! a") > 0.8
    assert noise("KEKW") == pytest.approx(0.4)


def test_lines_are_alike_as_far_as_they_share_words() -> None:
    assert similarity(words_of("i like cats"), words_of("i like cats")) == 1
    assert similarity(words_of("i like cats"), words_of("dogs bark")) == 0
    assert similarity(words_of(""), words_of("")) == 1


shares = st.floats(0, 1)
lines = st.builds(
    Line,
    words=st.just(frozenset[str]()),
    length=st.integers(0, 1_000),
    asks=st.booleans(),
    addressed=st.booleans(),
    role=st.sampled_from(Role),
    bits=st.integers(0, 10_000_000),
    noise=shares,
)


@given(lines, shares, shares, shares, st.integers(0, 10_000))
def test_every_factor_is_a_share_and_the_score_is_their_sum(
    line: Line, age: float, novelty: float, wait: float, duplicates: int
) -> None:
    found = factors(line, age=age, novelty=novelty, wait=wait, duplicates=duplicates)
    assert all(0 <= value <= 1 for value in found.values())
    parts = weighed(found, Weights())
    assert set(parts) == set(dict(Weights()))
    assert all((value <= 0) == (name in TAKEN_AWAY) or value == 0 for name, value in parts.items())
    assert score(parts) == pytest.approx(sum(parts.values()), abs=1e-3)
