"""What she wants to say and cannot yet."""

from open_llm_vtuber.autonomous.triggers import Action, EventTrigger, IdleTrigger
from open_llm_vtuber.autonomous.wants import EVENT, FRESH, IDLE, OPERATOR, Want, Wants, of_trigger


def test_the_highest_rank_comes_first_and_of_equals_the_oldest() -> None:
    wants = Wants()
    for name, rank, since in (("talk", IDLE, 1.0), ("late", EVENT, 5.0), ("early", EVENT, 2.0)):
        wants.put(Want(name=name, rank=rank, since=since))
    taken = [want.name for want in iter(wants.take, None)]
    assert taken == ["early", "late", "talk"]


def test_a_newer_want_of_the_same_name_replaces_the_older() -> None:
    wants = Wants()
    wants.put(Want(name="raid", rank=EVENT, since=1.0, prompt="old"))
    wants.put(Want(name="raid", rank=EVENT, since=2.0, prompt="new"))
    assert [want.prompt for want in wants] == ["new"]
    assert "raid" in wants
    wants.drop("raid")
    assert len(wants) == 0


def test_what_comes_too_late_is_dropped() -> None:
    wants = Wants()
    wants.put(Want(name="a", rank=IDLE, since=0.0, late_s=5.0))
    wants.put(Want(name="b", rank=IDLE, since=0.0, late_s=50.0))
    assert [want.name for want in wants.drop_late(6.0)] == ["a"]
    assert [want.name for want in wants] == ["b"]


def test_a_trigger_says_how_urgent_and_how_patient_its_want_is() -> None:
    raid = EventTrigger(name="raid", on="raid", late_s=60, action=Action(say=("Hi.",)))
    talk = IdleTrigger(name="idle", after_s=5, action=Action(prompt="Talk."))
    first, second = of_trigger(raid, {}, 1.0, is_forced=False), of_trigger(talk, {}, 1.0, is_forced=False)
    assert (first.rank, first.late_s, first.lines, first.prompt) == (EVENT, 60, ("Hi.",), None)
    assert (second.rank, second.late_s, second.lines, second.prompt) == (IDLE, FRESH, (), "Talk.")
    forced = of_trigger(talk, {}, 1.0, is_forced=True)
    assert (forced.rank, forced.late_s) == (OPERATOR, talk.late_s)
