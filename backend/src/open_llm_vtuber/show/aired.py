"""What has gone out of a reply: kept until the turn ends, for a page that is reloaded while she speaks."""

import asyncio
from contextlib import suppress

from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.live_server_messages import SpeechUnderWay
from open_llm_vtuber.protocol.parts import Actions, DisplayText
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.playback import Playback, reading_time
from open_llm_vtuber.show.speech import SLICE, Speech
from open_llm_vtuber.units import Seconds

SHORTEST_WAIT: Seconds = 0.05


class Aired:
    """The sentences of one turn with their sounds; a reply's length bounds them."""

    def __init__(self, turn_id: str) -> None:
        self.playback = Playback()
        self.was_played = asyncio.Event()
        self.is_complete = False
        """Whether the last sentence has been sent."""
        self._turn_id = turn_id
        self._sentences: list[Audio] = []

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

    async def heard_out(self, grace: Seconds) -> None:
        """Return when everything has been played: by the primary's report, at the latest `grace` after its length."""
        self.is_complete = True
        # Again and again: the time line may stand still meanwhile.
        while (left := self.playback.left(_now()) + grace) > 0 and not self.was_played.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(max(left, SHORTEST_WAIT)):
                    await self.was_played.wait()


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
