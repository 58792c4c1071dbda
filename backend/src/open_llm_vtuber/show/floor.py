"""Pure: who on stage has the floor. Time is passed in.

The first who speaks holds it. Who speaks meanwhile comes next, in the order in which they began: what they said waits
until everybody before them has finished.
"""

from dataclasses import dataclass

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.units import Seconds

Microphone = tuple[str, str]
"""Whose it is: a client, and the name that the client has for it."""

MOST_SPEAKERS = 4
"""Microphones that may be spoken into at once; one more is refused."""
SILENT_FOR: Seconds = 3.0
"""Who is not heard for so long in the middle of an utterance has gone."""
ANSWER_WITHIN: Seconds = 2.0
"""How long the floor stays with somebody who has finished, until their client asks for the answer."""


@dataclass(slots=True)
class _Speaker:
    until: Seconds
    """When it is given up on; not while its words wait."""
    waits: bool = False


class Floor:
    """Keeps the order of those who speak."""

    def __init__(self) -> None:
        self._speakers: dict[Microphone, _Speaker] = {}

    @property
    def holder(self) -> Microphone | None:
        """Who has it."""
        return next(iter(self._speakers), None)

    @property
    def next_ones(self) -> int:
        """How many come after the one who has it."""
        return max(0, len(self._speakers) - 1)

    @property
    def lapses_at(self) -> Seconds | None:
        """When somebody is given up on, if nothing is heard."""
        return min((each.until for each in self._speakers.values() if not each.waits), default=None)

    def hear(self, who: Microphone, now: Seconds) -> bool:
        """Note that somebody speaks, and return whether the floor was free. Raises ProtocolError `busy`."""
        was_free = not self._speakers
        if who not in self._speakers and len(self._speakers) >= MOST_SPEAKERS:
            raise ProtocolError("Too many speak at once; say it again in a moment.", code="busy")
        self._speakers.setdefault(who, _Speaker(now)).until = now + SILENT_FOR
        return was_free

    def stay(self, who: Microphone, now: Seconds) -> bool:
        """Note that somebody goes on speaking; return False for who is not among those who speak."""
        speaker = self._speakers.get(who)
        if speaker is not None:
            speaker.until = now + SILENT_FOR
        return speaker is not None

    def finish(self, who: Microphone, now: Seconds) -> None:
        """Note that an utterance is complete."""
        if who in self._speakers:
            self._speakers[who].until = now + ANSWER_WITHIN

    def wait(self, who: Microphone) -> None:
        """Note that somebody's words are there and wait for their turn."""
        if who in self._speakers:
            self._speakers[who].waits = True

    def leave(self, who: Microphone) -> None:
        """Note that somebody has had their say, or has gone."""
        self._speakers.pop(who, None)

    def forget(self, client: str) -> list[Microphone]:
        """Drop all of a client's, and return them."""
        gone = [who for who in self._speakers if who[0] == client]
        for who in gone:
            self.leave(who)
        return gone

    def lapse(self, now: Seconds) -> list[Microphone]:
        """Give up on everybody who has fallen silent without an end, and return them."""
        gone = [who for who, each in self._speakers.items() if not each.waits and each.until <= now]
        for who in gone:
            self.leave(who)
        return gone
