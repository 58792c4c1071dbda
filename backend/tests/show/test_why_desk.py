"""Why she said that: every sentence has its whole chain, and what is said of it is true."""

from pathlib import Path

import pytest

import taped
from open_llm_vtuber.chat.scoring import score, weighed
from open_llm_vtuber.chat.why import chosen_without, counterfactuals
from open_llm_vtuber.decided import Chosen
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.why_messages import TurnWhy
from open_llm_vtuber.replay.run import Replayed, replay
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show.reasons import TURNS_KEPT, Reasons
from open_llm_vtuber.show.why_desk import turn_why
from open_llm_vtuber.show_log.reader import read_log


@pytest.fixture(scope="module", params=["steady", "dead-chat"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """Return a show with answers and thanks, or one in which she mostly talks of her own accord."""
    return replay(read_log(taped.rehearsal(tmp_path_factory.mktemp("log"), request.param, 12)))


def whys(played: Replayed) -> list[TurnWhy]:
    spoken = [each for each in played.reasons.chains if each.spoken]
    return [turn_why(played.reasons, each.turn_id, lambda _: "ana") for each in spoken]


def test_every_sentence_that_went_out_has_its_whole_chain(played: Replayed) -> None:
    found = whys(played)
    assert {"chat", "event"} <= {each.source for each in found} <= {"chat", "event", "unasked"}
    for why in found:
        went_out = [each for each in why.sentences if each.index is not None]
        assert [each.index for each in went_out] == list(range(len(went_out))), why
        assert all(each.text and not each.rule and each.sound_s for each in went_out)
        assert why.providers == {"llm": "fake"}
        assert why.timings is not None
        assert why.timings.first_audio_ms is not None
        assert why.explanation
        if why.source == "chat":
            assert why.candidates[0].message_id == why.message_id
            assert why.decision is not None
            assert why.decision.outcome == "answered"
            assert why.requests[0].prompt[0].role == "system"
        if why.source == "unasked":
            assert why.trigger


def test_a_recomputed_score_is_the_stored_one_and_each_counterfactual_flips_the_choice(
    played: Replayed,
) -> None:
    weights = ChatSettings().selection.weights
    chosen = [each.chosen for each in played.reasons.chains if each.chosen]
    told = 0
    for each in chosen:
        for candidate in each.candidates:
            assert dict(weighed(candidate.factors, weights)) == dict(candidate.parts)
            assert score(candidate.parts) == candidate.score
        for other in counterfactuals(each.candidates):
            told += 1
            assert chosen_without(each.candidates, other.message_id, other.without) == other.winner
            assert other.winner != each.message_id
    assert told > 5 or all(len(each.candidates) == 1 for each in chosen)
    assert all(isinstance(each, Chosen) for each in chosen)


def test_the_last_turn_is_known_by_that_name_and_others_are_not_found(played: Replayed) -> None:
    assert turn_why(played.reasons, "last", str).turn_id == whys(played)[-1].turn_id
    with pytest.raises(ProtocolError, match="Nothing is known"):
        turn_why(Reasons(), "last", str)


def test_only_the_last_turns_are_kept(tmp_path: Path) -> None:
    del tmp_path
    reasons = Reasons()
    for number in range(TURNS_KEPT + 5):
        reasons.hear("", Chosen(turn_id=f"t{number}", message_id="m", candidates=()))
    assert len(reasons.chains) == TURNS_KEPT
    assert reasons.chain("t4") is None
