"""The remote brain on air: its mode, its chain, and what becomes of a show when nobody of it answers."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.request import urlopen

import httpx2
import pytest

from fake_provider import KEY, WORDS, FakeProvider, run
from live_server import SCRIPTED, Client, leaving_nothing, serving
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.live_server_messages import BackendMode
from open_llm_vtuber.remote_brain import JOB
from open_llm_vtuber.show.commands import ChatHappened, GetMode, Perform, SetMode
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.spending import Total
from open_llm_vtuber.stimulus import ChannelEvent, Stimulus


def settings(external: Mapping[str, Any] | None, **sections: Any) -> Settings:
    return Settings.model_validate({"character_config": SCRIPTED, "external_api": external, **sections})


def section(fake: FakeProvider, provider: str = "openai", **more: Any) -> dict[str, Any]:
    address = fake.address if provider == "anthropic" else fake.base_url
    limits = {"timeout_s": 2, "max_retries": 0}
    return {"provider": provider, "model": "m", "api_key": KEY, "endpoint": address, **limits, **more}


async def mode_of(shows: Shows) -> str:
    (answer,) = await shows.ask("main", GetMode())
    assert isinstance(answer, BackendMode)
    return answer.mode


async def until_mode(shows: Shows, mode: str) -> None:
    while await mode_of(shows) != mode:  # noqa: ASYNC110  a show tells who joined it, and nobody has
        await asyncio.sleep(0.01)


async def reply(parts: app.OnAir) -> str:
    """Return a reply of the opening character in the mode external-api, in nobody's conversation."""
    assert parts.remote is not None
    said = ""
    async for piece in parts.remote.reply(
        Stimulus(text="Hi!", source="chat", author="Anna", username="anna")
    ):
        said += str(piece)
    return said


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_the_mode_is_there_with_the_section_and_what_it_costs_is_counted(provider: str) -> None:
    async def main() -> None:
        async with FakeProvider() as fake:
            given = settings(section(fake, provider, price={"input": 1, "output": 2}))
            async with app.on_air(leaving_nothing(given), lambda _: None) as parts:
                await parts.shows.ask("main", SetMode(client="c", mode="external-api"))
                assert await mode_of(parts.shows) == "external-api"
                assert await reply(parts) == "".join(WORDS)
                assert parts.books.ledger.hour(parts.books.now, "anna").requests == 1
                assert parts.providers[JOB].engine == provider

    run(main())


@pytest.mark.parametrize(
    ("external", "features", "reason"),
    [
        (None, {}, "There is no external_api in the configuration"),
        ({"provider": "openai", "model": "m"}, {}, "openai has no api_key: put one into OPENAI_API_KEY"),
        ({"provider": "ollama", "model": "m"}, {"external_api": False}, "switched off here"),
    ],
)
def test_without_one_the_mode_is_refused_with_the_reason(
    external: Mapping[str, Any] | None, features: Mapping[str, bool], reason: str
) -> None:
    async def main() -> None:
        given = settings(external, features=features)
        async with app.on_air(leaving_nothing(given), lambda _: None) as parts:
            with pytest.raises(ProtocolError, match=reason):
                await parts.shows.ask("main", SetMode(client="c", mode="external-api"))
            assert JOB not in parts.providers

    run(main())


def test_a_show_becomes_autonomous_while_nobody_answers_and_comes_back() -> None:
    async def main() -> None:
        async with FakeProvider() as fake:
            given = settings(section(fake, fallback=["autonomous"]))
            async with app.on_air(leaving_nothing(given), lambda _: None) as parts:
                await parts.shows.ask("main", SetMode(client="c", mode="external-api"))
                fake.status = 500
                with pytest.raises(Exception, match="had a fault of its own"):
                    await reply(parts)
                await until_mode(parts.shows, "autonomous")
                fake.status = 200
                await reply(parts)  # as good as a probe
                await until_mode(parts.shows, "external-api")

    run(main())


