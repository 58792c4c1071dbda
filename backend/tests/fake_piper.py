"""A program that behaves like Piper's command line: a line in, a WAV file in --output_dir, a log line that names it.

What the line says decides: "die" ends it, "hang" says nothing any more, "stereo" writes what is no voice.
"""

import argparse
import itertools
import math
import os
import sys
import time
import wave
from array import array
from pathlib import Path

RATE = 16_000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--model", default="")
    parser.add_argument("--speed", type=float, default=0.0)
    known, others = parser.parse_known_args()
    folder = Path(known.output_dir)
    (folder / "arguments").write_text(" ".join(["--model", known.model, *others]))
    (folder / "pid").write_text(str(os.getpid()))
    for number in itertools.count():
        line = sys.stdin.readline()
        if not line:
            return
        text = line.strip()
        if "die" in text.split():
            sys.exit("Traceback: something that nobody should see")
        if "hang" in text.split():
            time.sleep(60)
        if "slow" in text.split():
            time.sleep(0.3)
        file = folder / f"{number}.wav"
        with wave.open(str(file), "wb") as sound:
            sound.setparams((2 if "stereo" in text.split() else 1, 2, RATE, 0, "NONE", ""))
            sound.writeframes(hum(len(text)))
        sys.stderr.write(f"INFO:__main__:Wrote {file}\n")
        sys.stderr.flush()


def hum(characters: int) -> bytes:
    length = characters * RATE * 60 // 1000
    return array("h", (int(9000 * math.sin(i * 0.1)) for i in range(length))).tobytes()


if __name__ == "__main__":
    main()
