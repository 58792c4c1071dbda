"""Why each message was answered or not: a bounded log, and its entries in words. Pure."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from open_llm_vtuber.chat.decisions import Decision
from open_llm_vtuber.chat.scoring import TAKEN_AWAY, score
from open_llm_vtuber.decided import Candidate
from open_llm_vtuber.stimulus import ChatMessage
from open_llm_vtuber.text_rules import bounded, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """With that part gone from that line's score, `winner` would have been chosen."""

    message_id: str
    without: str
    score: float
    winner: str


def counterfactuals(candidates: Sequence[Candidate]) -> list[Otherwise]:
    """Return every single part of a score without which another line would have been chosen, best candidates first.

    The first of the candidates is the one that was chosen; of equals the one that stands first is.
    """
    if not candidates:
        return []
    found = []
    for changed in candidates:
        for part, value in changed.parts.items():
            winner = chosen_without(candidates, changed.message_id, part)
            if value and winner != candidates[0].message_id:
                found.append(
                    Otherwise(
                        message_id=changed.message_id,
                        without=part,
                        score=score(without(changed, part)),
                        winner=winner,
                    )
                )
    return found


def without(candidate: Candidate, part: str) -> dict[str, float]:
    """Return the parts of its score but that one."""
    return {name: value for name, value in candidate.parts.items() if name != part}


def chosen_without(candidates: Sequence[Candidate], message_id: str, part: str) -> str:
    """Return which line would be chosen were that part gone from that line's score."""
    scores = {
        each.message_id: score(without(each, part)) if each.message_id == message_id else each.score
        for each in candidates
    }
    return max(scores, key=lambda each: scores[each])


MOST_KEPT = 1_000
"""Messages whose decision is kept; the oldest are forgotten first."""
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A message and what was decided about it last."""

    platform: str
    username: str
    text: str
    """What the viewer wrote, bounded; "" once it was removed."""
    at: datetime
    decision: Decision
    rivals: int = 0
    """How many others waited when it was chosen."""
    ahead_by: float | None = None
    """How much more its score was than that of the next one."""

    @property
    def would_have_won_without(self) -> Sequence[str]:
        """What was taken away from its score and cost it the answer, each by itself."""
        beaten_by, score = self.decision.beaten_by, self.decision.score
        if beaten_by is None or score is None or score > beaten_by:
            return ()
        parts = self.decision.factors
        return [name for name in TAKEN_AWAY if score - parts.get(name, 0.0) > beaten_by]


class DecisionLog:
    """The last decision about each of the last messages."""

    def __init__(self) -> None:
        self._reasons: OrderedDict[str, Reason] = OrderedDict()
        self._answered: str | None = None

    @property
    def reasons(self) -> Sequence[tuple[str, Reason]]:
        """All that is kept by message id, oldest first."""
        return tuple(self._reasons.items())

    def reason(self, message_id: str) -> Reason | None:
        """Return what is known of a message."""
        return self._reasons.get(message_id)

    @property
    def last_answered(self) -> Reason | None:
        """The message that was answered last, if it is still known."""
        return self._reasons.get(self._answered or "")

    def came_in(self, message: ChatMessage, decision: Decision) -> None:
        """Note a message with its first decision."""
        self._reasons[message.id] = Reason(
            platform=message.platform,
            username=message.username,
            text=bounded(one_line(message.text), LONGEST_TEXT),
            at=message.timestamp,
            decision=decision,
        )
        if len(self._reasons) > MOST_KEPT:
            self._reasons.popitem(last=False)

    def decided(self, decision: Decision) -> None:
        """Note that a decision has changed; what was weighed before is kept where nothing new is said."""
        reason = self._reasons.get(decision.message_id)
        if reason is None:
            return
        before = reason.decision
        if decision.score is None:
            decision = replace(
                decision, score=before.score, factors=before.factors, beaten_by=before.beaten_by
            )
        self._reasons[decision.message_id] = replace(reason, decision=decision)
        if decision.outcome == "answered":
            self._answered = decision.message_id

    def chosen(self, candidates: Sequence[Candidate]) -> None:
        """Note with what the first of these was chosen."""
        best = candidates[0]
        if reason := self._reasons.get(best.message_id):
            ahead = best.score - candidates[1].score if len(candidates) > 1 else None
            self._reasons[best.message_id] = replace(reason, rivals=len(candidates) - 1, ahead_by=ahead)

    def remove(self, concerned: Callable[[str, str], bool]) -> Sequence[str]:
        """Forget the words of every (message id, viewer) that is concerned; return their ids. Decisions stay."""
        ids = [key for key, reason in self._reasons.items() if concerned(key, reason.username)]
        for key in ids:
            self._reasons[key] = replace(self._reasons[key], text="")
        return ids

    def forget(self, username: str) -> Sequence[str]:
        """Forget everything about a viewer; return the ids of what he wrote."""
        ids = [key for key, reason in self._reasons.items() if reason.username == username]
        for key in ids:
            del self._reasons[key]
        return ids


def in_words(reason: Reason) -> str:
    """Return one or two sentences that say why, without the viewer's words."""
    decision = reason.decision
    who = reason.username
    match decision.outcome:
        case "answered" | "queued":
            said = f"{who}'s line was answered"
        case "blocked" | "held" | "skipped":
            said = f"{who}'s line was {decision.outcome} ({decision.reason})"
        case _:
            said = f"{who}'s line is waiting"
    parts = sorted(decision.factors.items(), key=lambda part: -abs(part[1]))
    told = ", ".join(f"{name} {value:+.1f}" for name, value in parts[:4] if value)
    if decision.score is not None and told:
        said += f": score {decision.score:.1f} ({told})"
    if reason.ahead_by is not None:
        said += (
            f", {reason.ahead_by:.1f} ahead of {reason.rivals} {'other' if reason.rivals == 1 else 'others'}"
        )
    if flips := reason.would_have_won_without:
        said += f"; without {' or '.join(flips)} it would have won"
    return f"{said}."
