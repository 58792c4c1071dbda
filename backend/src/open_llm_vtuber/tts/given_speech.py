"""Speech that comes with its words → what every voice gives: one rate, and the one loudness. Pure."""

from collections.abc import Sequence

from open_llm_vtuber.tts.loudness import levelled, resampled
from open_llm_vtuber.tts.pcm import RATE
from open_llm_vtuber.tts.wav import wav_sound


def given_speech(pieces: Sequence[bytes]) -> bytes:
    """Return one sentence's pcm, of WAV files that follow each other. Raises ValueError when one is none.

    Tens of milliseconds for a long sentence: not on the loop.
    """
    sounds = [wav_sound(piece) for piece in pieces]
    rates = {rate for _, rate in sounds}
    if len(rates) > 1:
        msg = "its pieces are of different rates"
        raise ValueError(msg)
    pcm = b"".join(sound for sound, _ in sounds)
    return levelled(resampled(pcm, rates.pop(), RATE), RATE) if pcm else b""
