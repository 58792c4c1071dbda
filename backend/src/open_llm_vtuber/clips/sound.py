"""Pure: sentences, each with its sound → one sound as long as the clip, silence between them, as a WAV file."""

import io
import wave
from collections.abc import Mapping

import numpy as np

from open_llm_vtuber.clips.clip import Clip
from open_llm_vtuber.show_log.heard import Line
from open_llm_vtuber.units import Hertz, Seconds

FADE: Seconds = 0.02
"""Over which a sentence that is cut goes silent: a hard cut clicks."""
SAMPLE_BYTES = 2


def laid_out(clip: Clip, sounds: Mapping[Line, bytes], rate: Hertz) -> tuple[bytes, int]:
    """Return 16-bit little-endian mono samples as long as the clip, and how many sentences are longer than they were.

    Each sentence begins exactly when it did. One that was cut on air is cut there; one that is longer in this voice
    may go on until the next one begins.
    """
    whole = np.zeros(round(clip.length * rate), "<i2")
    too_long = 0
    for number, line in enumerate(clip.lines):
        following = clip.lines[number + 1].begin if number + 1 < len(clip.lines) else clip.end
        room = line.end if line.is_cut else max(line.end, following)
        had_to_be_cut = _lay(whole, clip, line.begin, room, sounds.get(line, b""), rate)
        too_long += had_to_be_cut and not line.is_cut and line.end <= clip.end
    return whole.tobytes(), too_long


def wav(pcm: bytes, rate: Hertz) -> bytes:
    """Return 16-bit mono samples as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(rate)
        file.writeframes(pcm)
    return buffer.getvalue()


def _lay(
    whole: "np.ndarray[tuple[int], np.dtype[np.int16]]",
    clip: Clip,
    begin: Seconds,
    end: Seconds,
    pcm: bytes,
    rate: Hertz,
) -> bool:
    """Put a sound in its place; return whether it had to be cut to have room there."""
    samples = np.frombuffer(pcm[: len(pcm) - len(pcm) % SAMPLE_BYTES], "<i2")
    place = round((begin - clip.begin) * rate)
    room = min(len(whole), round((end - clip.begin) * rate)) - place
    is_cut = len(samples) > max(0, room) + 1  # the rounding of times
    samples = samples[: max(0, room)]
    if is_cut and len(samples):
        fade = min(len(samples), round(FADE * rate))
        samples = samples.copy()
        samples[-fade:] = (samples[-fade:] * np.linspace(1.0, 0.0, fade)).astype("<i2")
    skipped = max(0, -place)
    samples = samples[skipped:]
    whole[place + skipped : place + skipped + len(samples)] = samples
    return is_cut
