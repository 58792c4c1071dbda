"""Pure: a part of a show: which sentences lie in it, when, and all that as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from open_llm_vtuber.clips.cues import Cue, cues
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.show_log.heard import HeardTurn, Line, heard, lines_of
from open_llm_vtuber.show_log.reader import ShowLog
from open_llm_vtuber.units import Hertz, Seconds

FORMAT = 1
LONGEST: Seconds = 3_600.0
SHORTEST_ID = 4
"""Characters of a turn's id that are enough, if no other begins so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A span of a show, and what was heard in it. Times are seconds of the show."""

    name: str
    """Fit for a file: letters, digits, points and dashes."""
    character: str
    began: str
    """The time of day at its beginning, ISO 8601."""
    begin: Seconds
    end: Seconds
    lines: tuple[Line, ...]
    """Those that lie in it, with the times they had."""

    @property
    def length(self) -> Seconds:
        """How many seconds it has."""
        return self.end - self.begin

    def within(self, line: Line) -> tuple[Seconds, Seconds]:
        """Return when a sentence begins and ends, counted from the beginning of the clip and kept in it."""
        return max(line.begin, self.begin) - self.begin, min(line.end, self.end) - self.begin

    def cues(self) -> list[Cue]:
        """Return its subtitles."""
        return cues([(*self.within(line), line.text) for line in self.lines])


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTold:
    """What is told of the sound that was made for a clip."""

    file: str
    voice: str
    rate: Hertz
    cut: int
    """Sentences that came out longer than they were on air, and are cut."""
    silent: int
    """Sentences without sound: on air they had none either, or the voice failed."""


def clip_of_turn(log: ShowLog, turn_id: str) -> Clip:
    """Return a turn from its first word to its last: by its id, the beginning of that, or `last`. Raises ConfigError."""
    turn = _found(heard(log), turn_id)
    if turn.retracted:
        raise ConfigError("That turn was taken back on air: there is no clip of it.")
    if turn.is_erased:
        raise ConfigError("That turn answered somebody who was forgotten: there is no clip of it.")
    if not turn.lines:
        raise ConfigError("Nothing was heard of that turn.")
    begin, end = turn.lines[0].begin, turn.lines[-1].end
    return _clip(log, f"turn-{_plain(turn.turn_id)[:8]}", begin, end, turn.lines)


def clip_of_span(log: ShowLog, begin: Seconds, end: Seconds | None) -> Clip:
    """Return what lies between two seconds of the show, or up to its end. Raises ConfigError."""
    last = log.length
    until = last if end is None else end
    if begin >= last:
        raise ConfigError(f"The show had ended by then: it lasted {last:.1f} s.")
    if not 0 <= begin < until:
        raise ConfigError("A clip needs a beginning that lies before its end.")
    until = min(until, last)
    lines = [line for line in lines_of(heard(log)) if line.end > begin and line.begin < until]
    return _clip(log, f"{begin:.1f}-{until:.1f}", begin, until, lines)


def as_json(clip: Clip, sound: SoundTold | None) -> str:
    """Return all that is known of a clip, with times counted from its beginning."""
    told = {
        "format": FORMAT,
        "character": clip.character,
        "began": clip.began,
        "from_s": round(clip.begin, 3),
        "to_s": round(clip.end, 3),
        "length_s": round(clip.length, 3),
        "sound": _sound(sound) if sound else None,
        "sentences": [_sentence(clip, line) for line in clip.lines],
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _sound(told: SoundTold) -> dict[str, object]:
    return {
        "file": told.file,
        "spoken_anew_by": told.voice,
        "rate_hz": told.rate,
        "cut": told.cut,
        "silent": told.silent,
    }


def _sentence(clip: Clip, line: Line) -> dict[str, object]:
    begin, end = clip.within(line)
    return {
        "turn_id": line.turn_id,
        "index": line.index,
        "begin_s": round(begin, 3),
        "end_s": round(end, 3),
        "text": line.text,
        "has_sound": line.sounds,
        "was_cut": line.is_cut,
    }


def _clip(log: ShowLog, name: str, begin: Seconds, end: Seconds, lines: Sequence[Line]) -> Clip:
    if end - begin > LONGEST:
        raise ConfigError(f"A clip has {LONGEST / 60:.0f} minutes at the most; choose --from and --to.")
    return Clip(
        name=name,
        character=log.plan.role.billing.character_name,
        began=_moment(log, begin),
        begin=begin,
        end=end,
        lines=tuple(lines),
    )


def _found(turns: Sequence[HeardTurn], turn_id: str) -> HeardTurn:
    if turn_id == "last":
        spoken = [each for each in turns if each.lines]
        if not spoken:
            raise ConfigError("Nothing was heard in this show.")
        return spoken[-1]
    found = [each for each in turns if each.turn_id == turn_id]
    if not found and len(turn_id) >= SHORTEST_ID:
        found = [each for each in turns if each.turn_id.startswith(turn_id)]
    if len(found) > 1:
        raise ConfigError("Several turns of this show begin so; give more of the id.")
    if not found:
        raise ConfigError("There is no such turn in this log.")
    return found[0]


def _moment(log: ShowLog, at: Seconds) -> str:
    try:
        return (datetime.fromisoformat(log.plan.wall) + timedelta(seconds=at)).isoformat(
            timespec="milliseconds"
        )
    except (ValueError, OverflowError):
        return ""


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isalnum()) or "x"
