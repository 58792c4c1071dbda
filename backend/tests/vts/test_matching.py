"""Which file and which hotkey is meant."""

import pytest

from open_llm_vtuber.vts.api import Hotkey
from open_llm_vtuber.vts.matching import Matching
from open_llm_vtuber.vts.puppet import Gesture

FILES = ("Joy.exp3.json", "cry.exp3.json", "f02.exp3.json")


def hotkey(name: str, kind: str = "TriggerAnimation") -> Hotkey:
    return Hotkey.model_validate({"name": name, "type": kind, "hotkeyID": f"id-{name}"})


def gesture(group: str, index: int = 0) -> Gesture:
    return Gesture(1, group, index, None, 0.0)


@pytest.mark.parametrize(
    ("names", "file"),
    [
        (("joy",), "Joy.exp3.json"),
        (("F02", "joy"), "f02.exp3.json"),
        (("unknown", "joy"), "Joy.exp3.json"),
        (("unknown",), None),
        ((), None),
    ],
)
def test_names_that_are_alike_match(names: tuple[str, ...], file: str | None) -> None:
    assert Matching({}, {}).file(names, FILES) == file


@pytest.mark.parametrize("configured", ["cry", "cry.exp3.json", "CRY.EXP3.JSON"])
def test_the_configuration_counts_before_a_name(configured: str) -> None:
    matching = Matching({"JOY": configured}, {})
    assert matching.file(("joy",), FILES) == "cry.exp3.json"
    assert matching.file(("f02", "joy"), FILES) == "cry.exp3.json", "an emotion's word for it counts, too"
    assert matching.file(("f02",), FILES) == "f02.exp3.json"


def test_a_configured_file_that_is_not_there_is_not_replaced_by_another() -> None:
    assert Matching({"joy": "gone"}, {}).file(("joy",), FILES) is None


@pytest.mark.parametrize("name", ["wave/1", "Wave 1"])
def test_a_hotkey_is_found_by_the_gestures_name(name: str) -> None:
    assert Matching({}, {}).hotkey(gesture("Wave", 1), [hotkey("Wave"), hotkey(name)]) == hotkey(name)


def test_the_groups_name_alone_is_its_first_motion() -> None:
    assert Matching({}, {}).hotkey(gesture("Wave"), [hotkey("wave")]) == hotkey("wave")
    assert Matching({}, {}).hotkey(gesture("Wave", 1), [hotkey("wave")]) is None


def test_only_a_configured_hotkey_may_do_more_than_play_a_motion() -> None:
    other = hotkey("Wave", "ChangeVTSModel")
    assert Matching({}, {}).hotkey(gesture("Wave"), [other]) is None
    assert Matching({}, {"wave/0": "WAVE"}).hotkey(gesture("Wave"), [other]) == other
    assert Matching({}, {"Wave/0": "id-Wave"}).hotkey(gesture("Wave"), [other]) == other


def test_a_hotkey_without_a_name_is_none() -> None:
    assert Matching({}, {}).hotkey(gesture(""), [hotkey("")]) is None


def test_what_of_the_configuration_is_not_there_is_named_as_it_was_written() -> None:
    matching = Matching({"Joy": "gone", "Fear": "cry"}, {"Wave/0": "away", "Nod/0": "nod"})
    assert list(matching.faults(FILES, [hotkey("Nod")])) == [
        "file gone.exp3.json (for Joy)",
        "hotkey away (for Wave/0)",
    ]
    assert matching.is_configured(("f02", "JOY"))
    assert not matching.is_configured(("smirk",))
