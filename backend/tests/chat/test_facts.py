"""Facts: what a viewer tells about himself, and nothing that he would not want to hear again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.facts import LONGEST_FACT, facts_in


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("I like chess. And you?", ["I like chess"]),
        ("hi Mika, my name is Ana!", ["my name is Ana"]),
        (
            "i'm learning Spanish, my favorite game is Portal",
            ["i'm learning Spanish, my favorite game is Portal"],
        ),
        ("I have a cat! I love tea! I play drums!", ["I have a cat", "I love tea"]),
        ("what do you like?", []),
        ("hello", []),
        ("", []),
    ],
)
def test_what_a_viewer_tells_is_found(text: str, facts: list[str]) -> None:
    assert facts_in(text) == facts


@pytest.mark.parametrize(
    "text",
    [
        "I like porn",
        "my name is Jane and my number is 555-010-9999",
        "I'm a faggot",
        "I love jesus",
        "i like to cut myself",
        "I own cheap-skins.com",
        "i love this shit",
        "I'm from 12 Baker Street",
    ],
)
def test_what_is_delicate_is_never_kept(text: str) -> None:
    assert facts_in(text) == []


@given(st.text(max_size=500))
def test_it_is_little_and_short_whatever_is_written(text: str) -> None:
    found = facts_in(f"I like {text}")
    assert len(found) <= 2
    assert all(len(each) <= LONGEST_FACT and "\n" not in each for each in found)
