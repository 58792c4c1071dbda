"""What is used of kokoro-onnx, for a child process that finds this instead of the library: it hums."""

import numpy as np
from numpy.typing import NDArray

RATE = 24_000


class Kokoro:
    def __init__(self, model: str, voices: str) -> None:
        assert model.endswith("model.onnx")
        assert voices.endswith("voices.bin")

    def create(self, text: str, voice: str, speed: float, lang: str) -> tuple[NDArray[np.float32], int]:
        if "crash" in text:
            msg = "native"
            raise RuntimeError(msg)
        assert (voice, lang) == ("af_sky", "en-us")
        places = np.arange(int(len(text) * RATE * 0.06 / speed))
        loud = 2.0 if "loud" in text else 0.3
        return (loud * np.sin(places * 0.05)).astype(np.float32), RATE
