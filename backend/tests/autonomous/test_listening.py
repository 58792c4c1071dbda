"""What an event makes due, one trigger after the other."""

from collections.abc import Mapping
from datetime import UTC, datetime

import fakes
from open_llm_vtuber.autonomous.listening import made_due
from open_llm_vtuber.autonomous.moments import Now, zone
from open_llm_vtuber.autonomous.pulse import ChatPulse
from open_llm_vtuber.autonomous.roster import Roster
from open_llm_vtuber.autonomous.settings import trigger_from
from open_llm_vtuber.autonomous.timing import Scene
from open_llm_vtuber.stimulus import ChannelEvent, ChannelStatus, ChatEvent, StreamFacts

NOW = Now(100.0, datetime(2026, 1, 5, 18, tzinfo=UTC))
SAY = {"say": "Hi."}


def due(event: ChatEvent, *triggers: Mapping[str, object], viewers: int = 0) -> list[str]:
    scene = Scene(zone=zone("UTC"), chat_at=0.0, speech_at=0.0, pulse=ChatPulse())
    roster = Roster(lambda: 0.5)
    for number, trigger in enumerate(triggers):
        roster.put(f"t{number}", trigger_from(f"t{number}", {**trigger, "action": SAY}), NOW, scene)
    return [entry.name for entry, _, _ in made_due(event, roster, scene, viewers, NOW)]


def redemption(title: str) -> ChannelEvent:
    return ChannelEvent(id="e", platform="twitch", channel="c", kind="redemption", data={"title": title})


def test_an_event_makes_those_due_that_wait_for_its_kind_amount_and_title() -> None:
    waiting: tuple[dict[str, object], ...] = (
        {"kind": "event", "on": "redemption"},
        {"kind": "event", "on": "redemption", "title": "hydrate"},
        {"kind": "event", "on": "redemption", "title": "Dance"},
        {"kind": "event", "on": "redemption", "min_amount": 1},
        {"kind": "event", "on": "redemption", "enabled": False},
        {"kind": "event", "on": "raid"},
    )
    assert due(redemption("Hydrate"), *waiting) == ["t0", "t1"]


def test_a_milestone_is_due_only_when_it_is_passed_on_the_way_up() -> None:
    milestone = {"kind": "event", "on": "viewers", "min_amount": 100}
    counts = [(90, 100), (90, 99), (100, 120), (120, 90), (0, None)]
    found = [due(StreamFacts(channel="c", viewers=now), milestone, viewers=before) for before, now in counts]
    assert found == [["t0"], [], [], [], []]


def test_of_two_that_take_up_a_question_the_first_has_it() -> None:
    """Each is dealt with before the next is looked for, so that nobody is answered twice."""
    pulse = ChatPulse()
    pulse.take_in("q", "What game is this?", 60.0)
    take_up: dict[str, object] = {"kind": "chat", "unanswered_s": 20}
    scene = Scene(zone=zone("UTC"), chat_at=0.0, speech_at=0.0, pulse=pulse)
    roster = Roster(lambda: 0.5)
    for name in ("a", "b"):
        roster.put(name, trigger_from(name, {**take_up, "action": SAY}), NOW, scene)
    found = []
    for entry, _, _ in made_due(fakes.chat_message("m", "hi"), roster, scene, 0, NOW):
        found.append(entry.name)
        pulse.answered()
    assert found == ["a"]


def test_the_state_of_the_connection_makes_nothing_due() -> None:
    anything = {"kind": "event", "on": "follow"}
    assert due(ChannelStatus(state="connected", channel="c"), anything) == []
