"""What came of the last fires."""

from fake_floor import EVENING
from open_llm_vtuber.autonomous.content_generator import Content
from open_llm_vtuber.autonomous.journal import KEPT, LONGEST_REASON, Journal
from open_llm_vtuber.autonomous.moments import Now

NOW = Now(5.0, EVENING)


def test_a_fire_is_kept_with_its_words_and_its_reason() -> None:
    journal = Journal()
    content = Content(text="Hello.", source="model", topic="cats", tries=2, similarity=0.123, reason="why")
    journal.note(NOW, "idle", "said", content=content, stimulus="s1")
    assert journal.last is not None
    assert journal.last.model_dump() == {
        "at": "2026-01-05T18:00:00.000+00:00",
        "trigger": "idle",
        "outcome": "said",
        "reason": "why",
        "text": "Hello.",
        "source": "model",
        "topic": "cats",
        "tries": 2,
        "similarity": 0.12,
        "stimulus": "s1",
    }


def test_only_the_last_ones_are_kept_and_a_reason_is_bounded() -> None:
    journal = Journal()
    assert (journal.last, journal.fires) == (None, ())
    for number in range(2 * KEPT):
        journal.note(NOW, str(number), "dropped", reason="x" * 1000)
    assert len(journal.fires) == KEPT
    assert journal.fires[-1].trigger == str(2 * KEPT - 1)
    assert len(journal.fires[-1].reason) == LONGEST_REASON
    assert journal.fires[-1].source == ""
