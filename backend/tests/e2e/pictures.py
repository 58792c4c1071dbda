"""Pictures measured in the browser itself, which reads PNG files anyway."""

import base64
from collections.abc import Sequence
from typing import Any

from playwright.async_api import Page

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


async def pixels(page: Page, png: bytes, width: int = WIDTH) -> list[int]:
    """Return red, green, blue and alpha of every pixel of the picture, scaled to that width."""
    found: list[Any] = await page.evaluate(PIXELS, [base64.b64encode(png).decode(), width])
    return [int(value) for value in found]


def difference(left: Sequence[int], right: Sequence[int]) -> int:
    """Return how many pixels differ noticeably."""
    assert len(left) == len(right)
    return sum(
        any(abs(left[place + channel] - right[place + channel]) > NOTICEABLE for channel in range(3))
        for place in range(0, len(left), 4)
    )
