"""The worst evening: fifteen hours of gifts and bits in waves, a busy chat, duplicates, two reconnects and a restart."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import fakes
from fakes import FakeAdapter, FakeVoice
from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage, Stimulus
from open_llm_vtuber.storage.memory_store import MemoryStore
from open_llm_vtuber.storage.memory_viewers import MemoryPaidEvents
from virtual_time import run_virtual

HOURS = 15
GIFTS = 54_000
GIFTS_AT_ONCE = 10
BITS = 8_000_000
CHEERS = 1_000
REPEATED = 40
"""Events that a reconnect brings again."""
BUSY_S = 60
MESSAGES_A_SECOND = 20
SPEECH_S = 4.0


class CountingPaid(MemoryPaidEvents):
    """Counts how often each event was acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledgements: Counter[str] = Counter()

    async def acknowledged(self, show: str, ids: object) -> None:
        wanted = list(ids)  # type: ignore[call-overload]
        self.acknowledgements.update(wanted)
        await super().acknowledged(show, wanted)


@dataclass
class Evening:
    store: MemoryStore = field(default_factory=MemoryStore)
    adapter: FakeAdapter = field(default_factory=lambda: FakeAdapter("Thank you all so much!"))
    paid: CountingPaid = field(default_factory=CountingPaid)
    most_waiting: int = 0
    most_lines: int = 0

    def show(self) -> Show:
        self.store.paid = self.paid
        return fakes.show(self.adapter, FakeVoice(SPEECH_S), store=self.store, shared=True)

    async def tell(self, a_show: Show, event: ChannelEvent | ChatMessage) -> None:
        await a_show.tell(ChatHappened(event))
        self.most_waiting = max(self.most_waiting, len(a_show._channel.events.waiting))
        self.most_lines = max(self.most_lines, len(a_show._channel.chat.waiting))


def paid_event(number: int, kind: EventKind, amount: int, chance: random.Random) -> ChannelEvent:
    who = f"Viewer{chance.randrange(5_000)}"
    return ChannelEvent(
        id=f"{kind}-{number}",
        platform="twitch",
        channel="c",
        kind=kind,
        username=who.lower(),
        display_name=who,
        amount=amount,
    )


def waves(chance: random.Random) -> list[tuple[float, ChannelEvent]]:
    """Return the evening's paid events with their seconds: a third of them within a few minutes of each hour."""
    moments: list[tuple[float, ChannelEvent]] = []
    gifts = GIFTS // GIFTS_AT_ONCE
    kinds: list[tuple[EventKind, int, int]] = [
        ("gift", gifts, GIFTS_AT_ONCE),
        ("cheer", CHEERS, BITS // CHEERS),
    ]
    for kind, count, amount in kinds:
        for number in range(count):
            hour = chance.randrange(HOURS) * 3_600.0
            within = chance.uniform(0, 180) if number % 3 else chance.uniform(0, 3_600)
            moments.append((hour + within, paid_event(number, kind, amount, chance)))
    return sorted(moments, key=lambda moment: moment[0])


async def lived_through(evening: Evening, events: list[tuple[float, ChannelEvent]]) -> None:
    """Tell the events, each once or twice, with two restarts in between that bring the last ones again."""
    chance = random.Random(3)
    begins = 0
    for until in (6 * 3_600.0, 11 * 3_600.0, float("inf")):
        ends = next((n for n, (at, _) in enumerate(events) if at >= until), len(events))
        async with fakes.running(evening.show()) as a_show:
            for _, event in events[max(0, begins - REPEATED) : begins]:
                await evening.tell(a_show, event)
            for at, event in events[begins:ends]:
                await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
                for _ in range(1 + (chance.random() < 0.2)):  # at least once, says the platform
                    await evening.tell(a_show, event)
            if ends == len(events):
                await asyncio.sleep(120)
        begins = ends


def test_every_paid_event_of_a_storm_is_acknowledged_exactly_once() -> None:
    evening, events = Evening(), waves(random.Random(7))
    run_virtual(lived_through(evening, events), limit=HOURS * 3_600.0 + 600)
    told = {event.id for _, event in events}
    assert len(told) == GIFTS // GIFTS_AT_ONCE + CHEERS
    assert set(evening.paid.acknowledgements) == told
    assert set(evening.paid.acknowledgements.values()) == {1}
    assert evening.most_waiting <= 4
    assert len(evening.adapter.asked) < len(told) / 2  # many were thanked together


def test_in_a_storm_answers_stay_fresh_queues_bounded_and_viewers_are_treated_alike() -> None:
    async def main() -> tuple[Evening, list[float], Counter[str]]:
        chance, evening = random.Random(11), Evening()
        ages: list[float] = []
        answers: Counter[str] = Counter()
        came: dict[str, float] = {}
        a_show = evening.show()
        decide = a_show._channel.answering

        async def answering(stimulus: Stimulus) -> None:
            if stimulus.source == "chat" and stimulus.message_id:
                ages.append(asyncio.get_running_loop().time() - came[stimulus.message_id])
                answers[stimulus.username or ""] += 1
            await decide(stimulus)

        a_show._channel.answering = answering  # type: ignore[method-assign]
        a_show._assume(a_show._role_change._role)
        async with fakes.running(a_show):
            for number in range(BUSY_S * MESSAGES_A_SECOND * 5):
                who = f"v{chance.randrange(30)}"
                came[f"m{number}"] = asyncio.get_running_loop().time()
                words = " ".join(
                    chance.choices(["cats", "music", "what", "why?", "Mika", "tea", "games"], k=4)
                )
                await evening.tell(
                    a_show, fakes.chat_message(f"m{number}", f"{words} {number}", username=who)
                )
                if number % 200 == 0:
                    await evening.tell(a_show, paid_event(number, "cheer", 100, chance))
                await asyncio.sleep(1 / MESSAGES_A_SECOND)
        return evening, ages, answers

    evening, ages, answers = run_virtual(main())
    assert len(ages) > 20
    assert sorted(ages)[int(len(ages) * 0.95)] < 10.0
    assert evening.most_lines <= 50
    counts = [answers.get(f"v{number}", 0) for number in range(30)]
    assert sum(counts) ** 2 / (len(counts) * sum(count**2 for count in counts)) >= 0.8
