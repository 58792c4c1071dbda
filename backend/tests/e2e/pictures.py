"""Pictures measured in the browser itself, which reads PNG files anyway."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page

Pixels = NDArray[np.int16]
Picture = Sequence[int]
"""Red, green, blue and alpha of every pixel."""
PIXELS = """async ([file, width]) => {
    const bytes = Uint8Array.from(atob(file), (char) => char.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const height = Math.round((bitmap.height * width) / bitmap.width);
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0, width, height);
    return Array.from(context.getImageData(0, 0, width, height).data);
}"""
WIDTH = 160
"""Pixels of width at which pictures are compared: what is smaller, nobody sees."""
NOTICEABLE = 40
"""Of 255: a difference that catches the eye."""


async def pixels(page: Page, png: bytes, width: int = WIDTH) -> Picture:
    """Return a PNG file's picture, scaled to that width."""
    found: list[Any] = await page.evaluate(PIXELS, [base64.b64encode(png).decode(), width])
    return [int(value) for value in found]


def difference(left: Picture, right: Picture, width: int = WIDTH) -> int:
    """Return how many pixels differ noticeably, apart from what has only moved by a pixel: she breathes."""
    ours, theirs = (np.array(each, np.int16).reshape(-1, width, 4)[:, :, :3] for each in (left, right))
    return int(np.count_nonzero(_foreign(ours, theirs) | _foreign(theirs, ours)))


def _foreign(picture: Pixels, other: Pixels) -> NDArray[np.bool_]:
    """Return which pixels are unlike every neighbour of the same place in the other picture."""
    height, width, _ = other.shape
    edged = np.pad(other, ((1, 1), (1, 1), (0, 0)), mode="edge")
    near = np.stack([edged[y : y + height, x : x + width] for y in range(3) for x in range(3)])
    too_dark = picture < near.min(axis=0) - NOTICEABLE
    too_bright = picture > near.max(axis=0) + NOTICEABLE
    return np.asarray((too_dark | too_bright).any(axis=2), dtype=np.bool_)
