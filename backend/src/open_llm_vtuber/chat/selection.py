"""Which viewer's line is answered next: the one with the highest score of those that wait. Pure; time is passed in."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from open_llm_vtuber.chat.commands import looks_like_command
from open_llm_vtuber.chat.crowd import Crowd
from open_llm_vtuber.chat.decisions import Decision, Outcome, skipped
from open_llm_vtuber.chat.permissions import Role
from open_llm_vtuber.chat.scoring import (
    Line,
    Words,
    asks,
    factors,
    noise,
    score,
    similarity,
    weighed,
    words_of,
)
from open_llm_vtuber.decided import Candidate
from open_llm_vtuber.settings.chat import SelectionSettings
from open_llm_vtuber.stimulus import ChatMessage, ChatRemoval
from open_llm_vtuber.text_rules import bounded, name_pattern, normalised, one_line, strip_invisible
from open_llm_vtuber.units import Seconds

MOST_PROMPT_CHARACTERS = 300
"""Code points of a viewer's message that may go into a prompt."""
ANSWERED_REMEMBERED = 8
"""Answered lines that a new one is compared with."""
VIEWERS_REMEMBERED = 5_000
"""Viewers whose last answer is remembered; the longest ago are forgotten first."""
TEXTS_REMEMBERED = 1_000
"""Different lines that are counted for duplicates; the longest ago are forgotten first."""


def clean_text(message: ChatMessage) -> str:
    """Return what may go into a prompt: visible, one line, bounded. Still a stranger's words."""
    return bounded(one_line(message.text), MOST_PROMPT_CHARACTERS)


def unanswerable(message: ChatMessage) -> str | None:
    """Return why nobody could answer the message, or None if it says something."""
    text = clean_text(message)
    if not text:
        return "empty"
    if looks_like_command(text):
        return "command"
    if not any(char.isalnum() for char in strip_invisible(_without_emotes(message))):
        return "emote-only"
    return None


def concerns(removal: ChatRemoval, message: ChatMessage) -> bool:
    """Whether a removal takes a message away."""
    if (removal.platform, removal.channel) != (message.platform, message.channel):
        return False
    if removal.message_id is not None:
        return removal.message_id == message.id
    return removal.username is None or removal.username == message.username


