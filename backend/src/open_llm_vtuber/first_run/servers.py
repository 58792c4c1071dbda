"""Looks for language models on this machine, at the places where their servers usually are. Nowhere else."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

if TYPE_CHECKING:
    import httpx2

PLACES: Mapping[str, str] = {
    "ollama": "http://127.0.0.1:11434/v1",
    "lmstudio": "http://127.0.0.1:1234/v1",
    "llama_cpp": "http://127.0.0.1:8080/v1",
    "custom": "http://127.0.0.1:8000/v1",
}
"""Provider → its usual address; the last one is vLLM's."""
LIMIT: Seconds = 2.0
"""How long a server on the same machine may take."""
LARGEST_ANSWER = 1_000_000
MOST_MODELS = 100
LONGEST_NAME = 200


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    """What `/v1/models` answers, which all of them have from OpenAI."""

    data: tuple[_Model, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A server that answers, and the models that it has."""

    provider: str
    address: str
    models: Sequence[str]


async def found(places: Mapping[str, str] = PLACES) -> Sequence[Found]:
    """Ask at every place at once; who does not answer in time is not there."""
    import httpx2  # as slow to import as the SDK that brings it

    async with httpx2.AsyncClient(
        trust_env=False, follow_redirects=False, timeout=LIMIT, headers={"Accept": "application/json"}
    ) as client:
        async with asyncio.TaskGroup() as group:
            asked = [
                (provider, address, group.create_task(_models(client, f"{address}/models")))
                for provider, address in places.items()
            ]
        answers = [(provider, address, task.result()) for provider, address, task in asked]
    return [Found(provider, address, models) for provider, address, models in answers if models is not None]


async def _models(client: "httpx2.AsyncClient", url: str) -> Sequence[str] | None:
    """Return the names, None when nobody is there who speaks like that."""
    import httpx2

    body = b""
    try:
        async with asyncio.timeout(LIMIT), client.stream("GET", url) as response:
            if response.status_code != httpx2.codes.OK:
                return None
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    return None
        listed = _Models.model_validate_json(body).data
    except (httpx2.HTTPError, TimeoutError, ValidationError):
        return None
    names = [bounded(one_line(each.id), LONGEST_NAME) for each in listed]
    return [name for name in names if name and "embed" not in name.lower()][:MOST_MODELS]
