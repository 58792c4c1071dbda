"""Pure: does the mouth that was drawn follow the sound that was sent? Numbers in, faults out."""

import base64
import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 0.020
"""Loudness is the root mean square over this long."""
LEAST_CORRELATION = 0.8
SHUT = 0.03
"""A mouth that opens less is shut."""
SILENT = 0.02
"""Of a sentence's loudest window; below it there is silence."""
SHORTEST_SILENCE_S = 0.080
CLOSING_S = 0.110
"""How long a mouth may take to shut when a silence begins."""
LATE_S = 0.040
"""How far the picture may be behind or ahead of the sound: two frames."""
FEWEST_FRAMES = 25

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """What one animation frame showed, and where the sound was."""

    sentence: int
    """Which of the sounds is or was the last to be played; -1 before the first."""
    t: float
    """Seconds into it, as the audio device counts; beyond its end when it is over."""
    mouth: float
    """The parameter as it was drawn."""
    lips: float
    """How much of it is speech, and not the expression's."""
    heard: float
    """Loudness at the loudspeaker, measured there."""
    expression: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A sentence's decoded samples, -1 to 1."""

    samples: Samples
    rate: int

    @property
    def length(self) -> float:
        return len(self.samples) / self.rate

    def loudness(self, times: Sequence[float]) -> Samples:
        """Return the loudness around each time, the sentence's loudest being 1."""
        half = round(WINDOW_S / 2 * self.rate)
        energy = np.concatenate(([0.0], np.cumsum(self.samples**2)))
        middles = np.round(np.asarray(times, dtype=np.float64) * self.rate).astype(np.int64)
        lower, upper = (np.clip(middles + side, 0, len(self.samples)) for side in (-half, half))
        loud = np.sqrt((energy[upper] - energy[lower]) / (2 * half))
        loudest = self._loudest(half, energy)
        return np.asarray(loud / loudest if loudest > 0 else loud * 0.0, dtype=np.float64)

    def silences(self) -> list[tuple[float, float]]:
        """Return where it is silent for long enough to be seen."""
        step = 0.005
        times = np.arange(0.0, self.length, step)
        quiet = [*(self.loudness(list(times)) < SILENT), False]
        found, start = [], None
        for place, is_quiet in enumerate(quiet):
            if is_quiet and start is None:
                start = place
            elif not is_quiet and start is not None:
                found.append((start * step, place * step))
                start = None
        return [(begin, end) for begin, end in found if end - begin >= SHORTEST_SILENCE_S]

    @staticmethod
    def _loudest(half: int, energy: Samples) -> float:
        if len(energy) <= 2 * half:
            return float(np.sqrt(energy[-1] / (2 * half)))
        return float(np.sqrt((energy[2 * half :] - energy[: -2 * half]).max() / (2 * half)))


def decoded(wav_base64: str) -> Sound:
    """Return the samples of a 16-bit mono WAV file."""
    with wave.open(io.BytesIO(base64.b64decode(wav_base64))) as file:
        assert (file.getsampwidth(), file.getnchannels()) == (2, 1)
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return Sound(pcm.astype(np.float64) / 32768.0, file.getframerate())


@dataclass(slots=True)
class Verdict:
    """What the comparison found."""

    correlation: float = 0.0
    """Between the drawn mouth and the sound that was sent."""
    heard_correlation: float = 0.0
    """Between the sound at the loudspeaker and the sound that was sent."""
    frames: int = 0
    silent_frames: int = 0
    worst_in_silence: float = 0.0
    frames_after: int = 0
    worst_after: float = 0.0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"r {self.correlation:.3f} over {self.frames} frames (at the loudspeaker {self.heard_correlation:.3f}); "
            f"in {self.silent_frames} silent frames at most {self.worst_in_silence:.3f}, "
            f"in {self.frames_after} afterwards at most {self.worst_after:.3f}"
        )


def judge(sounds: Sequence[Sound], frames: Sequence[Frame]) -> Verdict:
    """Compare what was drawn with what was sent."""
    verdict = Verdict()
    during = [frame for frame in frames if 0 <= frame.sentence < len(sounds)]
    _follows(verdict, sounds, during)
    _is_shut_in_silence(verdict, sounds, during)
    _is_shut_afterwards(verdict, sounds, during)
    return verdict


def _follows(verdict: Verdict, sounds: Sequence[Sound], frames: Sequence[Frame]) -> None:
    if not sounds:
        verdict.faults.append("no sound was sent")
    expected: list[float] = []
    mouth: list[float] = []
    heard: list[float] = []
    for index, sound in enumerate(sounds):
        its = [frame for frame in frames if frame.sentence == index and 0 <= frame.t <= sound.length]
        if not np.any(np.abs(sound.samples) > 0.01):
            verdict.faults.append(f"sound {index} is mute")
        if not its:
            verdict.faults.append(f"sound {index} was not played")
            continue
        if max(frame.heard for frame in its) < 0.01:
            verdict.faults.append(f"sound {index} did not reach the loudspeaker")
        expected.extend(sound.loudness([frame.t for frame in its]))
        mouth.extend(frame.mouth for frame in its)
        loudest = max(frame.heard for frame in its) or 1.0
        heard.extend(frame.heard / loudest for frame in its)
    verdict.frames = len(mouth)
    verdict.correlation = correlation(expected, mouth)
    verdict.heard_correlation = correlation(expected, heard)
    if verdict.frames < FEWEST_FRAMES:
        verdict.faults.append(f"only {verdict.frames} frames were drawn while she spoke")
    if verdict.correlation <= LEAST_CORRELATION:
        verdict.faults.append(f"the mouth does not follow the sound: r = {verdict.correlation:.3f}")


def _is_shut_in_silence(verdict: Verdict, sounds: Sequence[Sound], frames: Sequence[Frame]) -> None:
    quiet = [
        frame.mouth
        for index, sound in enumerate(sounds)
        for begin, end in sound.silences()
        # Nothing has to shut before her first sound.
        for shut in [begin + (CLOSING_S if index or begin else 0.0)]
        for frame in frames
        if frame.sentence == index and shut <= frame.t <= end - LATE_S
    ]
    verdict.silent_frames = len(quiet)
    verdict.worst_in_silence = max(quiet, default=0.0)
    if verdict.worst_in_silence >= SHUT:
        verdict.faults.append(f"the mouth is open by {verdict.worst_in_silence:.3f} while she is silent")


def _is_shut_afterwards(verdict: Verdict, sounds: Sequence[Sound], frames: Sequence[Frame]) -> None:
    if not sounds:
        return
    end = sounds[-1].length
    after = [frame for frame in frames if frame.sentence == len(sounds) - 1 and frame.t > end]
    mouth = [max(frame.lips, frame.mouth) for frame in after if frame.t > end + CLOSING_S + LATE_S]
    verdict.frames_after, verdict.worst_after = len(mouth), max(mouth, default=0.0)
    if not mouth:
        verdict.faults.append("nothing was drawn after she had spoken")
    if verdict.worst_after >= SHUT:
        verdict.faults.append(f"the mouth is open by {verdict.worst_after:.3f} after she has spoken")


def correlation(left: Sequence[float], right: Sequence[float]) -> float:
    """Return Pearson's r; 0 where one of them never changes."""
    if len(left) < 2 or np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    return float(np.corrcoef(left, right)[0, 1])
