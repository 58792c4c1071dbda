"""Every log in this folder, replayed: an incident on air becomes a test by copying its log here."""

from pathlib import Path

import pytest

from open_llm_vtuber.replay.run import replay
from open_llm_vtuber.show_log.reader import read_log

LOGS = sorted(Path(__file__).parent.glob("*.showlog"))


@pytest.mark.parametrize("log", LOGS, ids=[log.stem for log in LOGS])
def test_what_was_decided_and_shown_then_is_so_today(log: Path) -> None:
    again = replay(read_log(log))
    assert again.strays == {}
    assert list(again.decided) == list(again.recorded)


def test_there_is_at_least_one() -> None:
    assert LOGS
