"""What a show does unasked, made from a configuration."""

from pathlib import Path

import pytest

from open_llm_vtuber import config
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.unasked import unasked

TEXT = """\
cue_sheets: {hello: [{say: "Hello!"}]}
autonomous:
  triggers:
    - {kind: event, on: raid, action: {cue_sheet: hello}}
    - kind: event
      on: follow
      action: {cue_sheet: helo}
"""


def settings_of(tmp_path: Path, text: str) -> config.Settings:
    file = tmp_path / "conf.yaml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, {})


def test_a_cue_sheet_that_there_is_not_is_a_fault_before_she_is_on_air(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        unasked(settings_of(tmp_path, TEXT), lambda _: None, None)
    assert str(raised.value) == (
        "conf.yaml: autonomous.triggers.1.action.cue_sheet (line 7): there is no cue sheet 'helo' → Did you mean hello?"
    )
    assert callable(unasked(settings_of(tmp_path, TEXT.replace("helo}", "hello}")), lambda _: None, None))


def test_with_the_switch_off_no_show_has_anything(tmp_path: Path) -> None:
    text = f"features: {{autonomous: false}}\n{TEXT}".replace("helo}", "hello}")
    assert unasked(settings_of(tmp_path, text), lambda _: None, None)("main") is None
