"""The two files of docs/how-to/two-characters.md belong together: both characters go on air."""

import asyncio
from pathlib import Path

from docs.pages import blocks
from docs.running import go_on_air, keys_of, load, with_scripted_engines

PAGE = "docs/how-to/two-characters.md"


def test_the_two_characters_of_the_how_to_share_a_stage(tmp_path: Path) -> None:
    character, stage = (block for block in blocks(PAGE) if block.language == "yaml")
    (tmp_path / "characters").mkdir()
    (tmp_path / "characters" / "rin.yaml").write_text(character.text, encoding="utf-8")
    settings = load(with_scripted_engines(keys_of(stage.text, tmp_path)), tmp_path)
    assert settings.live_config.duet
    assert settings.shows[settings.live_config.duet.shows[1]].character == "rin.yaml"
    assert asyncio.run(go_on_air(settings)) == []
