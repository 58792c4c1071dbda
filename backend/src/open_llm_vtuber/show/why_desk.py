"""Tells why a turn went as it did. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

from open_llm_vtuber.chat.why import counterfactuals
from open_llm_vtuber.decided import Settled
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.why_messages import (
    TurnWhy,
    WhyBill,
    WhyCandidate,
    WhyDecision,
    WhyOtherwise,
    WhyPromptPart,
    WhyRequest,
    WhySentence,
    WhyTimings,
)
from open_llm_vtuber.show.reasons import Chain, Reasons

UNKNOWN = "Nothing is known of such a turn: only the last ones of a named show with a log are."


def turn_why(reasons: Reasons, turn_id: str, username: Callable[[str], str]) -> TurnWhy:
    """Return the chain of a turn; `username` names the writer of a message. Raises ProtocolError `not-found`."""
    chain = reasons.chain(turn_id)
    if chain is None or chain.began is None:
        raise ProtocolError(UNKNOWN, code="not-found")
    began, ended = chain.began, chain.ended
    candidates = chain.chosen.candidates if chain.chosen else ()
    settled = reasons.settled(began.message_id) if began.message_id else None
    return TurnWhy(
        turn_id=chain.turn_id,
        source=began.source,
        message_id=began.message_id,
        trigger=chain.fired.trigger if chain.fired else "",
        decision=_decision(settled) if settled else None,
        candidates=tuple(
            WhyCandidate(
                message_id=each.message_id,
                username=username(each.message_id),
                score=each.score,
                factors=dict(each.factors),
                parts=dict(each.parts),
            )
            for each in candidates
        ),
        otherwise=tuple(WhyOtherwise(**asdict(each)) for each in counterfactuals(candidates)),
        providers=dict(chain.providers),
        requests=tuple(_requests(chain)),
        bills=tuple(WhyBill(**asdict(each)) for each in chain.paid),
        sentences=tuple(sentences(chain)),
        timings=WhyTimings(**asdict(ended.timings)) if ended else None,
        heard=ended.heard if ended else 0,
        interrupted=ended.interrupted if ended else False,
        retracted=ended.retracted if ended else "",
        explanation=_in_words(chain, username),
    )


def sentences(chain: Chain) -> Iterator[WhySentence]:
    """Yield what was written, in order, with what the guard said and how it went out."""
    spoken = list(chain.spoken)
    for each in chain.guarded:
        out = spoken.pop(0) if spoken and not each.rule else None
        yield WhySentence(
            text=each.text,
            rule=each.rule,
            index=out.index if out else None,
            sound_s=out.sound_s if out else None,
            expression=out.face if out else None,
        )
    for out in spoken:  # what is said instead of a reply that was refused
        yield WhySentence(
            text=out.text.strip(), rule="", index=out.index, sound_s=out.sound_s, expression=out.face
        )


def _decision(settled: Settled) -> WhyDecision:
    return WhyDecision(
        outcome=settled.outcome, reason=settled.reason, score=settled.score, parts=dict(settled.factors)
    )


def _requests(chain: Chain) -> Iterator[WhyRequest]:
    for each in chain.asked:
        told = each.by_reference()
        yield WhyRequest(
            model=told.model, prompt=tuple(WhyPromptPart(**asdict(part)) for part in told.prompt)
        )


def _in_words(chain: Chain, username: Callable[[str], str]) -> str:
    candidates = chain.chosen.candidates if chain.chosen else ()
    if candidates:
        best, others = candidates[0], candidates[1:]
        who = username(best.message_id) or "a viewer"
        said = f"{who}'s line was chosen of {len(candidates)} with a score of {best.score:.1f} ({_parts(best.parts)})."
        if others:
            said += f" The next one had {others[0].score:.1f}."
        flips = [each.without for each in counterfactuals(candidates) if each.message_id == best.message_id]
        return f"{said} Without {' or '.join(flips)} another one would have been." if flips else said
    if chain.fired:
        return f"She spoke of her own accord: {chain.fired.trigger}."
    source = chain.began.source if chain.began else ""
    return _SOURCES.get(source, "She was asked.")


def _parts(parts: Mapping[str, float]) -> str:
    told = sorted(parts.items(), key=lambda part: -abs(part[1]))[:4]
    return ", ".join(f"{name} {value:+.1f}" for name, value in told if value)


_SOURCES: Mapping[str, str] = {
    "typed": "Somebody typed it.",
    "voice": "Somebody said it aloud.",
    "chat": "A command in chat asked for it.",
    "unasked": "She spoke of her own accord.",
    "group": "Another character spoke to her.",
    "event": "It is the reaction to what happened on the channel.",
}
