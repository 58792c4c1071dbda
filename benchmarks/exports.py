"""How long it takes to make a clip and the report of a show, from the log of half an hour."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Measured, milliseconds
from benchmarks.replays import rehearsed
from open_llm_vtuber.clips.clip import Clip, as_json, clip_of_span
from open_llm_vtuber.clips.cues import srt, vtt
from open_llm_vtuber.clips.sound import laid_out, wav
from open_llm_vtuber.log_report.figures import figures
from open_llm_vtuber.log_report.page import page
from open_llm_vtuber.show_log.reader import read_log
from open_llm_vtuber.tts.pcm import RATE

ROUNDS = 10
MINUTE = 60.0


def measure() -> Iterator[Measured]:
    """Measure each step by itself; what a voice takes to speak is another benchmark's."""
    with TemporaryDirectory() as folder:
        file = rehearsed(Path(folder))
        yield milliseconds(
            "read the log", _each(lambda: read_log(file)), "half an hour, as every command does"
        )
        log = read_log(file)
        clip = clip_of_span(log, MINUTE, 2 * MINUTE)
        yield milliseconds("find a minute in it", _each(lambda: clip_of_span(log, MINUTE, 2 * MINUTE)))
        yield milliseconds(
            "its subtitles and data", _each(lambda: _written(clip)), f"{len(clip.lines)} sentences"
        )
        silence = bytes(2 * RATE)
        sounds = dict.fromkeys(clip.lines, silence)
        yield milliseconds(
            "its sound, once spoken", _each(lambda: wav(laid_out(clip, sounds, RATE)[0], RATE))
        )
        yield milliseconds("the report", _each(lambda: page(figures(log))), "without the replay for her mood")


def _written(clip: Clip) -> int:
    cues = clip.cues()
    return len(srt(cues)) + len(vtt(cues)) + len(as_json(clip, None))


def _each(work: Callable[[], object]) -> list[float]:
    samples: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        samples.append(time.perf_counter() - began)
    return samples
