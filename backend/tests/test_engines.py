"""Engine tables: names become engines, and faults become sentences."""

import pytest

from open_llm_vtuber.engines import EngineOptions, EngineTable
from open_llm_vtuber.errors import ConfigError


class Engine:
    class Options(EngineOptions):
        loudness: int = 3

    def __init__(self, options: Options) -> None:
        self.loudness = options.loudness


TABLE: EngineTable[Engine] = EngineTable(
    "voice", {"quiet_tts": f"{__name__}:Engine", "absent_tts": "no_such_package.engine:Engine"}
)


def test_an_engine_is_built_with_its_options_and_keys_that_it_does_not_know_are_ignored() -> None:
    assert TABLE.build("quiet_tts", {"loudness": 7, "from_another_program": True}).loudness == 7


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'quiet_tts'"):
        TABLE.build("quite_tts", {})


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(ConfigError, match="Known: absent_tts, quiet_tts"):
        TABLE.build("zzz", {})


def test_a_missing_package_is_named() -> None:
    with pytest.raises(ConfigError, match="needs the package 'no_such_package'"):
        TABLE.build("absent_tts", {})


def test_a_wrong_option_is_named_without_its_value() -> None:
    with pytest.raises(ConfigError, match="loudness") as raised:
        TABLE.build("quiet_tts", {"loudness": "a secret"})
    assert "a secret" not in str(raised.value)


def test_a_table_lists_its_names_without_importing_anything() -> None:
    assert list(TABLE) == ["quiet_tts", "absent_tts"]
    assert "quiet_tts" in TABLE
