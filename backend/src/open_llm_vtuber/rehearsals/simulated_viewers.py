"""Viewers who are not there: what happens in a chat in so many minutes, from a profile and a seed. Pure."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.stimulus import (
    ChannelEvent,
    ChatEvent,
    ChatMessage,
    ChatRemoval,
    StreamFacts,
)
from open_llm_vtuber.units import Seconds

CHANNEL = "rehearsal"
PLATFORM = "twitch"
OPENING = datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
"""When every rehearsal begins: a Monday evening."""
MOST_MINUTES = 24 * 60

_SYLLABLES = (
    "ka",
    "mi",
    "lo",
    "ru",
    "ven",
    "tas",
    "po",
    "zi",
    "nor",
    "el",
    "da",
    "shi",
    "bo",
    "quin",
    "fa",
    "wu",
)
_THINGS = (
    "boss",
    "song",
    "hat",
    "soup",
    "cat",
    "map",
    "sword",
    "dragon",
    "train",
    "keyboard",
    "garden",
    "moon",
)
_PLAIN = (
    "hello from {place}",
    "what is your favourite {thing}?",
    "that {thing} was amazing",
    "lol the {thing}",
    "how long have you been streaming?",
    "I love this {thing}",
    "can you tell us about the {thing}?",
    "good evening everyone",
    "why is the {thing} so loud?",
    "first time here, nice {thing}",
    "gg",
    "do you like {thing} or {other}?",
    "my {thing} broke today",
    "haha so cute",
    "this is a bit boring",
    "wow {thing} again",
)
_PLACES = ("Lisbon", "Oslo", "Nairobi", "Osaka", "Quito", "Leeds", "Perth", "Toronto")
_CHEERS = ("HYPE", "POG", "welcome raiders!", "let's go {thing}", "love love love", "wow")
_HOSTILE = (
    "this stream is trash",
    "you are all clowns",
    "leave now losers",
    "cheap followers at big follows",
)
"""Unkind enough to be told from the rest."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something on the channel, and the second of the show at which it happens."""

    at: Seconds
    event: ChatEvent


class _Channel:
    """Makes events in order; every name and word is drawn from one seed."""

    def __init__(self, seed: int, minutes: float) -> None:
        self.draw = random.Random(seed)  # noqa: S311  chance, not secrecy
        self.ends: Seconds = minutes * 60
        self._made = 0

    def name(self) -> str:
        """Return a viewer's name."""
        return "".join(self.draw.choices(_SYLLABLES, k=3)) + str(self.draw.randrange(100))

    def crowd(self, size: int) -> list[str]:
        """Return so many names."""
        return [self.name() for _ in range(size)]

    def words(self, lines: tuple[str, ...] = _PLAIN) -> str:
        """Return a line."""
        thing, other = self.draw.sample(_THINGS, 2)
        return self.draw.choice(lines).format(thing=thing, other=other, place=self.draw.choice(_PLACES))

    def message(self, at: Seconds, who: str, text: str) -> Happening:
        """Return a viewer's line."""
        self._made += 1
        message = ChatMessage(
            id=f"sim-{self._made}",
            platform=PLATFORM,
            channel=CHANNEL,
            username=who,
            display_name=who.capitalize(),
            user_id=who,
            text=text,
            timestamp=OPENING + timedelta(seconds=at),
        )
        return Happening(at, message)

    def event(self, at: Seconds, kind: EventKind, who: str = "", amount: int | None = None) -> Happening:
        """Return something that happened beside chat."""
        self._made += 1
        event = ChannelEvent(
            id=f"sim-{self._made}",
            platform=PLATFORM,
            channel=CHANNEL,
            kind=kind,
            username=who,
            display_name=who.capitalize(),
            amount=amount,
            timestamp=OPENING + timedelta(seconds=at),
        )
        return Happening(at, event)

    def moments(self, begin: Seconds, end: Seconds, per_minute: float) -> Iterator[Seconds]:
        """Yield moments that come by chance, so many a minute."""
        at = begin + self.draw.expovariate(per_minute / 60)
        while at < min(end, self.ends):
            yield at
            at += self.draw.expovariate(per_minute / 60)

    def talk(
        self,
        viewers: list[str],
        per_minute: float,
        begin: Seconds = 0.0,
        end: Seconds = float("inf"),
        lines: tuple[str, ...] = _PLAIN,
    ) -> Iterator[Happening]:
        """Yield what these viewers write."""
        for at in self.moments(begin, end, per_minute):
            yield self.message(at, self.draw.choice(viewers), self.words(lines))


