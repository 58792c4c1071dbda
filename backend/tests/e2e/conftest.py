"""A browser for the whole session, and servers as a user starts them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.studio import Studio


@pytest.fixture(scope="session")
def studio(browser: Path) -> Iterator[Studio]:
    """Return an open browser. Its loop runs only within a scene: other tests may run loops of their own."""
    with asyncio.Runner() as runner:
        studio = Studio(runner, browser)
        studio.play(studio.open())
        try:
            yield studio
        finally:
            studio.play(studio.close())
