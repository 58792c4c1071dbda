"""Facts about decisions hold ids and numbers, and of a prompt no word."""

from dataclasses import asdict

from open_llm_vtuber.decided import Asked, digest
from open_llm_vtuber.stimulus import PromptMessage


def test_of_a_prompt_only_references_stay_and_equal_texts_have_equal_ones() -> None:
    messages = [
        PromptMessage(role="system", content="You are Mika."),
        PromptMessage(role="user", content="a canary"),
    ]
    told = Asked(model="m", messages=messages).by_reference()
    assert "canary" not in str(asdict(told))
    assert [(part.role, part.characters) for part in told.prompt] == [("system", 13), ("user", 8)]
    assert told.prompt[1].digest == digest("a canary") != digest("another")
    assert told.by_reference() == told


def test_any_text_has_a_digest_also_half_a_surrogate_pair() -> None:
    assert len(digest("\ud800")) == 16