def test_while_nobody_of_the_chain_answers_a_show_has_the_characters_own_words() -> None:
    async def main() -> tuple[str, str]:
        async with FakeProvider() as fake:
            given = settings(section(fake, fallback=["autonomous"]), shows={"main": {"mode": "external-api"}})
            fake.status = 500
            async with (
                serving(given) as server,
                httpx2.AsyncClient(base_url=server.http, trust_env=False) as rest,
            ):

                async def written() -> str:
                    return str((await rest.post("/api/text-generation", json={"prompt": "Hi!"})).json())

                await written()
                await until_mode(server.parts.shows, "autonomous")
                lost = await written()
                fake.status = 200
                await reply(server.parts)  # as good as a probe
                await until_mode(server.parts.shows, "external-api")
                return lost, await written()

    lost, back = run(main())
    assert "'is_complete': True" in lost
    assert "'model': 'scripted'" in lost
    assert "".join(WORDS).strip() in back


def test_a_mode_that_somebody_chose_meanwhile_stays() -> None:
    async def main() -> None:
        async with FakeProvider() as fake:
            given = settings(section(fake, fallback=["autonomous"]))
            async with app.on_air(leaving_nothing(given), lambda _: None) as parts:
                await parts.shows.ask("main", SetMode(client="c", mode="external-api"))
                fake.status = 500
                with pytest.raises(Exception, match="had a fault of its own"):
                    await reply(parts)
                await until_mode(parts.shows, "autonomous")
                await parts.shows.ask("main", SetMode(client="c", mode="orphiq"))
                fake.status = 200
                await reply(parts)
                await asyncio.sleep(0.05)
                assert await mode_of(parts.shows) == "orphiq"

    run(main())


def test_the_characters_own_model_stands_in_where_the_chain_says_so() -> None:
    async def main() -> str:
        async with FakeProvider() as fake:
            fake.status = 401
            given = settings(section(fake, fallback=["orphiq"]))
            async with app.on_air(leaving_nothing(given), lambda _: None) as parts:
                return await reply(parts)

    assert run(main()).startswith("[")


def test_a_private_show_neither_sees_what_was_spent_nor_begins_a_stream() -> None:
    async def main() -> tuple[dict[str, Any], Any, str]:
        async with FakeProvider() as fake:
            given = settings(section(fake, price={"input": 1, "output": 2}), budget={"per_stream": 3})
            async with (
                serving(given) as server,
                httpx2.AsyncClient(base_url=server.http, trust_env=False) as rest,
                Client.connect(server.ws()) as guest,
            ):
                await reply(server.parts)
                own = (await guest.until("set-model-and-conf"))[-1]["client_uid"]
                online = ChannelEvent(id="e1", platform="twitch", channel="c", kind="stream-online")
                await server.parts.shows.tell(own, ChatHappened(online))
                state = await rest.get("/api/state")
                await guest.send("get-character-state")
                private = (await guest.until("character-state"))[-1]
                return state.json()["spend"], private["spend"], state.text

    spend, private, text = run(main())
    assert (spend["per_stream"], spend["step"]) == (3, "full")
    assert spend["stream"] > 0
    assert [(each["provider"], each["requests"]) for each in spend["models"]] == [("openai", 1)]
    assert private is None
    assert KEY not in text


def test_figures_are_served() -> None:
    async def main() -> str:
        async with FakeProvider() as fake, serving(settings(section(fake))) as server:
            await reply(server.parts)
            url = f"http://127.0.0.1:{server.port}/metrics"

            def fetched() -> str:
                with urlopen(url) as answer:
                    return str(answer.read().decode())

            return await asyncio.to_thread(fetched)

    text = run(main())
    assert 'olv_llm_requests_total{model="m",provider="openai"} 1.0\n' in text
    assert 'olv_engine_info{engine="openai",job="external_api"} 1.0\n' in text


def test_what_a_turn_costs_counts_for_its_show() -> None:
    async def main() -> Mapping[str, Total]:
        async with FakeProvider() as fake:
            given = settings(section(fake))
            async with app.on_air(leaving_nothing(given), lambda _: None) as parts:
                await parts.shows.ask("main", SetMode(client="c", mode="external-api"))
                await parts.shows.ask("main", Perform(Stimulus(text="Hi!", source="typed", author="Ben")))
                while not parts.books.ledger.stream.by_show:  # noqa: ASYNC110  the ledger tells nobody
                    await asyncio.sleep(0.01)
                return parts.books.ledger.stream.by_show

    assert set(run(main())) == {"main"}
