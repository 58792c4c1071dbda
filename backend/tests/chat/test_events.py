"""Events that wait: paid ones are all answered, many become one, and nothing grows."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.chat.events import MOST_GROUPS, MOST_IDS, Events, Reaction
from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.stimulus import ChannelEvent


def event(
    kind: EventKind,
    who: str = "Ana",
    amount: int | None = None,
    *,
    event_id: str = "",
    message: str = "",
    **data: str | int | bool,
) -> ChannelEvent:
    return ChannelEvent(
        id=event_id or f"{kind}-{who}-{amount}",
        platform="twitch",
        channel="c",
        kind=kind,
        username=who.lower(),
        display_name=who,
        amount=amount,
        message=message,
        data=data,
    )


def waiting(*events: ChannelEvent, at: float = 0.0) -> Events:
    found = Events(CueSheets({}), "c")
    for each in events:
        found.add(each, at)
    return found


def taken(found: Events, now: float = 0.0) -> Reaction:
    reaction, _ = found.take(now)
    assert reaction
    return reaction


def test_one_event_is_one_reaction_with_its_words() -> None:
    reaction = taken(waiting(event("resubscribe", amount=12, message="love it")))
    assert "Ana has subscribed again, 12 months" in reaction.text
    assert "love it" in reaction.text
    assert (reaction.ids, reaction.is_paid, reaction.verbatim) == (("resubscribe-Ana-12",), True, False)


def names(people: Sequence[str]) -> str:
    return taken(waiting(*(event("subscribe", who) for who in people))).text.split(" has ")[0]


def test_up_to_three_are_named_and_of_more_one() -> None:
    assert names(["Ana"]) == "Ana"
    assert names(["Ana", "Ben"]) == "Ana and Ben"
    assert names(["Ana", "Ben", "Cleo"]) == "Ana, Ben and Cleo"
    assert names([f"V{number}" for number in range(50)]) == "V0 and 49 others"


def test_of_many_the_one_who_gave_most_is_named_and_the_sum_is_said() -> None:
    gifts = [event("gift", f"V{number}", 1) for number in range(9)] + [event("gift", "Big", 50)]
    assert taken(waiting(*gifts)).text.startswith("Big and 9 others gave 59 subscriptions")


def test_somebody_anonymous_is_somebody() -> None:
    assert taken(waiting(event("gift", "", 5))).text.startswith("somebody gave 5")
    crowd = [event("gift", "", 5, event_id=str(number)) for number in range(3)]
    assert taken(waiting(*crowd)).text.startswith("3 viewers gave 15")


def test_a_gift_bomb_is_thanked_for_once() -> None:
    found = waiting(event("gift", "Ana", 100))
    receivers = [event("subscribe", f"R{number}", is_gift=True) for number in range(100)]
    assert {found.add(each, 1.0) for each in receivers} == {"covered"}
    assert taken(found, 1.0).text.startswith("Ana gave 100")
    assert found.take(10.0) == (None, [])


def test_who_got_a_gift_may_come_before_who_gave_it() -> None:
    found = waiting(event("subscribe", "Ben", is_gift=True))
    assert found.take(1.0)[0] is None
    found.add(event("gift", "Ana", 1), 2.0)
    assert taken(found, 2.0).kind == "gift"
    assert found.take(60.0)[0] is None


def test_a_gift_whose_giver_is_never_told_is_answered_all_the_same() -> None:
    found = waiting(event("subscribe", "Ben", is_gift=True))
    assert found.next_due() == 5.0
    assert taken(found, 5.0).text.startswith("Ben has just subscribed")


def test_paid_events_come_first_and_of_those_the_oldest() -> None:
    found = waiting(event("raid", amount=5))
    found.add(event("cheer", amount=100), 1.0)
    found.add(event("subscribe"), 2.0)
    assert [taken(found, 3.0).kind for _ in range(3)] == ["cheer", "subscribe", "raid"]


def test_what_nobody_paid_for_does_not_wait_for_ever_and_what_was_paid_does() -> None:
    found = waiting(event("raid", amount=5), event("cheer", amount=5))
    reaction, late = found.take(3_600.0)
    assert reaction
    assert (reaction.kind, late) == ("cheer", ["raid-Ana-5"])
    assert found.take(3_600.0) == (None, [])


def test_follows_in_a_row_move_her_face_once() -> None:
    found = waiting(event("follow", "A"))
    assert taken(found, 0.0).text == ""
    assert found.add(event("follow", "B"), 10.0) == "ignored"
    assert found.add(event("follow", "C"), 31.0) == "waits"


def test_an_event_that_nothing_is_bound_to_is_ignored() -> None:
    assert Events(CueSheets({})).add(event("other"), 0.0) == "ignored"


def test_a_reward_waits_by_its_title() -> None:
    found = waiting(
        event("redemption", "A", 100, title="Dance"),
        event("redemption", "B", 100, title="Dance"),
        event("redemption", "C", 100, title="Sing"),
    )
    assert taken(found).text.startswith("A and B spent channel points on Dance")
    assert taken(found).text.startswith("C spent channel points on Sing")


def test_a_removed_viewer_is_not_named_and_what_he_paid_is_still_answered() -> None:
    found = waiting(event("cheer", "Rude", 100, message="rude words"), event("raid", "Rude", 5))
    found.remove_viewer("rude")
    reaction = taken(found)
    assert reaction.kind == "cheer"
    assert "Rude" not in reaction.text
    assert "rude words" not in reaction.text
    assert found.take(0.0)[0] is None


def test_a_reaction_can_be_dropped() -> None:
    found = waiting(event("cheer", amount=5))
    assert found.drop("cheer") == ["cheer-Ana-5"]
    assert found.take(0.0)[0] is None


def test_an_hour_of_storm_in_silence_does_not_make_it_grow() -> None:
    found = Events(CueSheets({}))
    results = [
        found.add(event("cheer", f"V{number}", 10, event_id=str(number)), 0.0)
        for number in range(MOST_IDS + 500)
    ]
    assert results.count("acknowledge") == 500
    rewards = [event("redemption", amount=1, event_id=str(n), title=str(n)) for n in range(3 * MOST_GROUPS)]
    for each in rewards:
        found.add(each, 0.0)
    assert len(found) <= MOST_GROUPS + 1
    reaction = taken(found)
    assert (reaction.count, len(reaction.ids)) == (MOST_IDS + 500, MOST_IDS)
    assert f"{10 * (MOST_IDS + 500)} bits" in reaction.text


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["gift", "cheer", "subscribe", "resubscribe", "raid", "follow"]),
            st.integers(0, 20),
            st.floats(0, 30),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_every_paid_event_is_in_exactly_one_reaction(
    steps: list[tuple[EventKind, int, float, bool]],
) -> None:
    found, now, paid, answered = Events(CueSheets({})), 0.0, set[str](), list[str]()
    for number, (kind, viewer, later, takes) in enumerate(steps):
        now += later
        each = event(kind, f"V{viewer}", viewer, event_id=str(number))
        if found.add(each, now) == "waits" and each.is_paid:
            paid.add(each.id)
        if takes and (reaction := found.take(now)[0]):
            answered += reaction.ids if reaction.is_paid else []
    while reaction := found.take(now)[0]:
        answered += reaction.ids if reaction.is_paid else []
    assert sorted(answered) == sorted(paid)
