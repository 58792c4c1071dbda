"""What Twitch sends → what a show is told, or nothing. Pure: the time is passed in."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage, ChatRemoval, StreamFacts
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.twitch.chat_events import from_another_channel
from open_llm_vtuber.twitch.events import KNOWN, Parsed, parse
from open_llm_vtuber.twitch.facts import Facts, FactsChange
from open_llm_vtuber.twitch.frames import Notification
from open_llm_vtuber.twitch.happened import Where
from open_llm_vtuber.twitch.irc import IrcLine
from open_llm_vtuber.twitch.messages import from_another_channel as line_from_another_channel
from open_llm_vtuber.twitch.messages import read_line
from open_llm_vtuber.twitch.notices import read_cheer, read_notice
from open_llm_vtuber.twitch.seen import Seen
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

Routed = ChatMessage | ChatRemoval | ChannelEvent | StreamFacts
MOST_KINDS = 50
"""Kinds of unknown events that are counted apart; the rest are counted together."""
TOLD_TWICE = frozenset(
    {
        "channel.subscribe",
        "channel.subscription.message",
        "channel.subscription.gift",
        "channel.cheer",
        "channel.raid",
    }
)
"""Kinds that `channel.chat.notification` and `channel.chat.message` tell as well. Money is taken from one source,
and that one needs no scope but user:read:chat."""
OTHERS = "other"
_READ_COMMANDS = frozenset({"PRIVMSG", "CLEARMSG", "CLEARCHAT", "USERNOTICE"})


class TwitchMessageRouter:
    """Decides what a notification or a line of IRC is to the show.

    Left out and counted: what a shared chat brings from other channels (`foreign`), what we said ourselves (`own`),
    what comes a second time by its own id (`repeated`: also each receiver of a gift that was for many), what another
    source tells as well (`doubled`), and what names nothing that it could be about (`malformed`).
    """

    def __init__(self, channel: str, is_own: Callable[[ChatMessage], bool] = lambda _: False) -> None:
        self.channel = channel
        self._is_own = is_own
        self._seen = Seen()
        self._facts = Facts(channel)
        self._counts: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()

    @property
    def facts(self) -> StreamFacts:
        """What is known of the stream."""
        return self._facts.known

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of what came by."""
        return MappingProxyType(dict(self._counts))

    @property
    def unknown(self) -> Mapping[str, int]:
        """Kinds that nothing is known about, and how often they came."""
        return MappingProxyType(dict(self._unknown))

    def notification(self, kind: str, notice: Notification, now: Seconds) -> list[Routed]:
        """Return what an EventSub notification tells the show; it may bring several events."""
        routed: list[Routed] = []
        for event in notice.events:
            if kind in TOLD_TWICE or (kind == "channel.bits.use" and event.get("type") == "cheer"):
                self._counts["doubled"] += 1
            elif from_another_channel(event):
                self._counts["foreign"] += 1
            else:
                if kind not in KNOWN:
                    self._note_unknown(kind)
                routed += self._told(parse(kind, event, Where(self.channel, notice.sent_at)), now)
        return routed

    def line(self, line: IrcLine, received: datetime, now: Seconds) -> list[Routed]:
        """Return what a line of IRC tells the show."""
        if line.command not in _READ_COMMANDS:
            self._note_unknown(line.command)
            return []
        if line_from_another_channel(line):
            self._counts["foreign"] += 1
            return []
        event = read_notice(line, received) if line.command == "USERNOTICE" else read_line(line, received)
        if event is not None and event.channel != self.channel:
            self._counts["foreign"] += 1
            return []
        found: list[Parsed] = [] if event is None else [event]
        if isinstance(event, ChatMessage) and (cheer := read_cheer(event)):
            found.insert(0, cheer)
        return self._told(found, now)

    def learned(self, change: FactsChange) -> list[Routed]:
        """Return the stream's facts if what Helix says has changed them."""
        facts = self._facts.learn(change)
        return [facts] if facts else []

    def _told(self, found: Iterable[Parsed], now: Seconds) -> list[Routed]:
        routed: list[Routed] = []
        is_empty = True
        for event in found:
            is_empty = False
            match event:
                case FactsChange():
                    routed += self.learned(event)
                case ChatRemoval():
                    self._counts["removals"] += 1
                    routed.append(event)
                case ChatMessage() if self._is_own(event):
                    self._counts["own"] += 1
                case ChatMessage() | ChannelEvent() if not self._seen.first(event.id, now):
                    self._counts["repeated"] += 1
                case ChatMessage():
                    self._counts["messages"] += 1
                    routed.append(event)
                case ChannelEvent():
                    self._counts["events"] += 1
                    routed.append(event)
        self._counts["malformed"] += is_empty
        return routed

    def _note_unknown(self, kind: str) -> None:
        name = bounded(one_line(kind), 100)
        if name not in self._unknown and len(self._unknown) >= MOST_KINDS:
            name = OTHERS
        if name not in self._unknown:
            log.info("Twitch sends what this program does not know: %s. It is counted.", name)
        self._unknown[name] += 1
