"""What every voice agrees on: 16-bit little-endian mono, and when there is something to speak at all."""

import sys
from array import array
from collections.abc import AsyncGenerator, AsyncIterator

from open_llm_vtuber.units import Hertz

RATE = Hertz(24000)
SAMPLE_BYTES = 2


def speakable(text: str) -> bool:
    """Return whether the text holds a letter or a digit; marks and emoji alone have no sound."""
    return any(character.isalnum() for character in text)


def encode(samples: "array[int]") -> bytes:
    """Return samples of an array("h") as little-endian bytes, whatever this machine's own order."""
    if sys.byteorder == "big":
        samples = samples[:]
        samples.byteswap()
    return samples.tobytes()


async def whole_samples(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the same bytes in pieces of whole samples: a network cuts where it likes."""
    rest = b""
    async for chunk in chunks:
        data = rest + chunk
        cut = len(data) - len(data) % SAMPLE_BYTES
        rest = data[cut:]
        if cut:
            yield data[:cut]
