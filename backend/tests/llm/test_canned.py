"""What is said when the money has run out: a little, then nothing."""

from open_llm_vtuber.llm.canned import APART, LINES, CannedLines


def test_each_line_is_said_once_with_pauses_then_there_is_silence() -> None:
    now = 0.0
    canned = CannedLines(lambda: now)
    heard = []
    for _ in range(3 * len(LINES)):
        heard.append(canned.line())
        now += APART / 2
    assert [line for line in heard if line] == list(LINES)
    assert heard[:4] == [LINES[0], "", LINES[1], ""]


def test_after_money_came_in_the_lines_begin_again_but_not_sooner() -> None:
    now = 0.0
    canned = CannedLines(lambda: now)
    canned.line()
    canned.again()
    assert canned.line() == ""
    now = APART
    assert canned.line() == LINES[0]