@dataclass(slots=True)
class _Waiting:
    message: ChatMessage
    line: Line
    since: Seconds
    text: str
    is_first: bool
    factors: Mapping[str, float] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The line to answer now, and why it was that one."""

    message: ChatMessage
    decision: Decision
    crowd: str
    """What chat is doing beside it, as data for the prompt."""
    candidates: tuple[Candidate, ...] = ()
    """It and all that waited with it, the best first."""


class Selection:
    """Holds the lines that wait, at most one of each viewer.

    `names` are what the character is called; `channel` is where it streams. Times are the caller's seconds.
    """

    def __init__(
        self,
        names: Sequence[str],
        channel: str = "",
        *,
        settings: SelectionSettings | None = None,
        greets: bool = False,
    ) -> None:
        self.answer_to(names, channel)
        self._settings = settings or SelectionSettings()
        self._greets = greets
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        """By message id, the oldest first."""
        self._counts: OrderedDict[str, tuple[int, Seconds]] = OrderedDict()
        """Text → how often it was written, and since when."""
        self._answered: deque[Words] = deque(maxlen=ANSWERED_REMEMBERED)
        self._answered_at: OrderedDict[str, Seconds] = OrderedDict()
        self._crowd = Crowd(self._settings.window_s)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def waiting(self) -> Sequence[ChatMessage]:
        """The messages that wait, the oldest first."""
        return [each.message for each in self._waiting.values()]

    def answer_to(self, names: Sequence[str], channel: str = "") -> None:
        """Be called by these names from now on."""
        self._names = [name_pattern(name) for name in names]
        if channel:
            self._names.append(name_pattern("@" + channel.lstrip("#@")))

    def apply(self, settings: SelectionSettings) -> None:
        """Go by these settings from now on; what waits is weighed anew when a line is taken."""
        self._settings = settings
        self._crowd.look_back(settings.window_s)

    def addressed(self, message: ChatMessage) -> bool:
        """Whether it names the character, or replies to or mentions the channel."""
        text = normalised(message.text)
        return any(name.search(text) for name in self._names)

    def offer(
        self,
        message: ChatMessage,
        now: Seconds,
        *,
        role: Role = Role.EVERYONE,
        is_first: bool = False,
    ) -> list[Decision]:
        """Take in a message; return what this decides about it and about others that waited."""
        if reason := unanswerable(message):
            self.overlook(message, now)
            return [skipped(message.id, reason)]
        decisions = self._drop_stale(now)
        text = normalised(message.text)
        is_copy = self._count(text, now) > 1 and any(each.text == text for each in self._waiting.values())
        if is_copy and not message.bits:
            self.overlook(message, now)
            return [*decisions, skipped(message.id, "duplicate")]
        line = self._line(message, text, role)
        own = next(
            (each for each in self._waiting.values() if each.message.username == message.username), None
        )
        if own and own.line.addressed and not line.addressed:
            self.overlook(message, now)
            return [*decisions, skipped(message.id, "addressed-waiting")]
        decisions += self._drop(lambda each: each is own, "newer-message", now)
        waiting = self._waiting[message.id] = _Waiting(message, line, now, text, is_first)
        self._weigh(waiting, now)
        decisions += self._crowded_out(now)
        if message.id in self._waiting:
            decisions.append(self._as_decided(waiting, "pending"))
        return decisions

    def overlook(self, message: ChatMessage, now: Seconds) -> None:
        """Count a message that is not answered into what chat is doing."""
        self._crowd.note(message.id, message.username, clean_text(message), now)

    def take(self, now: Seconds, choice: str | None = None) -> tuple[Taken | None, list[Decision]]:
        """Return the message to answer now, if any, and what becomes of others; it waits no longer.

        With a `choice` it is that message, whatever the scores say: one that was chosen before, elsewhere.
        """
        decisions = self._drop_stale(now)
        if choice not in self._waiting if choice is not None else not self._waiting:
            return None, decisions
        ranked = self._ranked(now)
        best = ranked[0] if choice is None else self._waiting[choice]
        del self._waiting[best.message.id]
        decisions += [
            replace(self._as_decided(each, "pending"), beaten_by=best.score)
            for each in self._waiting.values()
        ]
        self._answered.append(best.line.words)
        self._answered_at[best.message.username] = now
        self._answered_at.move_to_end(best.message.username)
        if len(self._answered_at) > VIEWERS_REMEMBERED:
            self._answered_at.popitem(last=False)
        taken = self._as_decided(best, "queued")
        candidates = tuple(map(_candidate, ranked))
        return Taken(best.message, taken, self._crowd.summary(now), candidates), decisions

    def candidates(self, now: Seconds) -> Sequence[Candidate]:
        """Return what waits, weighed as of now, the best first."""
        return [
            _candidate(each) for each in self._ranked(now) if now - each.since <= self._settings.max_age_s
        ]

    def remove(self, removal: ChatRemoval) -> list[Decision]:
        """Forget what a moderator removed."""
        self._crowd.remove(
            lambda message_id, username: (
                removal.message_id in (message_id, None) and removal.username in (username, None)
            )
        )
        return self._drop(lambda each: concerns(removal, each.message), "removed")

    def drop(self, message_id: str, reason: str) -> list[Decision]:
        """Let a message wait no longer."""
        return self._drop(lambda each: each.message.id == message_id, reason)

    def clear(self, reason: str) -> list[Decision]:
        """Let nobody wait any longer."""
        return self._drop(lambda _: True, reason)

    def forget(self, username: str) -> None:
        """Forget all that a viewer wrote, and when he was answered."""
        self._drop(lambda each: each.message.username == username, "forgotten")
        self._answered_at.pop(username, None)
        self._crowd.remove(lambda _, author: author == username)

    def _line(self, message: ChatMessage, text: str, role: Role) -> Line:
        spoken = strip_invisible(_without_emotes(message))
        return Line(
            words=words_of(text),
            length=len(text),
            asks=asks(text),
            addressed=any(name.search(text) for name in self._names),
            role=role,
            bits=message.bits,
            noise=noise(spoken),
        )

    def _ranked(self, now: Seconds) -> list[_Waiting]:
        for each in self._waiting.values():
            self._weigh(each, now)
        # of equals the one that waited longer comes first: the sort is stable
        return sorted(self._waiting.values(), key=lambda each: -each.score)

    def _weigh(self, each: _Waiting, now: Seconds) -> None:
        settings = self._settings
        last = self._answered_at.get(each.message.username)
        alike = max((similarity(each.line.words, words) for words in self._answered), default=0.0)
        each.factors = factors(
            each.line,
            age=min(1.0, (now - each.since) / settings.max_age_s),
            novelty=1.0 - alike,
            wait=1.0 if last is None else min(1.0, (now - last) / settings.waits_for_s),
            duplicates=self._counts.get(each.text, (1, now))[0] - 1,
            is_first=each.is_first,
            greets=self._greets,
        )
        each.parts = dict(weighed(each.factors, settings.weights))
        each.score = score(each.parts)

    def _count(self, text: str, now: Seconds) -> int:
        count, since = self._counts.get(text, (0, now))
        if now - since > self._settings.window_s:
            count, since = 0, now
        self._counts[text] = (count + 1, since)
        self._counts.move_to_end(text)
        if len(self._counts) > TEXTS_REMEMBERED:
            self._counts.popitem(last=False)
        return count + 1

    def _crowded_out(self, now: Seconds) -> list[Decision]:
        if len(self._waiting) <= self._settings.queue_size:
            return []
        # the scores were taken when each came in; only freshness has faded since then
        fading = self._settings.weights.freshness / self._settings.max_age_s
        worst = min(self._waiting.values(), key=lambda each: each.score - fading * (now - each.since))
        return self._drop(lambda each: each is worst, "outscored", now)

    def _drop_stale(self, now: Seconds) -> list[Decision]:
        # the oldest come first: where the first is fresh, all are
        first = next(iter(self._waiting.values()), None)
        if first is None or now - first.since <= self._settings.max_age_s:
            return []
        return self._drop(lambda each: now - each.since > self._settings.max_age_s, "stale", now)

    def _drop(
        self, concerned: Callable[[_Waiting], bool], reason: str, now: Seconds | None = None
    ) -> list[Decision]:
        gone = [each for each in self._waiting.values() if concerned(each)]
        for each in gone:
            del self._waiting[each.message.id]
            if now is not None:
                self.overlook(each.message, now)
        return [replace(self._as_decided(each, "skipped"), reason=reason) for each in gone]

    @staticmethod
    def _as_decided(each: _Waiting, outcome: Outcome) -> Decision:
        return Decision(
            message_id=each.message.id, outcome=outcome, score=each.score, factors=dict(each.parts)
        )


def _candidate(each: _Waiting) -> Candidate:
    return Candidate(
        message_id=each.message.id, score=each.score, factors=each.factors, parts=dict(each.parts)
    )


def _without_emotes(message: ChatMessage) -> str:
    characters = list(message.text)
    for emote in message.emotes:
        for position in range(max(0, emote.start), min(emote.end + 1, len(characters))):
            characters[position] = " "
    return "".join(characters)
