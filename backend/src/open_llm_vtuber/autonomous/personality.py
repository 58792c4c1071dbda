"""Pure: her traits, which stay, and her mood, which moves with what happens and comes back to rest.

Rules set the mood, and numbers come from events alone: a language model never writes it, so nobody talks it up.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from open_llm_vtuber.event_kinds import EventKind
from open_llm_vtuber.modes import Style
from open_llm_vtuber.protocol.autonomous_parts import MoodName
from open_llm_vtuber.units import Seconds

Trait = Annotated[float, Field(ge=0, le=1)]
Happening = EventKind | Literal["kind-word", "hostile-word", "chat-rush", "silence", "spoken", "blocked"]


class Traits(BaseModel):
    """What she is like, each from 0 to 1; 0.5 is nothing special."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    talkativeness: Trait = 0.5
    """How soon she breaks a silence, and how much she says then."""
    playfulness: Trait = 0.5
    """How much she teases and jokes, and how often she moves."""
    warmth: Trait = 0.5
    """How much kindness lifts her mood, and how fondly she speaks."""
    curiosity: Trait = 0.5
    """How readily she asks chat something."""
    composure: Trait = 0.5
    """How little moves her, and how soon she is herself again."""


class MoodSettings(BaseModel):
    """Where her mood rests, and how long it takes to come back there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valence: float = Field(default=0.2, ge=-1, le=1)
    """-1 miserable to 1 delighted."""
    arousal: float = Field(default=0.0, ge=-1, le=1)
    """-1 sleepy to 1 thrilled."""
    half_life_s: float = Field(default=300.0, gt=0, le=86_400)
    """Half of the way back takes this long, at a composure of 0.5."""


@dataclass(frozen=True, slots=True)
class Mood:
    """How she feels at one moment."""

    valence: float
    arousal: float

    @property
    def name(self) -> MoodName:
        """The word for it."""
        if abs(self.valence) < _SLIGHT and abs(self.arousal) < _SLIGHT:
            return "content"
        if self.valence >= 0:
            return "excited" if self.arousal >= _SLIGHT else "happy" if self.arousal > -_SLIGHT else "relaxed"
        return "upset" if self.arousal >= _SLIGHT else "sad" if self.arousal > -_SLIGHT else "tired"


_SLIGHT = 0.25
_FACES: Mapping[MoodName, str] = {
    "excited": "joy",
    "happy": "joy",
    "relaxed": "neutral",
    "content": "neutral",
    "upset": "anger",
    "sad": "sadness",
    "tired": "sadness",
}
# (valence, arousal) of one happening of amount 1, before traits. A crowd counts by its logarithm.
_IMPULSES: Mapping[Happening, tuple[float, float]] = {
    "follow": (0.06, 0.05),
    "subscribe": (0.15, 0.12),
    "resubscribe": (0.15, 0.10),
    "gift": (0.18, 0.15),
    "cheer": (0.10, 0.10),
    "raid": (0.20, 0.30),
    "redemption": (0.05, 0.05),
    "hype-train": (0.15, 0.25),
    "poll": (0.0, 0.05),
    "ad-break": (-0.05, -0.05),
    "stream-online": (0.15, 0.20),
    "stream-offline": (0.0, -0.20),
    "kind-word": (0.03, 0.01),
    "hostile-word": (-0.04, 0.03),
    "blocked": (-0.06, 0.04),
    "chat-rush": (0.02, 0.10),
    "silence": (-0.02, -0.05),
    "spoken": (0.01, -0.01),
}
_BY_NUMBER: frozenset[Happening] = frozenset(("gift", "cheer", "raid"))


class Personality:
    """Her traits and her mood. Times are the caller's seconds, which do not go back."""

    def __init__(self, traits: Traits, mood: MoodSettings, now: Seconds, style: Style = "casual") -> None:
        self.traits = traits
        self.style: Style = style
        self._rest = mood
        self._mood = Mood(mood.valence, mood.arousal)
        self._at = now

    def mood(self, now: Seconds) -> Mood:
        """Return how she feels: what moved her has faded by now."""
        # Half at 0.5 composure; a composed character needs half as long as a restless one three times.
        half_life = self._rest.half_life_s * 2.0 ** (1.0 - 2.0 * self.traits.composure)
        left = 0.5 ** (max(0.0, now - self._at) / half_life)
        return Mood(
            self._rest.valence + (self._mood.valence - self._rest.valence) * left,
            self._rest.arousal + (self._mood.arousal - self._rest.arousal) * left,
        )

    def feel(self, happening: Happening, now: Seconds, amount: int = 1) -> Mood:
        """Let something move her, and return how she feels now.

        The nearer a mood is to its end, the less moves it on: it never passes -1 or 1.
        """
        before = self.mood(now)
        valence, arousal = _IMPULSES.get(happening, (0.0, 0.0))
        weight = 1.0 + math.log2(max(1, amount)) / 2 if happening in _BY_NUMBER else 1.0
        weight *= 1.5 - self.traits.composure
        if valence > 0:
            valence *= 0.5 + self.traits.warmth
        self._mood = Mood(
            _towards(before.valence, valence * weight), _towards(before.arousal, arousal * weight)
        )
        self._at = now
        return self._mood

    def pace(self, now: Seconds) -> float:
        """Return by how much she shortens a configured silence: 0.5 at most, 1 not at all."""
        eager = 0.7 * self.traits.talkativeness + 0.3 * (self.mood(now).arousal + 1) / 2
        return 1.0 - 0.5 * eager

    def liveliness(self, now: Seconds) -> float:
        """Return by how much she shortens the pauses between gestures: 0.5 at most, 1 not at all."""
        eager = 0.5 * self.traits.playfulness + 0.5 * (self.mood(now).arousal + 1) / 2
        return 1.0 - 0.5 * eager

    def face(self, now: Seconds) -> str:
        """Return the emotion that shows while she says nothing."""
        return _FACES[self.mood(now).name]

    def sentences(self, now: Seconds) -> int:
        """Return how many sentences she says unasked, 1 to 4."""
        return 1 + round(2 * self.traits.talkativeness + max(0.0, self.mood(now).arousal))

    def manner(self, now: Seconds) -> str:
        """Return how she speaks, as an instruction for a language model."""
        traits, wanted = self.traits, []
        if traits.playfulness > _HIGH:
            wanted.append("teasing and playful")
        elif traits.playfulness < _LOW:
            wanted.append("earnest")
        if traits.warmth > _HIGH:
            wanted.append("fond of the people who watch")
        elif traits.warmth < _LOW:
            wanted.append("a little aloof")
        if traits.curiosity > _HIGH:
            wanted.append("curious, and glad to ask the audience something")
        tone = {"casual": "casual", "formal": "formal and polite", "excited": "excited", "calm": "calm"}[
            self.style
        ]
        return f"Your tone is {', '.join([tone, *wanted])}. You feel {self.mood(now).name}."

    def gesture(self, motions: Mapping[str, int], now: Seconds, chance: float) -> tuple[str, int] | None:
        """Return one of a model's motions (group → how many): a quiet one in a quiet mood; None without any."""
        every = [(group, index) for group, count in sorted(motions.items()) for index in range(count)]
        quiet = [each for each in every if each[0].casefold().startswith("idle")]
        lively = [each for each in every if each not in quiet]
        wanted = lively if self.mood(now).arousal >= 0 else quiet
        choice = wanted or every
        return choice[int(chance * len(choice))] if choice else None


_HIGH, _LOW = 0.65, 0.35


def _towards(value: float, change: float) -> float:
    room = 1 - value if change > 0 else 1 + value
    return max(-1.0, min(1.0, value + change * room))
