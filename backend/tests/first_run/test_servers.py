"""What is found on this machine, and only there."""

import asyncio
from urllib.parse import urlsplit

import pytest

from fake_ollama import fake_ollama, listing
from live_server import free_port
from open_llm_vtuber.first_run import servers
from open_llm_vtuber.first_run.servers import PLACES, Found, found
from open_llm_vtuber.provider_table import PROVIDERS


def test_an_ollama_is_found_with_its_models_but_for_those_that_only_embed() -> None:
    async def main() -> None:
        asked: list[str] = []
        async with fake_ollama(
            listing(["llama3.2:latest", "nomic-embed-text", "qwen3"]), asked=asked
        ) as there:
            nowhere = f"http://127.0.0.1:{free_port()}/v1"
            assert await found({"ollama": there, "lmstudio": nowhere}) == [
                Found("ollama", there, ["llama3.2:latest", "qwen3"])
            ]
        assert asked == ["GET /v1/models HTTP/1.1"]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>hello</html>", 200),
        (b'{"data": "none"}', 200),
        (b'{"data": [{"id": 3}]}', 200),
        (listing(["m"]), 404),
        (listing(["m" * 1_000_000]), 200),
    ],
)
def test_who_does_not_speak_like_that_is_not_found(body: bytes, status: int) -> None:
    async def main() -> None:
        async with fake_ollama(body, status=status) as there:
            assert await found({"ollama": there}) == []

    asyncio.run(main())


def test_nobody_is_followed_to_another_place() -> None:
    async def main() -> None:
        asked: list[str] = []
        async with (
            fake_ollama(listing(["m"]), asked=asked) as elsewhere,
            fake_ollama(b"", status=302, location=f"{elsewhere}/models") as there,
        ):
            assert await found({"ollama": there}) == []
        assert asked == []

    asyncio.run(main())


def test_who_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "LIMIT", 0.1)

    async def main() -> None:
        async with fake_ollama(None) as there, asyncio.timeout(5):
            assert await found({"ollama": there}) == []

    asyncio.run(main())


def test_all_places_are_on_this_machine_and_each_has_its_row() -> None:
    assert {urlsplit(place).hostname for place in PLACES.values()} == {"127.0.0.1"}
    assert set(PLACES) <= set(PROVIDERS)
    for name in ("ollama", "lmstudio", "llama_cpp"):
        assert urlsplit(PLACES[name]).port == urlsplit(PROVIDERS[name].address).port
