"""Libraries that only some voices need: looked for when the voice starts, and named when they are missing."""

import asyncio
import importlib
import importlib.util
from collections.abc import AsyncGenerator, AsyncIterator
from types import ModuleType
from typing import TypeVar

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.units import Seconds

T = TypeVar("T")


async def library(name: str, *, engine: str, extra: str) -> ModuleType:
    """Import a library, off the loop: that may take a second. Raises ConfigError when it is not installed."""
    try:
        return await asyncio.to_thread(importlib.import_module, name)
    except ImportError as error:
        raise missing(engine, extra) from error


def require(name: str, *, engine: str, extra: str) -> None:
    """Raise ConfigError unless a library is installed, without importing it."""
    if importlib.util.find_spec(name) is None:
        raise missing(engine, extra)


def missing(engine: str, extra: str) -> ConfigError:
    """Return the error for a voice whose library is not there."""
    return ConfigError(
        f"{engine} needs the extra {extra!r}: pip install 'open-llm-vtuber[{extra}]', or choose another voice."
    )


async def in_time(pieces: AsyncIterator[T], *, first: Seconds, between: Seconds) -> AsyncGenerator[T, None]:
    """Yield the same pieces. Raises TimeoutError when the first, or a later one, takes longer than that."""
    clock = asyncio.get_running_loop()
    deadline = clock.time() + first
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        yield piece
        deadline = clock.time() + between
