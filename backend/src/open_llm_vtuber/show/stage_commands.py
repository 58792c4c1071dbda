"""What is asked of a show that shares its stage with another one: one family of its commands."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GiveWord:
    """Begin one turn, if there is anything to say. `partner` is the character who is on stage as well.

    From the first time on this show begins nothing without having been given the word, but for what is about safety.
    """

    partner: str


@dataclass(frozen=True, slots=True)
class TakeWord:
    """Begin nothing until the word is given; what has begun goes on. The answer is the state."""


@dataclass(frozen=True, slots=True)
class MakeWay:
    """Somebody speaks on the stage: finish the clause and say no more."""


StageCommand = GiveWord | TakeWord | MakeWay
