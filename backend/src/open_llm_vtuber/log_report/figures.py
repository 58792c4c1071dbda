"""Pure: a show's log → the figures of its report. Nobody's words are among them, and viewers only by their number."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from open_llm_vtuber.decided import Guarded, Paid, Settled
from open_llm_vtuber.protocol.parts import Spend
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show_log.heard import ERASED, HeardTurn, heard, lines_of, second
from open_llm_vtuber.show_log.inputs import BY_NAME
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.show_log.records import Record, fact_of, loaded, typed
from open_llm_vtuber.stimulus import ChannelEvent, ChatMessage
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

MOST_VIEWERS = 10
LONGEST_NAME = 40
CURRENCY = "USD"
MOST_COST = 1_000_000.0
"""Of one request; whatever says more was not written by us."""

Moods = Sequence[tuple[Seconds, float, float]]
"""Second of the show, valence and arousal, each -1 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerFigures:
    """What one viewer did. Whoever has not agreed to be named has no name here."""

    name: str
    messages: int
    answers: int


@dataclass(slots=True)
class Figures:
    """What there is to know of a show. Times are seconds of it."""

    show: str
    character: str
    began: str
    program: str
    length: Seconds
    lost: int
    """Records that are missing after these, because the disk failed."""
    turns: tuple[HeardTurn, ...] = ()
    messages: list[Seconds] = field(default_factory=list)
    """When each chat message came."""
    waits: list[tuple[Seconds, Seconds]] = field(default_factory=list)
    """When an answer to a viewer began, and how long the viewer had waited for it."""
    latencies: list[tuple[Seconds, Seconds]] = field(default_factory=list)
    """When a turn began to be heard, and how long that took from its beginning."""
    fates: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Outcome and reason → messages."""
    events: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """Rule → sentences that it kept off the air."""
    spend: list[tuple[Seconds, float]] = field(default_factory=list)
    """When something was paid for, and what all came to by then."""
    currency: str = CURRENCY
    unpriced: int = 0
    moods: Moods = ()
    viewers: int = 0
    top: tuple[ViewerFigures, ...] = ()

    @property
    def speech(self) -> list[tuple[Seconds, Seconds]]:
        """Return from when to when each sentence was heard."""
        return [(line.begin, line.end) for line in lines_of(self.turns)]

    @property
    def air_time(self) -> Seconds:
        """Return how long she was heard."""
        return sum(end - begin for begin, end in self.speech)

    @property
    def longest_silence(self) -> Seconds:
        """Return the longest time in which nothing was heard of her, the beginning and the end included."""
        ends = [0.0, *(end for _, end in self.speech)]
        begins = [*(begin for begin, _ in self.speech), self.length]
        return max(begin - end for begin, end in zip(begins, ends, strict=True))

    def answers(self, *sources: str) -> list[Seconds]:
        """Return when turns of these kinds began to be heard."""
        return [each.lines[0].begin for each in self.turns if each.lines and each.source in sources]


def figures(log: ShowLog, *, named: frozenset[str] = frozenset(), moods: Moods = ()) -> Figures:
    """Return the figures of a show; `named` are the logins, in lower case, of who agreed to be named. Raises BadLog."""
    billing = log.plan.role.billing
    result = Figures(
        show=bounded(one_line(log.plan.show), LONGEST_NAME),
        character=bounded(one_line(billing.character_name), LONGEST_NAME),
        began=bounded(one_line(log.plan.wall), LONGEST_NAME),
        program=bounded(one_line(log.plan.program), LONGEST_NAME),
        length=log.length,
        lost=log.lost,
        turns=heard(log),
        moods=moods,
    )
    count = _Count(log, result)
    for record in log.records:
        count.take(record)
    count.finish(named)
    return result


class _Count:
    def __init__(self, log: ShowLog, result: Figures) -> None:
        self._log = log
        self._to = result
        self._settled: dict[str, tuple[str, str]] = {}
        self._came: dict[str, tuple[Seconds, str]] = {}
        """Message → when it came, and whose it is."""
        self._wrote: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._spent = 0.0

    def take(self, record: Record) -> None:
        """Count a record."""
        if record.kind == "in" and record.name == "ChatHappened":
            self._happened(record)
        elif record.kind == "look" and record.name == "books" and record.error is None:
            spend: Spend = loaded(typed(Spend), record)
            self._to.currency = bounded(one_line(spend.currency), 8) or CURRENCY
        elif record.kind in ("fact", "told") and record.name in ("Settled", "Guarded", "Paid"):
            self._fact(record)

    def finish(self, named: frozenset[str]) -> None:
        """Draw up what can be said only at the end."""
        self._to.fates.update(self._settled.values())
        answers: Counter[str] = Counter()
        for turn in self._to.turns:
            if turn.lines and turn.timings.first_audio_ms is not None:
                self._to.latencies.append((turn.lines[0].begin, turn.timings.first_audio_ms / 1000))
            if turn.lines and turn.message_id in self._came:
                came, whose = self._came[turn.message_id]
                answers[whose] += 1
                begin = turn.lines[0].begin
                self._to.waits.append((begin, max(0.0, begin - came)))
        known = [whose for whose, _ in self._wrote.most_common() if not ERASED.fullmatch(whose)]
        self._to.viewers = len(known)
        self._to.top = tuple(
            ViewerFigures(
                name=self._names[whose] if whose in named else f"Viewer {number}",
                messages=self._wrote[whose],
                answers=answers[whose],
            )
            for number, whose in enumerate(known[:MOST_VIEWERS], 1)
        )

    def _happened(self, record: Record) -> None:
        happened: ChatHappened = loaded(BY_NAME["ChatHappened"], record)
        match happened.event:
            case ChatMessage() as message:
                at, whose = second(self._log, record), message.username.lower()
                self._to.messages.append(at)
                self._came.setdefault(message.id, (at, whose))
                self._wrote[whose] += 1
                self._names[whose] = bounded(one_line(message.display_name) or whose, LONGEST_NAME)
            case ChannelEvent() as event:
                self._to.events[event.kind] += 1
            case _:
                pass

    def _fact(self, record: Record) -> None:
        match fact_of(record):
            case Settled() as fact:
                self._settled[fact.message_id] = (fact.outcome, fact.reason)
            case Guarded() as fact if fact.rule:
                self._to.refused[bounded(one_line(fact.rule), LONGEST_NAME)] += 1
            case Paid(cost=None):
                self._to.unpriced += 1
            case Paid(cost=float() as cost) if 0 <= cost < MOST_COST:
                self._spent += cost
                self._to.spend.append((second(self._log, record), self._spent))
            case _:
                pass
