"""Why she said what she said: for each of the last turns the chain from what came in to what went out. Pure."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from open_llm_vtuber.decided import (
    Asked,
    Chosen,
    Fired,
    Forgotten,
    Guarded,
    Paid,
    Settled,
    Spoken,
    TurnBegan,
    TurnEnded,
)

T = TypeVar("T")

TURNS_KEPT = 300
MESSAGES_KEPT = 1_000
MOST_PIECES = 100
"""Sentences, prompts and bills of one turn that are kept."""


@dataclass(slots=True)
class Chain:
    """What is known of one turn, in the order in which it came about."""

    turn_id: str
    chosen: Chosen | None = None
    """The line that it answers, and what else waited; None where nothing was chosen."""
    fired: Fired | None = None
    """What made her speak unasked."""
    began: TurnBegan | None = None
    providers: Mapping[str, str] = field(default_factory=dict)
    """Job → who did it when the turn began."""
    asked: list[Asked] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    guarded: list[Guarded] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    ended: TurnEnded | None = None


class Reasons:
    """Collects facts as they come, for the last turns and messages; older ones are forgotten first."""

    def __init__(self) -> None:
        self.serving: Callable[[], Mapping[str, str]] = dict
        """Returns who does which job just now."""
        self._chains: OrderedDict[str, Chain] = OrderedDict()
        self._settled: OrderedDict[str, Settled] = OrderedDict()

    @property
    def chains(self) -> tuple[Chain, ...]:
        """All that is kept, the oldest first."""
        return tuple(self._chains.values())

    def chain(self, turn_id: str) -> Chain | None:
        """Return what is known of a turn; "last" is the last one in which something was said."""
        if turn_id == "last":
            return next((each for each in reversed(self._chains.values()) if each.spoken), None)
        return self._chains.get(turn_id)

    def settled(self, message_id: str) -> Settled | None:
        """Return what was decided about a message last."""
        return self._settled.get(message_id)

    def hear(self, turn: str, fact: object) -> None:
        """Take in a fact; `turn` is whose it is where a part tells it."""
        match fact:
            case Chosen():
                self._of(fact.turn_id).chosen = fact
            case Fired() if fact.turn_id:
                self._of(fact.turn_id).fired = fact
            case TurnBegan():
                chain = self._of(fact.turn_id)
                chain.began, chain.providers = fact, self.serving()
            case Asked() if turn:
                _add(self._of(turn).asked, fact)
            case Paid() if turn:
                _add(self._of(turn).paid, fact)
            case Guarded():
                _add(self._of(fact.turn_id).guarded, fact)
            case Spoken():
                _add(self._of(fact.turn_id).spoken, fact)
            case TurnEnded():
                chain = self._of(fact.turn_id)
                chain.ended = fact
                chain.asked = [each.by_reference() for each in chain.asked]
            case Settled():
                self._settle(fact)
            case Forgotten():
                self._forget(fact)
            case _:
                pass

    def _of(self, turn_id: str) -> Chain:
        if turn_id not in self._chains:
            self._chains[turn_id] = Chain(turn_id)
            if len(self._chains) > TURNS_KEPT:
                self._chains.popitem(last=False)
        return self._chains[turn_id]

    def _settle(self, fact: Settled) -> None:
        self._settled[fact.message_id] = fact
        if len(self._settled) > MESSAGES_KEPT:
            self._settled.popitem(last=False)

    def _forget(self, fact: Forgotten) -> None:
        for message_id in fact.message_ids:
            self._settled.pop(message_id, None)
        theirs = [
            key
            for key, each in self._chains.items()
            if each.began and each.began.message_id in fact.message_ids
        ]
        for key in theirs:
            del self._chains[key]


def _add(pieces: list[T], fact: T) -> None:
    if len(pieces) < MOST_PIECES:
        pieces.append(fact)
