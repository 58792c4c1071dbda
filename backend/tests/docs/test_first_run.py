"""What docs/how-to/first-run.md shows of a faulty configuration is what `check` says of it."""

from pathlib import Path

import pytest

from docs.pages import blocks
from open_llm_vtuber.cli import main

PAGE = "docs/how-to/first-run.md"
FAULTY = """\
live_config:
  twitch:
    # whose chat is read
    chanel: somebody

cue_sheets:
  hello:
    # when somebody asks for it
    - motion: [Wavee, 0]
"""


def test_what_the_page_shows_of_a_faulty_file_is_what_the_program_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "conf.yaml").write_text(FAULTY, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", "--config", str(tmp_path / "conf.yaml")])
    assert ended.value.code == 1
    (shown,) = (block.text for block in blocks(PAGE) if "✗" in block.text)
    assert "".join(capsys.readouterr()) == shown
