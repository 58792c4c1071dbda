"""Which triggers something on the channel makes due: those that wait for it, and those that listen to chat."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.roster import Entry, Roster
from open_llm_vtuber.autonomous.senses import facts_of
from open_llm_vtuber.autonomous.timing import Scene, criterion_holds
from open_llm_vtuber.autonomous.triggers import ChatTrigger, EventTrigger, TriggerConfig
from open_llm_vtuber.stimulus import ChannelEvent, ChatEvent, ChatMessage, StreamFacts

Due = tuple[Entry, TriggerConfig, Mapping[str, str]]
"""A trigger that is due, and what is known of why."""


def made_due(event: ChatEvent, roster: Roster, scene: Scene, viewers: int, now: Now) -> Iterator[Due]:
    """Yield what an event makes due, one after the other: each is to be dealt with before the next is looked for.

    The event is already in the scene; `viewers` is how many there were before it.
    """
    match event:
        case ChatMessage():
            yield from _of_chat(roster, scene, now)
        case ChannelEvent():
            for entry, trigger in _waiting_for(event.kind, roster):
                title = str(event.data.get("title", "")).casefold()
                if (event.amount or 0) >= trigger.min_amount and trigger.title.casefold() in ("", title):
                    yield entry, trigger, facts_of(event)
        case StreamFacts():
            for entry, trigger in _waiting_for("viewers", roster):
                if viewers < trigger.min_amount <= (event.viewers or 0):
                    yield entry, trigger, {"amount": str(event.viewers)}
        case _:
            pass


def _of_chat(roster: Roster, scene: Scene, now: Now) -> Iterator[Due]:
    for entry in roster.of_kind("chat"):
        trigger = entry.trigger
        if entry.is_off or not isinstance(trigger, ChatTrigger):
            continue
        if not criterion_holds(trigger, entry.state, now.loop, scene):
            entry.state = replace(entry.state, holds=False)
            if trigger.needs_a_clock:
                roster.arm(entry, now, scene)
        elif not entry.state.holds:
            yield entry, trigger, {}


def _waiting_for(kind: str, roster: Roster) -> Iterator[tuple[Entry, EventTrigger]]:
    for entry in roster.of_kind("event"):
        if isinstance(entry.trigger, EventTrigger) and entry.trigger.on == kind and not entry.is_off:
            yield entry, entry.trigger
