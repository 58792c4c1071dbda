"""A voice that is a program of its own: it reads a line, writes a WAV file for it and says the file's name.

So speak Piper's command line and our own for Kokoro. What is under another licence, crashes or occupies the
interpreter does so over there.
"""

import asyncio
import logging
import os
import re
import shutil
import tempfile
import wave
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.units import Hertz, Seconds

log = logging.getLogger(__name__)

START_LIMIT: Seconds = 60.0
SENTENCE_LIMIT: Seconds = 30.0
_STOP_LIMIT: Seconds = 2.0
_LONGEST = 2000
"""Characters of one sentence."""
_FILE = re.compile(r"([^\s/\\]+\.wav)\s*$")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence."""

    pcm: bytes
    rate: Hertz


class SpeakingProgram:
    """Runs `command` with `--output_dir` and a folder that is gone afterwards. Says one sentence at a time."""

    def __init__(self, engine: str, command: Sequence[str], *, hint: str) -> None:
        self._engine = engine
        self._command = command
        self._hint = hint
        """What an operator may look at when it does not start."""
        self._folder: Path | None = None
        self._process: Process | None = None
        self._owed = 0
        """Files for sentences that nobody waits for any more."""
        self._turn = asyncio.Lock()

    async def start(self) -> Hertz:
        """Start it, let it say a word and return its rate. Raises EngineError."""
        self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=f"{self._engine}-"))
        try:
            return (await self._said("Hello.", START_LIMIT)).rate
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End it, and forget what it wrote."""
        await self._end()
        folder, self._folder = self._folder, None
        if folder is not None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def say(self, text: str) -> Spoken:
        """Return a sentence's sound, starting the program again if it has died. Raises EngineError."""
        return await self._said(text[:_LONGEST], SENTENCE_LIMIT if self._process else START_LIMIT)

    async def _said(self, text: str, limit: Seconds) -> Spoken:
        async with self._turn:
            try:
                async with asyncio.timeout(limit):
                    process = await self._running()
                    await self._send(process, text)
                    return await self._received(process)
            except TimeoutError:
                await self._end()
                raise self._failure(f"took more than {limit:.0f} seconds: is the machine busy?") from None
            except (OSError, EOFError, ValueError, wave.Error):
                await self._end()
                raise self._failure(f"ended or failed: {self._hint}") from None

    async def _running(self) -> Process:
        if self._folder is None:
            msg = f"{self._engine} is not started."
            raise EngineError(msg, engine=self._engine, retryable=False)
        if self._process is None:
            self._owed = 0
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                *("--output_dir", str(self._folder)),
                stdin=PIPE,
                stdout=PIPE,
                stderr=STDOUT,
                env={**os.environ, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
            )
        return self._process

    async def _send(self, process: Process, text: str) -> None:
        if process.stdin is None:
            raise EOFError
        line = " ".join(text.split()).encode("utf-8", "replace")
        self._owed += 1
        process.stdin.write(line + b"\n")
        await process.stdin.drain()

    async def _received(self, process: Process) -> Spoken:
        """Return the last sentence that was sent; those before it were given up."""
        while True:
            file = await self._next_file(process)
            self._owed -= 1
            spoken = await asyncio.to_thread(_taken, file)
            if not self._owed:
                return spoken

    async def _next_file(self, process: Process) -> Path:
        if process.stdout is None or self._folder is None:
            raise EOFError
        while line := await process.stdout.readline():
            text = line.decode("utf-8", "replace")
            found = _FILE.search(text)
            if found and (file := self._folder / found[1]).is_file():
                return file
            log.debug("%s: %s", self._engine, text.rstrip())
        raise EOFError

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_LIMIT):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _failure(self, what: str) -> EngineError:
        return EngineError(f"{self._engine}'s program {what}", engine=self._engine, retryable=True)


def _taken(file: Path) -> Spoken:
    """Read a file and remove it. Raises wave.Error, EOFError, OSError or ValueError for what is no voice."""
    with wave.open(str(file)) as sound:
        if (sound.getnchannels(), sound.getsampwidth()) != (1, 2):
            msg = "not 16-bit mono"
            raise ValueError(msg)
        spoken = Spoken(sound.readframes(sound.getnframes()), Hertz(sound.getframerate()))
    file.unlink()
    return spoken
