"""What the two arbiters say of claims."""

from dataclasses import dataclass
from typing import Literal

from open_llm_vtuber.units import Seconds

EndReason = Literal["expired", "replaced", "released", "dropped"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A claim that is over, since when and why."""

    claim_id: str
    reason: EndReason
    at: Seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a claim was taken, and which others have ended by then."""

    is_accepted: bool
    ended: tuple[Ended, ...] = ()
