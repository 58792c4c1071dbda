"""The command `protocol`: all messages for people or for programs, and all addresses."""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from open_llm_vtuber import app, config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.protocol.asyncapi import asyncapi
from open_llm_vtuber.protocol.reference import reference

FORMATS = ("markdown", "asyncapi", "openapi")
_SCRIPTED = {
    "agent_config": {
        "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
        "llm_configs": {"scripted_llm": {}},
    },
    "tts_config": {"tts_model": "tone_tts"},
    "asr_config": {"asr_model": "none"},
}
"""Engines that start at once: the addresses are the same with any."""


def add_options(protocol: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    protocol.add_argument(
        "--format",
        choices=FORMATS,
        default=FORMATS[0],
        help="of the messages markdown (default) or asyncapi, of the HTTP addresses openapi",
    )


def printed(kind: str) -> str:
    """Return the reference in that format."""
    match kind:
        case "asyncapi":
            return asyncapi()
        case "openapi":
            return asyncio.run(_openapi())
        case _:
            return reference()


async def _openapi() -> str:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate({"character_config": _SCRIPTED})
        settings = config.without_traces(settings, Path(folder))
        async with app.on_air(settings, lambda _: None, drives_outputs=False) as parts:
            return json.dumps(app.web(settings, parts).openapi(), ensure_ascii=False, indent=1) + "\n"
