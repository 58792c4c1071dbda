"""Swearing is heard however it is spelt."""

import pytest

from open_llm_vtuber.chat.swearing import swears


@pytest.mark.parametrize("text", ["this is bullshit", "fuuuuuck", "sh1t", "what an a55", "455hole"])
def test_it_is_found(text: str) -> None:
    assert swears(text)


@pytest.mark.parametrize(
    "text", ["", "what a lovely class", "Scunthorpe", "hello", "You scored 455.", "at 4:55, 455 of them"]
)
def test_a_clean_text_is(text: str) -> None:
    assert not swears(text)
