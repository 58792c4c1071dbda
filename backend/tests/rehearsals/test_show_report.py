"""What a rehearsed show was like, as numbers and as lines."""

from collections.abc import Sequence

from open_llm_vtuber.rehearsals.show_report import Said, ShowReport


def never(before: Sequence[str], text: str) -> bool:
    return text in before


def report(*said: Said, length: float = 100.0) -> ShowReport:
    return ShowReport("steady", 7, length=length, said=list(said))


ASKED = Said(at=10, ended=14, why="Ana: hi", text="Hello Ana.", waited=1.5)
UNASKED = Said(at=50, ended=53, why="trigger silence", text="It is quiet.", is_unasked=True)


def test_air_time_and_silences_are_those_of_her_voice() -> None:
    assert report(ASKED, UNASKED).air_time == 7
    assert report(ASKED, UNASKED).longest_silence == 47
    assert report(ASKED).longest_silence == 86
    assert report().longest_silence == 100


def test_only_what_nobody_asked_for_can_be_a_repeat() -> None:
    again = Said(at=70, ended=72, why="trigger silence", text="It is quiet.", is_unasked=True)
    assert report(ASKED, UNASKED, again).repeats(never) == 1
    assert report(ASKED, ASKED).repeats(never) == 0


def test_the_waits_are_those_of_the_viewers() -> None:
    many = [Said(at=i, ended=i, why="", text="", waited=float(i)) for i in range(1, 101)]
    assert report(*many, UNASKED).waits() == "median 51.00 s, 95 % 95.00 s, worst 100.00 s"
    assert report(UNASKED).waits() == "-"


def test_the_lines_say_what_was_said_and_why() -> None:
    full = report(ASKED, UNASKED)
    full.messages, full.retractions = 3, 1
    full.fates["answered"] += 1
    full.fates["skipped (stale)"] += 2
    text = full.as_text(never)
    assert "Rehearsal of steady, seed 7\n  0:10.0  [Ana: hi] Hello Ana.\n  0:50.0  [trigger silence]" in text
    for row in (
        "messages in         3",
        "air time            7.0 s (7 %)",
        "longest silence     47.0 s",
        "turns               2, of them unasked 1",
        "viewers' lines      answered 1, skipped (stale) 2",
        "turns retracted     1",
        "events in           none",
    ):
        assert row in text.splitlines()
