"""`/health`: whether the server works, part by part."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal

from fastapi import FastAPI, Response
from pydantic import BaseModel

from open_llm_vtuber import __version__
from open_llm_vtuber.protocol.live_client_messages import GetSnapshot
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.protocol.parts import Provider, State
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.web.api import ON_AIR, answer_to

ANSWERS_WITHIN: Seconds = 2.0
"""A show that takes longer to say how it is does not work any more."""

Troubles = Callable[[], Mapping[str, str]]
"""Returns each part that no show knows of, with what is wrong with it; "" is nothing."""


class PartHealth(BaseModel):
    """How a part is. `troubled`: the show goes on without it, or with what stands in for it."""

    status: Literal["ok", "troubled"]
    note: str = ""
    """What is wrong, for the operator."""


class Health(BaseModel):
    """Whether the server works: `troubled` when a part is, `down` (and 503) when the show on air does not answer."""

    status: Literal["ok", "troubled", "down"]
    version: str
    parts: dict[str, PartHealth]
    """`show`, `store`, `twitch` where a channel is read, and each engine's job."""
    providers: dict[str, Provider]


def add_health(app: FastAPI, shows: Shows, troubles: Troubles) -> None:
    """Add the route."""

    @app.get("/health", tags=["server"], responses={503: {"model": Health}})
    async def health(response: Response) -> Health:
        """Answer 200 once the server is ready and as long as the show answers, and say how each part is."""
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                state = (await answer_to(Snapshot, shows, ON_AIR, GetSnapshot())).state
        except TimeoutError:
            response.status_code = 503
            parts = {"show": _part("The show on air does not answer."), **_parts(troubles())}
            return Health(status="down", version=__version__, parts=parts, providers={})
        parts = {"show": _part(""), **_parts(troubles()), **_parts(_told(state))}
        is_fine = all(part.status == "ok" for part in parts.values())
        return Health(
            status="ok" if is_fine else "troubled",
            version=__version__,
            parts=parts,
            providers=state.providers,
        )


def _told(state: State) -> dict[str, str]:
    """Return what a show says of the parts that it knows."""
    notes = {job: provider.note for job, provider in state.providers.items()}
    if state.twitch:
        is_read = state.twitch.state == "connected"
        notes["twitch"] = "" if is_read else f"{state.twitch.state}: {state.twitch.reason}".rstrip(": ")
    return notes


def _parts(notes: Mapping[str, str]) -> dict[str, PartHealth]:
    return {name: _part(note) for name, note in notes.items()}


def _part(note: str) -> PartHealth:
    return PartHealth(status="troubled" if note else "ok", note=note)
