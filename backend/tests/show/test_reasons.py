"""What is remembered of why: by turn, bounded, and nothing of a viewer who is forgotten."""

from open_llm_vtuber.decided import Asked, Forgotten, Guarded, Paid, Settled, Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.show.reasons import MOST_PIECES, Reasons
from open_llm_vtuber.stimulus import PromptMessage, TurnTimings


def heard() -> Reasons:
    reasons = Reasons()
    reasons.hear("", Settled(message_id="m1", outcome="queued"))
    reasons.hear("", TurnBegan(turn_id="t1", source="chat", priority=5, message_id="m1"))
    reasons.hear("t1", Asked(model="m", messages=[PromptMessage(role="user", content="canary")]))
    reasons.hear("t1", Paid(provider="p", model="m", prompt_tokens=1, answer_tokens=1, cost=0.1))
    reasons.hear("", Guarded(turn_id="t1", text="Hi.", before=0))
    return reasons


def test_what_parts_tell_belongs_to_their_turn_and_to_none_without_one() -> None:
    reasons = heard()
    reasons.hear("", Asked(model="another"))
    (chain,) = reasons.chains
    assert [each.model for each in chain.asked] == ["m"]
    assert [each.provider for each in chain.paid] == ["p"]


def test_when_a_turn_has_ended_only_references_of_its_prompt_stay() -> None:
    reasons = heard()
    reasons.hear("", TurnEnded(turn_id="t1", timings=TurnTimings(), heard=3))
    chain = reasons.chain("t1")
    assert chain is not None
    assert chain.asked[0].messages == ()
    assert chain.asked[0].prompt[0].characters == 6


def test_the_last_one_is_the_last_in_which_something_was_said() -> None:
    reasons = heard()
    assert reasons.chain("last") is None
    reasons.hear("", Spoken(turn_id="t1", index=0, text="Hi.", sound_s=1.0, face=None))
    reasons.hear("", TurnBegan(turn_id="t2", source="typed", priority=10))
    last = reasons.chain("last")
    assert last is not None
    assert last.turn_id == "t1"


def test_a_viewer_who_is_forgotten_is_forgotten_here_as_well() -> None:
    reasons = heard()
    reasons.hear("", Forgotten(username="v", message_ids=("m1",)))
    assert reasons.chains == ()
    assert reasons.settled("m1") is None


def test_a_turn_without_end_takes_no_memory_without_end() -> None:
    reasons = heard()
    for _ in range(2 * MOST_PIECES):
        reasons.hear("", Guarded(turn_id="t1", text="Hi.", before=0))
    assert len(reasons.chains[0].guarded) == MOST_PIECES
