"""What a validation finds becomes one fault for each thing that is wrong, with what to do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from open_llm_vtuber.autonomous.settings import AutonomousSettings
from open_llm_vtuber.config import Settings
from open_llm_vtuber.settings.explained import explained, nearest

SECRET = "hunter2-hunter2"


def faults(given: Any, root: Any = Settings) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as error:
        root.model_validate(given)
    return [
        (".".join(map(str, each.place)), each.sentence, each.fix) for each in explained(error.value, root)
    ]


def sheet(*steps: Any, **more: Any) -> Any:
    return {"cue_sheets": {"raid": {"on": "raid", "steps": list(steps), **more}}}


@pytest.mark.parametrize(
    ("given", "place", "sentence", "fix"),
    [
        ({"system_config": {"port": 99999}}, "system_config.port", "must be at most 65535", ""),
        ({"system_config": {"port": "x"}}, "system_config.port", "is no whole number", "Write digits"),
        ({"system_config": 3}, "system_config", "is no section with keys", "below it"),
        (
            {"system_config": {"allowed_hosts": "x"}},
            "system_config.allowed_hosts",
            "is no list",
            "[one, two]",
        ),
        (
            {"features": {"twich": False}},
            "features.twich",
            "is not a key that we know",
            "Did you mean twitch?",
        ),
        (
            {"features": {"zzz": 1}},
            "features.zzz",
            "is not a key that we know",
            "There are: text_generation,",
        ),
        ({"features": {"twitch": "maybe"}}, "features.twitch", "is neither true nor false", "true or false"),
        (
            {"shows": {"main": {"mode": "orphic"}}},
            "shows.main.mode",
            "is none of orphiq",
            "Did you mean orphiq?",
        ),
        ({"shows": {"main": {"mode": 3}}}, "shows.main.mode", "is none of orphiq", "Write one of orphiq"),
        ({"budget": {"per_stream": -1}}, "budget.per_stream", "must be at least 0", ""),
        ({"character_config": {"conf_uid": ""}}, "character_config.conf_uid", "is empty", "Write something"),
        ({"character_config": {"conf_name": 3}}, "character_config.conf_name", "is no text", "quotes"),
        ({"external_api": {"provider": "openai"}}, "external_api.model", "is missing", "Add it."),
        ({"system_config": {"host": "0.0.0.0"}}, "system_config", "set access_token as well", ""),
    ],
)
def test_each_kind_of_fault_is_a_sentence_and_mostly_a_way_out(
    given: Any, place: str, sentence: str, fix: str
) -> None:
    ((found_place, found_sentence, found_fix),) = faults(given)
    assert found_place == place
    assert sentence in found_sentence
    assert fix in found_fix


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (sheet({"sya": "hi"}), [("steps.0.sya", "is not a key that we know", "Did you mean say?")]),
        (sheet({"motion": ["Wave", 0, 1]}), [("steps.0.motion", "must have at most 2 entries", "")]),
        (
            sheet({"dance": 3}),
            [("steps.0", "is nothing that can stand here", "one of motion, expression, say, prompt")],
        ),
        (
            sheet({"expression": "joy", "duraton": 3}),
            [("steps.0.duraton", "is not a key", "Did you mean duration?")],
        ),
        (sheet({"say": "{usernam}"}), [("steps.0.say", "{usernam} is not one of", "")]),
        (sheet(onn="raid"), [("onn", "is not a key that we know", "")]),
        (
            sheet({"sya": "hi"}, {"expression": "joy", "duration": -1}),
            [("steps.0.sya", "is not a key", "say"), ("steps.1.duration", "must be at least 0", "")],
        ),
    ],
)
def test_a_value_of_several_kinds_is_taken_for_the_one_it_comes_closest_to(
    given: Any, expected: list[tuple[str, str, str]]
) -> None:
    found = faults(given)
    assert len(found) == len(expected), found
    for (place, sentence, fix), (end, says, hint) in zip(found, expected, strict=True):
        assert place == f"cue_sheets.raid.{end}"
        assert says in sentence
        assert hint in fix


def test_a_kind_that_there_is_not_is_compared_with_those_that_there_are() -> None:
    given = {"triggers": [{"kind": "intervall", "action": {"say": "hi"}}, {"action": {"say": "hi"}}]}
    (wrong, lacking) = faults(given, AutonomousSettings)
    assert wrong == ("triggers.0", wrong[1], "Did you mean interval?")
    assert "kind is none of interval" in wrong[1]
    assert lacking[:2] == ("triggers.1", "lacks 'kind'")


def test_below_a_kind_the_place_is_the_one_in_the_file() -> None:
    given = {"triggers": [{"kind": "interval", "interval_s": 30, "acton": {}}]}
    found = faults(given, AutonomousSettings)
    assert found == [("triggers.0.acton", "is not a key that we know", "Did you mean action?")]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["on", "steps", "say", "sya", "motion", "expression", "main", "mode", "port", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["cue_sheets", "system_config", "shows", "features"]), anything, min_size=1
    )
)
def test_whatever_is_wrong_something_is_said_of_it_and_no_value_ever(given: dict[str, Any]) -> None:
    error = refusal(given)
    if error is None:
        return
    found = explained(error, Settings)
    assert found
    assert len(found) <= error.error_count()
    assert len(set(found)) == len(found)
    for each in found:
        assert each.sentence
        assert SECRET not in each.sentence + each.fix


def refusal(given: dict[str, Any]) -> ValidationError | None:
    try:
        Settings.model_validate(given)
    except ValidationError as error:
        return error
    return None


def test_a_kind_that_is_called_like_a_field_of_it_is_no_part_of_the_place() -> None:
    given = {"triggers": [{"kind": "cron", "cron": "99 * * * *", "action": {"say": "{"}, "jiter": 1}]}
    places = [place for place, _, _ in faults(given, AutonomousSettings)]
    assert {place.split(".")[2] for place in places} == {"action", "cron", "jiter"}
    assert len(places) == 3


def test_only_what_is_near_is_suggested() -> None:
    assert nearest("persona_promt", ["persona_prompt", "port"]) == "Did you mean persona_prompt?"
    assert nearest("zzz", ["persona_prompt"]) == ""
    assert nearest(3, ["a"]) == ""
    assert nearest("x" * 10**6, ["x"]) == ""
