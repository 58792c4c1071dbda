"""Every section that can be edited has its place in the configuration, and defaults that it could be written as."""

from open_llm_vtuber.config import PERSONA, Settings
from open_llm_vtuber.settings.document import value_at, with_value
from open_llm_vtuber.settings.file import parsed
from open_llm_vtuber.settings.sections import PLACES, SECTIONS, defaults


def test_the_defaults_of_each_section_written_into_a_file_change_nothing() -> None:
    usual = defaults(PERSONA, [])
    assert set(usual) == set(SECTIONS) == set(PLACES)
    for section in SECTIONS:
        written = parsed(with_value("", PLACES[section], usual[section]).encode(), "")[0]
        assert value_at(written, PLACES[section]) == usual[section]
        given = Settings.model_validate(written)
        for part in ("character_config", "live_config", "cue_sheets"):
            assert getattr(given, part) == getattr(Settings(), part)
