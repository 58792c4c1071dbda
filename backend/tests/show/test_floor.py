"""Who has the floor: the first who speaks, then the others in the order in which they began."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.show.floor import ANSWER_WITHIN, MOST_SPEAKERS, SILENT_FOR, Floor, Microphone

A, B = ("a", ""), ("b", "")


def test_the_first_who_speaks_has_it_and_the_next_one_comes_after() -> None:
    floor = Floor()
    assert floor.hear(A, 0.0) is True
    assert floor.hear(B, 0.1) is False
    assert (floor.holder, floor.next_ones) == (A, 1)
    floor.leave(A)
    assert (floor.holder, floor.next_ones) == (B, 0)


def test_who_falls_silent_in_mid_word_loses_it_and_who_goes_on_keeps_it() -> None:
    floor = Floor()
    floor.hear(A, 0.0)
    assert floor.stay(A, 2.0)
    assert floor.lapses_at == 2.0 + SILENT_FOR
    assert floor.lapse(2.0 + SILENT_FOR - 0.01) == []
    assert floor.lapse(2.0 + SILENT_FOR) == [A]
    assert floor.holder is None
    assert not floor.stay(A, 6.0)


def test_who_has_finished_keeps_it_for_a_moment_until_an_answer_is_asked_for() -> None:
    floor = Floor()
    floor.hear(A, 0.0)
    floor.finish(A, 1.0)
    assert floor.lapse(1.0 + ANSWER_WITHIN - 0.01) == []
    assert floor.lapse(1.0 + ANSWER_WITHIN) == [A]


def test_who_waits_with_words_is_not_given_up_on() -> None:
    floor = Floor()
    floor.hear(A, 0.0)
    floor.hear(B, 0.0)
    floor.wait(B)
    assert floor.lapse(100.0) == [A]
    assert (floor.holder, floor.lapses_at) == (B, None)


def test_there_is_room_for_so_many_and_no_more() -> None:
    floor = Floor()
    for number in range(MOST_SPEAKERS):
        floor.hear((str(number), ""), 0.0)
    with pytest.raises(ProtocolError) as refused:
        floor.hear(A, 0.0)
    assert refused.value.code == "busy"
    floor.hear(("0", ""), 0.0)  # who is in already goes on


Deed = tuple[str, Microphone, float]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("hear", "stay", "finish", "wait", "leave", "lapse")),
            st.tuples(st.sampled_from("abcdef"), st.just("")),
            st.floats(0, 4),
        )
    )
)
def test_whatever_happens_the_order_is_that_of_beginning(deeds: list[Deed]) -> None:
    floor, order, now = Floor(), list[Microphone](), 0.0
    for deed, who, later in deeds:
        now += later
        match deed:
            case "hear":
                try:
                    floor.hear(who, now)
                except ProtocolError:
                    assert len(order) == MOST_SPEAKERS
                    assert who not in order
                else:
                    order = order if who in order else [*order, who]
            case "lapse":
                gone = floor.lapse(now)
                order = [each for each in order if each not in gone]
            case "leave":
                floor.leave(who)
                order = [each for each in order if each != who]
            case "stay":
                assert floor.stay(who, now) == (who in order)
            case "finish":
                floor.finish(who, now)
            case _:
                floor.wait(who)
        assert floor.holder == (order[0] if order else None)
        assert floor.next_ones == max(0, len(order) - 1)
