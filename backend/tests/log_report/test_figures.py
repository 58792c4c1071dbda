"""The figures of a show: what they count, and that nobody is in them who has not agreed."""

from open_llm_vtuber.decided import Guarded, Paid, Settled
from open_llm_vtuber.log_report.figures import CURRENCY, figures
from open_llm_vtuber.protocol.parts import Spend
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.show_log.records import Record, typed
from told_log import BEGAN, fact, followed, told, turn, wrote

CANARY = "CANARY"


def paid(at: float, cost: float | None) -> Record:
    bill = Paid(provider="p", model="m", prompt_tokens=1, answer_tokens=1, cost=cost)
    return Record("told", BEGAN + at, "", bill, turn="a")


def evening() -> ShowLog:
    spend = Spend(
        currency="EUR", stream=0, hour=0, per_stream=None, per_hour=None, per_viewer_hour=None, step="full"
    )
    return told(
        Record("look", BEGAN, "books", spend, typed(Spend)),
        wrote(1, "m1", "ana", "CANARY Ana"),
        wrote(2, "m2", "bob", "Bob"),
        wrote(3, "m3", "bob", "Bob"),
        wrote(4, "m4", "erased_0123abcd", "erased_0123abcd"),
        wrote(4, "m5", "erased_0123abcd", "erased_0123abcd"),
        wrote(4, "m6", "erased_0123abcd", "erased_0123abcd"),
        followed(5, "carl"),
        turn("a", 2, (4, "CANARY said.", 2), ended=6, message_id="m1"),
        turn("b", 7, (7.5, "More.", 1), ended=9, message_id="m3"),
        turn("c", 20, (20, "Well then.", 1), ended=21, source="unasked"),
        fact(3, Settled(message_id="m1", outcome="pending")),
        fact(4, Settled(message_id="m1", outcome="answered")),
        fact(8, Settled(message_id="m2", outcome="skipped", reason="stale")),
        fact(8, Guarded(turn_id="b", text="CANARY bad", before=0, rule="banned-word")),
        paid(5, 0.25),
        paid(8, 0.5),
        paid(8, None),
    )


def test_it_counts_messages_answers_and_how_long_viewers_waited() -> None:
    found = figures(evening())
    assert found.messages == [1, 2, 3, 4, 4, 4]
    assert found.waits == [(4, 3), (7.5, 4.5)]
    assert found.latencies == [(4, 0.25), (7.5, 0.25), (20, 0.25)]
    assert (found.answers("chat"), found.answers("unasked")) == ([4, 7.5], [20])
    assert dict(found.events) == {"follow": 1}


def test_the_last_decision_about_a_message_counts() -> None:
    assert dict(figures(evening()).fates) == {("answered", ""): 1, ("skipped", "stale"): 1}


def test_what_was_paid_adds_up_and_what_has_no_price_is_counted() -> None:
    found = figures(evening())
    assert (found.spend, found.unpriced, found.currency) == ([(5, 0.25), (8, 0.75)], 1, "EUR")
    assert figures(told()).currency == CURRENCY


def test_air_time_and_silence() -> None:
    found = figures(evening())
    assert found.air_time == 4
    assert found.longest_silence == 20 - 8.5


def test_viewers_are_numbers_unless_they_agreed() -> None:
    assert [(each.name, each.messages, each.answers) for each in figures(evening()).top] == [
        ("Viewer 1", 2, 1),
        ("Viewer 2", 1, 1),
    ]
    assert [each.name for each in figures(evening(), named=frozenset(["bob"])).top] == ["Bob", "Viewer 2"]


def test_a_forgotten_viewer_is_in_no_list_whoever_is_named() -> None:
    found = figures(evening(), named=frozenset(["erased_0123abcd", "ana", "bob"]))
    assert found.viewers == 2
    assert [each.name for each in found.top] == ["Bob", "CANARY Ana"]


def test_nobodys_words_are_in_the_figures_of_a_report() -> None:
    found = figures(evening())
    found.turns = ()  # her own words stay here, and the page shows none of them
    assert CANARY not in repr(found)


def test_a_cost_that_cannot_be_is_left_out() -> None:
    assert figures(told(paid(1, -5.0), paid(2, float("inf")), paid(3, float("nan")))).spend == []
