"""Why: each message's decision is kept, explained, and forgotten with the viewer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import chat_message
from open_llm_vtuber.chat.decisions import Decision, pending, skipped
from open_llm_vtuber.chat.scoring import score
from open_llm_vtuber.chat.selection import Selection
from open_llm_vtuber.chat.why import MOST_KEPT, DecisionLog, in_words


def log() -> DecisionLog:
    found = DecisionLog()
    found.came_in(
        chat_message("1", "hello\nMika", username="ana"),
        Decision(message_id="1", outcome="pending", score=5.0, factors={"addressed": 4.0, "wait": 1.0}),
    )
    return found


def test_an_answer_keeps_what_was_weighed_before_it() -> None:
    found = log()
    found.decided(Decision(message_id="1", outcome="answered"))
    (reason,) = found.reasons
    assert (reason.text, reason.decision.outcome, reason.decision.score) == ("hello Mika", "answered", 5.0)
    assert found.last_answered == reason
    assert in_words(reason) == "ana's line was answered: score 5.0 (addressed +4.0, wait +1.0)."


def test_a_line_that_was_kept_out_is_explained_by_its_rule() -> None:
    found = log()
    found.decided(Decision(message_id="1", outcome="blocked", reason="link"))
    assert in_words(found.reasons[0]).startswith("ana's line was blocked (link)")


def test_what_is_not_known_is_not_decided() -> None:
    found = log()
    found.decided(skipped("9", "stale"))
    assert len(found.reasons) == 1
    assert found.last_answered is None


def test_a_removed_line_loses_its_words_and_a_forgotten_viewer_everything() -> None:
    found = log()
    assert found.remove(lambda message_id, _: message_id == "1") == ["1"]
    assert [(each.text, each.username) for each in found.reasons] == [("", "ana")]
    assert found.forget("ana") == ["1"]
    assert not found.reasons


def test_it_does_not_grow() -> None:
    found = DecisionLog()
    for number in range(MOST_KEPT + 10):
        found.came_in(chat_message(str(number), "x" * 1_000), pending(str(number)))
    assert len(found.reasons) == MOST_KEPT
    assert len(found.reasons[0].text) == 200


TEXTS = st.sampled_from(
    ["hello", "what is that?", "Mika hi", "LUL LUL LUL", "spam spam spam", "so nice " * 40]
)


@given(st.lists(TEXTS, min_size=2, max_size=8))
def test_every_counterfactual_really_flips_the_choice(texts: list[str]) -> None:
    chosen, found = Selection(["Mika"]), DecisionLog()
    for number, text in enumerate(texts):
        message = chat_message(str(number), f"{text} {number}", username=f"v{number}")
        *others, own = chosen.offer(message, 0.0)
        found.came_in(message, own)
        for decision in others:
            found.decided(decision)
    taken, others = chosen.take(5.0)
    assert taken
    for decision in [*others, taken.decision]:
        found.decided(decision)
    for reason in found.reasons:
        decision = reason.decision
        assert decision.score == pytest.approx(score(decision.factors))
        for name in reason.would_have_won_without:
            without = {key: value for key, value in decision.factors.items() if key != name}
            assert score(without) > (taken.decision.score or 0.0)
