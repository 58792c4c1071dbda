"""What other settings would have decided: nothing with the same ones, and only what they have a say in with others."""

from pathlib import Path

import pytest

import taped
from open_llm_vtuber.decided import Chosen
from open_llm_vtuber.replay.compare import compare
from open_llm_vtuber.settings.chat import ChatSettings, Weights
from open_llm_vtuber.show_log.inputs import BY_NAME
from open_llm_vtuber.show_log.reader import ShowLog, read_log
from open_llm_vtuber.show_log.records import fact_of, loaded
from open_llm_vtuber.stimulus import ChatMessage


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> ShowLog:
    """Return the log of a busy show."""
    return read_log(taped.rehearsal(tmp_path_factory.mktemp("log"), "raid", 8))


def with_weight(log: ShowLog, name: str, value: float) -> ChatSettings:
    selection = log.plan.chat.selection
    weights = selection.weights.model_copy(update={name: value})
    return log.plan.chat.model_copy(update={"selection": selection.model_copy(update={"weights": weights})})


@pytest.mark.parametrize("profile", ["steady", "raid", "hate-raid", "sub-bomb"])
def test_the_same_settings_decide_the_same(profile: str, tmp_path: Path) -> None:
    log = read_log(taped.rehearsal(tmp_path, profile, 6))
    assert compare(log, log.plan.chat) == []


@pytest.mark.parametrize("weight", sorted(Weights.model_fields))
def test_one_weight_changes_only_decisions_in_which_that_factor_was_found(log: ShowLog, weight: str) -> None:
    chosen = {each.turn_id[:8]: each for record in log.records if isinstance(each := fact_of(record), Chosen)}
    for found in compare(log, with_weight(log, weight, 7.5)):
        decision = chosen[found.what.removeprefix("turn ")]
        assert any(each.factors.get(weight) for each in decision.candidates), found


def test_a_weight_that_nothing_has_changes_nothing_and_one_that_matters_something(log: ShowLog) -> None:
    assert compare(log, with_weight(log, "bits", 90.0)) == []
    found = compare(log, with_weight(log, "question", 0.0))
    assert found
    assert all(each.was != each.would_be for each in found)


def test_a_word_that_is_banned_is_told_at_the_messages_that_hold_it(log: ShowLog) -> None:
    moderation = log.plan.chat.moderation.model_copy(update={"banned_words": ("raiders",)})
    found = compare(log, log.plan.chat.model_copy(update={"moderation": moderation}))
    banned = [each for each in found if "banned" in each.would_be or "blocked" in each.would_be]
    assert banned
    inputs = [loaded(BY_NAME[record.name], record) for record in log.records if record.name == "ChatHappened"]
    said = {each.event.id: each.event.text for each in inputs if isinstance(each.event, ChatMessage)}
    assert all("raiders" in said[each.message_ids[0]] for each in banned)
