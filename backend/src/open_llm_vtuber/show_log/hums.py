"""Pure: sound in a log by its outline, and the hum that a replay has in its place."""

import base64
from hashlib import blake2b

import numpy as np

from open_llm_vtuber.show.speech import SLICE, speech
from open_llm_vtuber.units import Hertz

LONGEST = 100_000_000
"""Bytes of one sound that a log may tell of."""
HIGHEST_RATE = 200_000
_STEPS = 1_000
"""Loudness is told in thousandths, as the wire has it."""
Sound = tuple[bytes, Hertz]
"""16-bit little-endian mono samples, and how many of them a second has."""


class Hums:
    """The codec of sound: its length, its rate, the loudness of each 20 ms, and a digest to know it again by.

    What comes back has the same length and the same loudness, so the mouth moves as it did, and a log stays small.
    """

    def dump(self, value: Sound) -> object:
        """Return the outline of a sound."""
        pcm, rate = value
        volumes = np.rint(np.array(speech(pcm, rate).volumes) * _STEPS).astype("<u2")
        return {
            "bytes": len(pcm),
            "rate": rate,
            "loud": base64.b64encode(volumes.tobytes()).decode(),
            "digest": blake2b(pcm, digest_size=8).hexdigest(),
        }

    def load(self, data: object) -> Sound:
        """Return a hum. Raises ValueError or TypeError for what is no outline."""
        if not isinstance(data, dict):
            raise TypeError("that is no outline of a sound")
        length, rate = int(data["bytes"]), Hertz(int(data["rate"]))
        volumes = np.frombuffer(base64.b64decode(str(data["loud"])), "<u2")
        hop = rate * SLICE // 1000
        if not (
            0 <= length <= LONGEST and hop > 0 and rate <= HIGHEST_RATE and len(volumes) * hop * 2 >= length
        ):
            raise ValueError("that is no outline of a sound")
        hum = np.repeat(np.minimum(volumes, _STEPS).astype("<i2") * 32, hop)
        return hum[: length // 2].astype("<i2").tobytes(), rate


HUMS = Hums()
