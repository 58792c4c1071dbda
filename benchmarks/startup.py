"""From the command to a server that answers, when everything is installed already; and what imports take of it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.measure import Measured, milliseconds, skipped
from benchmarks.server import EMBEDDED, PROGRAM, ROOT, SCRIPTED, NotStarted, environment, serving

STARTS = 5
MAKE = ("make", "--no-print-directory")
_IMPORT = (
    "import time; wall, cpu = time.perf_counter(), time.process_time(); import open_llm_vtuber.cli; "
    "print(time.perf_counter() - wall, time.process_time() - cpu)"
)


def measure() -> Iterator[Measured]:
    """Measure imports, the program and `make run`."""
    timings = [_import() for _ in range(STARTS + 1)][1:]
    yield milliseconds("import open_llm_vtuber.cli, wall", [wall for wall, _ in timings])
    yield milliseconds("import open_llm_vtuber.cli, CPU", [cpu for _, cpu in timings])
    yield _starts("program → /health, scripted", SCRIPTED, PROGRAM)
    yield _starts("program → /health, embedded", EMBEDDED, PROGRAM)
    if shutil.which("make") is None:
        yield skipped("make run → /health", "there is no make")
        return
    yield _starts("make run → /health, scripted", SCRIPTED, MAKE)
    yield _starts("make run → /health, embedded", EMBEDDED, MAKE)


def _import() -> tuple[float, float]:
    command = [sys.executable, "-c", _IMPORT]
    said = subprocess.run(  # noqa: S603  our own code
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True
    )
    wall, cpu = said.stdout.split()
    return float(wall), float(cpu)


def _starts(what: str, character: Mapping[str, Any], program: Sequence[str]) -> Measured:
    samples: list[float] = []
    try:
        for _ in range(STARTS + 1):
            with serving(character, program) as server:
                samples.append(server.ready_s)
                if character is EMBEDDED and (reason := server.lacks(llm="embedded_llm", tts="embedded_tts")):
                    return skipped(what, reason)
    except NotStarted as error:
        return skipped(what, str(error))
    return milliseconds(what, samples[1:])