def _dead_chat(channel: _Channel) -> Iterator[Happening]:
    """Yield nobody for a good while, then one viewer, who stays and says little."""
    begin = channel.ends * channel.draw.uniform(0.3, 0.5)
    viewer = channel.name()
    yield channel.message(begin, viewer, "hi, is anybody here?")
    yield from channel.talk([viewer], 0.5, begin=begin + 30)


def _steady(channel: _Channel) -> Iterator[Happening]:
    """Yield an evening as it should be."""
    viewers = channel.crowd(30)
    yield from channel.talk(viewers, 10)
    for at in channel.moments(0, channel.ends, 0.3):
        yield channel.event(at, "follow", channel.name())
    for at in channel.moments(0, channel.ends, 0.1):
        yield channel.event(at, "cheer", channel.draw.choice(viewers), channel.draw.choice((50, 100, 500)))


def _raid(channel: _Channel) -> Iterator[Happening]:
    """Yield a quiet evening into which eighty people come at once; half of them soon fall silent."""
    yield from channel.talk(channel.crowd(8), 3)
    at = channel.ends * 0.3
    raiders = channel.crowd(80)
    yield channel.event(at, "raid", raiders[0], len(raiders))
    yield from channel.talk(raiders, 120, at, at + 60, _CHEERS)
    yield from channel.talk(raiders[:40], 30, at + 60, at + 300)
    for each in raiders[:12]:
        yield channel.event(at + channel.draw.uniform(5, 120), "follow", each)


def _hate_raid(channel: _Channel) -> Iterator[Happening]:
    """Yield forty new accounts with the same few lines; a moderator removes them a few seconds later."""
    yield from channel.talk(channel.crowd(15), 6)
    begin = channel.ends * 0.4
    accounts = channel.crowd(40)
    for sent in channel.talk(accounts, 180, begin, begin + 60, _HOSTILE):
        yield sent
        if isinstance(sent.event, ChatMessage) and channel.draw.random() < 0.8:  # noqa: PLR2004  some slip through
            removal = ChatRemoval(platform=PLATFORM, channel=CHANNEL, message_id=sent.event.id)
            yield Happening(sent.at + channel.draw.uniform(1, 6), removal)
    for account in accounts:
        removal = ChatRemoval(platform=PLATFORM, channel=CHANNEL, username=account)
        yield Happening(begin + channel.draw.uniform(20, 80), removal)


def _sub_bomb(channel: _Channel) -> Iterator[Happening]:
    """Yield two hundred gifts in a minute and a half, the thanks of those who got them, and a hype train."""
    yield from channel.talk(channel.crowd(20), 8)
    begin = channel.ends * 0.3
    givers = channel.crowd(4)
    for giver in givers:
        yield channel.event(begin + channel.draw.uniform(0, 90), "gift", giver, 50)
    happy = channel.crowd(60)
    yield from channel.talk(happy, 90, begin, begin + 120, _CHEERS)
    for each in happy[:25]:
        yield channel.event(begin + channel.draw.uniform(10, 120), "subscribe", each)
    yield channel.event(begin + 30, "hype-train", amount=2)
    yield channel.event(begin + 90, "hype-train", amount=4)


PROFILES: Mapping[str, Callable[[_Channel], Iterator[Happening]]] = {
    "dead-chat": _dead_chat,
    "steady": _steady,
    "raid": _raid,
    "hate-raid": _hate_raid,
    "sub-bomb": _sub_bomb,
}


def happenings(profile: str, seed: int, minutes: float) -> list[Happening]:
    """Return what happens in a show of that length, in order; the stream begins at second 0."""
    channel = _Channel(seed, minutes)
    begin = [
        channel.event(0.0, "stream-online"),
        Happening(0.0, StreamFacts(channel=CHANNEL, is_live=True, title="A rehearsal", viewers=12)),
    ]
    drawn = [each for each in PROFILES[profile](channel) if each.at <= channel.ends]
    return [*begin, *sorted(drawn, key=lambda each: each.at)]


def show_time(seconds: Callable[[], Seconds]) -> datetime:
    """Return the time of day in a rehearsal whose clock stands at these seconds."""
    return OPENING + timedelta(seconds=seconds())
