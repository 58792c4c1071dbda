"""What has gone out of a reply: kept until the turn ends, for a page that is reloaded while she speaks."""

import asyncio
from contextlib import suppress

from open_llm_vtuber import course
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.floor_messages import SpeechYields
from open_llm_vtuber.protocol.live_server_messages import SpeechUnderWay
from open_llm_vtuber.protocol.parts import Actions, DisplayText
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.playback import Playback, reading_time
from open_llm_vtuber.show.speech import SLICE, Speech
from open_llm_vtuber.show.yielding import clause_end, heard_part
from open_llm_vtuber.units import Seconds

SHORTEST_WAIT: Seconds = 0.05
YIELD_GRACE: Seconds = 0.1
"""How long the last clause may go on where nobody knows that it is the last."""


class Aired:
    """The sentences of one turn with their sounds; a reply's length bounds them."""

    def __init__(self, turn_id: str) -> None:
        self.playback = Playback()
        self._was_played = False
        self.is_complete = False
        """Whether the last sentence has been sent."""
        self._turn_id = turn_id
        self._sentences: list[Audio] = []
        self.yields: SpeechYields | None = None
        """Where it ends before its end, because somebody on stage speaks."""
        self._news = asyncio.Event()
        """That it ends sooner than it was to."""
        self._is_obeyed = False
        """Whether who plays it knows where it is to end."""

    def plan(self, text: str, spoken: Speech | None) -> Seconds:
        """Put the next sentence behind the others; return when it begins."""
        return self.playback.add(text, spoken.length if spoken else reading_time(text), now=_now())

    def sentence(self, spoken: Speech | None, words: DisplayText, face: int | None) -> Audio:
        """Return the cue for the sentence that was planned last."""
        message = Audio(
            audio=spoken.wav_base64 if spoken else None,
            volumes=spoken.volumes if spoken else (),
            slice_length=SLICE,
            display_text=words,
            actions=None if face is None else Actions(expressions=(face,)),
        )
        self._sentences.append(message)
        return message

    def played_by(self, primary: Outbox | None) -> None:
        """Note who plays it now, if anybody does: it waits a moment for a page that was reloaded."""
        self._is_obeyed = primary is not None and "interrupted" in (primary.capabilities or ())
        if primary is None:
            self.playback.left_alone(_now())
        else:
            self.playback.listened(can_return=primary.capabilities is not None, now=_now())

    def under_way(self) -> SpeechUnderWay:
        """Return what is still to be heard, for a page that joins in the middle of it."""
        index, place = self.playback.place(_now())
        return SpeechUnderWay(
            turn_id=self._turn_id,
            index=index,
            position_ms=round(place * 1000),
            sentences=tuple(self._sentences[index:]),
            is_complete=self.is_complete,
        )

    def give_floor(self) -> SpeechYields | None:
        """Let the clause that is heard be the last, and return where that ends; None where nothing is heard yet."""
        last = self.playback.last_place(_now())
        if last is None:
            return None
        index, place = last
        sentence = self._sentences[index]
        text = sentence.display_text.text if sentence.display_text else ""
        length = len(sentence.volumes) * SLICE / 1000 or reading_time(text)
        end = clause_end(sentence.volumes, SLICE / 1000, place) or length
        self.playback.end_with(index, end, heard_part(text, end / length), now=_now())
        del self._sentences[index + 1 :]
        self.yields = SpeechYields(turn_id=self._turn_id, index=index, at_ms=round(end * 1000))
        self._news.set()
        return self.yields

    def played(self) -> None:
        """Note that everything has been played."""
        self._was_played = True
        self._news.set()

    async def heard_out(self, grace: Seconds) -> None:
        """Return when everything has been played: by the primary's report, at the latest `grace` after its length."""
        self.is_complete = True
        # Again and again: the time line may stand still meanwhile, or end sooner.
        while not self._was_played and (left := self.playback.left(_now()) + self._patience(grace)) > 0:
            self._news.clear()
            with suppress(TimeoutError):
                async with course.timeout(max(left, SHORTEST_WAIT)):
                    await self._news.wait()

    def _patience(self, grace: Seconds) -> Seconds:
        """How much longer than planned it may take: not much where nobody knows that it ends before its end."""
        return min(grace, YIELD_GRACE) if self.yields and not self._is_obeyed else grace


def _now() -> Seconds:
    return course.now()
