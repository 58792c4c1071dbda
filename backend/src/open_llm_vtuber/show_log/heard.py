"""Pure: what was heard of a show, by its log: the turns, each with its sentences on one time line.

A sentence begins when it went out, or when the one before had ended, as pages play them; of what was cut only that
stays which was heard. What a moderator took back, and the answers to a viewer who was erased, are not among it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from math import isfinite

from open_llm_vtuber.decided import Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.show.playback import reading_time
from open_llm_vtuber.show_log.frames import BadLog
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.show_log.records import Record, fact_of
from open_llm_vtuber.stimulus import TurnTimings
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

LONGEST_SENTENCE = 2_000
LONGEST_SOUND: Seconds = 600.0
LONGEST_SHOW: Seconds = 30 * 86_400.0
SHORTEST: Seconds = 0.001
ERASED = re.compile(r"erased[-_][0-9a-f]{8,16}")
"""What stands in a log for the name or a message of a viewer who was erased."""
NOBODY = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence as it was heard. Times are seconds of the show."""

    turn_id: str
    index: int
    begin: Seconds
    end: Seconds
    text: str
    """One line."""
    whole: str
    """All of the sentence, where less was heard."""
    sounds: bool = True
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardTurn:
    """A turn of which something was heard, or nothing; times are seconds of the show."""

    turn_id: str
    source: str
    message_id: str
    began: Seconds
    ended: Seconds | None
    """None where the log ends before."""
    timings: TurnTimings = TurnTimings()  # noqa: RUF009  frozen
    lines: tuple[Line, ...] = ()
    interrupted: bool = False
    retracted: str = ""

    @property
    def is_erased(self) -> bool:
        """Whether it answered a viewer who was erased."""
        return bool(ERASED.fullmatch(self.message_id))


@dataclass(slots=True)
class _Turn:
    began: TurnBegan
    at: Seconds
    lines: list[Line] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    end: Seconds = 0.0
    ended: TurnEnded | None = None
    ended_at: Seconds | None = None


def heard(log: ShowLog) -> tuple[HeardTurn, ...]:
    """Return the turns in the order in which they began; no two sentences overlap. Raises BadLog."""
    turns: dict[str, _Turn] = {}
    for record in log.records:
        if record.kind == "fact" and record.name in ("TurnBegan", "Spoken", "TurnEnded"):
            _take(record, second(log, record), turns)
    found = [_finished(each, log.length) for each in turns.values()]
    return tuple(_apart(sorted(found, key=lambda each: each.began)))


def lines_of(turns: Sequence[HeardTurn]) -> tuple[Line, ...]:
    """Return all sentences in order."""
    return tuple(sorted((line for each in turns for line in each.lines), key=lambda line: line.begin))


def second(log: ShowLog, record: Record) -> Seconds:
    """Return when that was, as a second of the show. Raises BadLog for a time that cannot be."""
    at = record.at - log.plan.began
    if not (isfinite(at) and -SHORTEST < at < LONGEST_SHOW):
        raise BadLog("The log is damaged: it holds a time that cannot be.")
    return max(0.0, at)


def _take(record: Record, at: Seconds, turns: dict[str, _Turn]) -> None:
    match fact_of(record):
        case TurnBegan() as fact:
            turns.setdefault(fact.turn_id, _Turn(fact, at, end=at))
        case Spoken() as fact if turn := turns.get(fact.turn_id):
            _add(turn, fact, at)
        case TurnEnded() as fact if turn := turns.get(fact.turn_id):
            turn.ended, turn.ended_at = fact, at
        case _:
            pass


def _add(turn: _Turn, fact: Spoken, at: Seconds) -> None:
    text = bounded(one_line(ERASED.sub(NOBODY, fact.text)), LONGEST_SENTENCE)
    sound = fact.sound_s
    if sound is not None and not 0 <= sound <= LONGEST_SOUND:
        raise BadLog("The log is damaged: a sentence in it has a length that cannot be.")
    begin = max(at, turn.end)
    turn.end = begin + (reading_time(text) if sound is None else sound)
    turn.raw.append(fact.text)
    turn.lines.append(
        Line(
            turn_id=fact.turn_id,
            index=fact.index,
            begin=begin,
            end=turn.end,
            text=text,
            whole=text,
            sounds=sound is not None,
        )
    )


def _finished(turn: _Turn, length: Seconds) -> HeardTurn:
    ended, whole = turn.ended, turn.lines
    interrupted = ended.interrupted if ended else False
    if ended and interrupted:
        whole = list(_cut(turn, ended.heard, turn.ended_at or length))
    elif ended is None:
        whole = list(_cut(turn, len("".join(turn.raw)), length))
    result = HeardTurn(
        turn_id=turn.began.turn_id,
        source=turn.began.source,
        message_id=turn.began.message_id,
        began=turn.at,
        ended=turn.ended_at,
        timings=ended.timings if ended else TurnTimings(),
        lines=tuple(each for each in whole if each.text and each.end - each.begin >= SHORTEST),
        interrupted=interrupted,
        retracted=ended.retracted if ended else "",
    )
    return replace(result, lines=()) if result.retracted or result.is_erased else result


def _cut(turn: _Turn, characters: int, until: Seconds) -> Iterator[Line]:
    """Yield what of the sentences lies within so many characters and before that second."""
    for line, raw in zip(turn.lines, turn.raw, strict=True):
        text = line.text if characters >= len(raw.rstrip()) else raw[: max(0, characters)]
        characters -= len(raw)
        text = bounded(one_line(ERASED.sub(NOBODY, text)), LONGEST_SENTENCE).strip()
        end = min(line.end, until)
        is_cut = text != line.text or end < line.end
        if text and end > line.begin:
            yield replace(line, text=text, end=end, is_cut=is_cut)


def _apart(turns: Sequence[HeardTurn]) -> Iterator[HeardTurn]:
    """Let each sentence end before the next begins: a page may have told of the end earlier than the sound has it."""
    places = sorted(
        ((turn, place) for turn, each in enumerate(turns) for place in range(len(each.lines))),
        key=lambda where: turns[where[0]].lines[where[1]].begin,
    )
    kept: list[list[Line]] = [[] for _ in turns]
    for (turn, place), following in zip_longest(places, places[1:]):
        line = turns[turn].lines[place]
        if following:
            line = replace(line, end=min(line.end, turns[following[0]].lines[following[1]].begin))
        if line.end - line.begin >= SHORTEST:
            kept[turn].append(line)
    for each, lines in zip(turns, kept, strict=True):
        yield replace(each, lines=tuple(lines))
