"""Kokoro as a program: a line in, a WAV file out, its name on the standard output. Piper's command line does so."""

import argparse
import importlib
import sys
import wave
from pathlib import Path

import numpy as np


def main() -> None:
    """Speak until the standard input ends."""
    settings = _settings()
    kokoro = importlib.import_module("kokoro_onnx").Kokoro(settings.model_path, settings.voices_path)
    for number, line in enumerate(sys.stdin):
        samples, rate = kokoro.create(
            line.strip(), voice=settings.voice, speed=settings.speed, lang=settings.lang
        )
        file = Path(settings.output_dir) / f"{number}.wav"
        with wave.open(str(file), "wb") as sound:
            sound.setparams((1, 2, rate, 0, "NONE", ""))
            sound.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        sys.stdout.write(f"{file.name}\n")
        sys.stdout.flush()


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("model_path", "voices_path", "voice", "lang", "output_dir"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--speed", type=float, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
