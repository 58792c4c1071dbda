"""The section external_api as one language model: the whole chain against providers on loopback."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from fake_provider import KEY, WORDS, FakeProvider, run
from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.llm.canned import LINES
from open_llm_vtuber.llm.external import Hooks, budget_of, external_model, not_configured, notes
from open_llm_vtuber.llm.fallback_brain import FallbackBrain
from open_llm_vtuber.llm.metered import Metered
from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.settings.providers import BudgetConfig, ExternalApiConfig, Spare
from open_llm_vtuber.spending import Budget
from open_llm_vtuber.stimulus import Payer, PromptMessage, TextOptions
from open_llm_vtuber.storage.memory_store import MemoryStore
from scripted_brain import Brain

PROMPT = (PromptMessage(role="system", content="Be Mika."), PromptMessage(role="user", content="Anna: Hi!"))
OPTIONS = TextOptions(payer=Payer(show="main", viewer="anna"))
PRICE = {"input": 1000, "output": 1000}
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Told:
    """What the hooks were told."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str]] = []
        self.exhausted: list[str] = []
        self.recovered = 0

    @property
    def hooks(self) -> Hooks:
        return Hooks(
            on_change=lambda *state: self.changes.append(state),
            on_exhausted=self.exhausted.append,
            on_recovered=self._recover,
        )

    def _recover(self) -> None:
        self.recovered += 1


def config(fake: FakeProvider, provider: str = "openai", **more: Any) -> dict[str, Any]:
    address = fake.address if provider == "anthropic" else fake.base_url
    return {
        "provider": provider,
        "model": "m",
        "api_key": KEY,
        "endpoint": address,
        "timeout_s": 2,
        "max_retries": 0,
        **more,
    }


@asynccontextmanager
async def running(
    section: Mapping[str, Any],
    told: Told,
    budget: Budget | None = None,
    spares: Mapping[Spare, LanguageModel] | None = None,
) -> AsyncIterator[tuple[FallbackBrain, Bookkeeping]]:
    external = ExternalApiConfig.model_validate(section)
    async with (
        Bookkeeping(budget or Budget(), MemoryStore(), lambda: NOON) as books,
        external_model(external, books, told.hooks, spares) as model,
    ):
        yield model, books


async def say(model: LanguageModel, options: TextOptions = OPTIONS) -> str:
    return "".join([str(piece) async for piece in model.stream(PROMPT, options)])


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_it_answers_and_what_it_cost_is_put_down(provider: str) -> None:
    async def main() -> None:
        async with (
            FakeProvider() as fake,
            running(config(fake, provider, price=PRICE), Told()) as (model, books),
        ):
            assert await say(model) == "".join(WORDS)
            total = books.ledger.stream.by_model[provider, "m"]
            assert (total.prompt_tokens, total.answer_tokens, total.estimates) == (12, 8, 0)
            assert total.cost == pytest.approx(0.02)
            assert books.ledger.hour(NOON, "anna").requests == 1
            assert set(books.ledger.stream.by_show) == {"main"}

    run(main())


def test_a_provider_that_does_not_count_is_estimated() -> None:
    async def main() -> None:
        async with FakeProvider() as fake, running(config(fake, "mistral"), Told()) as (model, books):
            fake.usage = None
            await say(model)
            assert "stream_options" not in fake.requests[0].body, "some refuse the question"
            assert books.ledger.stream.total.estimates == 1

    run(main())


def test_a_refused_key_is_named_by_its_place_in_the_configuration_and_the_next_one_answers() -> None:
    async def main() -> tuple[str, list[tuple[str, str]]]:
        told = Told()
        async with FakeProvider() as one, FakeProvider() as two:
            one.status = two.status = 401
            one.refusal = two.refusal = {}
            section = config(one, fallback=[config(two, "anthropic"), "embedded"])
            async with running(section, told, spares={"embedded": Brain("I am here.")}) as (model, _):
                heard = [await say(model) for _ in range(3)]
                assert len(one.requests) == 2, "then it rests"
        return heard[-1], told.changes

    heard, changes = run(main())
    assert heard == "I am here."
    at_work, note = changes[-1]
    assert at_work == "embedded"
    assert "check external_api.api_key." in note
    assert "check external_api.fallback[0].api_key." in note
    assert KEY not in note


def test_a_stream_that_breaks_goes_on_with_the_next_provider() -> None:
    async def main() -> tuple[str, list[tuple[str, str]]]:
        told = Told()
        async with FakeProvider() as one, FakeProvider() as two:
            one.mode = "cut"
            async with running(config(one, "anthropic", fallback=[config(two, "groq")]), told) as (model, _):
                return await say(model), told.changes

    heard, changes = run(main())
    assert heard == "Hello there, it is... Lovely to see you."
    assert "broke off in mid-answer" in changes[0][1]


def test_a_chain_that_ends_in_autonomous_says_when_it_is_time_for_that() -> None:
    async def main() -> Told:
        told = Told()
        async with FakeProvider() as fake:
            fake.status = 500
            async with running(config(fake, fallback=["autonomous"]), told) as (model, _):
                for _ in range(2):
                    with pytest.raises(EngineError):
                        await say(model)
                fake.status = 200
                assert await model.probe()
        return told

    told = run(main())
    assert len(told.exhausted) == 1
    assert told.recovered == 1


def test_without_that_word_nobody_is_told() -> None:
    async def main() -> Told:
        told = Told()
        async with FakeProvider() as fake, running(config(fake), told) as (model, _):
            fake.status = 500
            with pytest.raises(EngineError):
                await say(model)
        return told

    assert run(main()).exhausted == []


def test_steps_down_from_the_dear_model_to_the_small_one_to_a_line_to_silence() -> None:
    async def main() -> tuple[list[str], int, int]:
        async with FakeProvider() as dear, FakeProvider() as small:
            dear.usage = small.usage = (0, 300)
            section = config(
                dear,
                price={"input": 0, "output": 1000},
                fallback=[config(small, "groq", price={"input": 0, "output": 200})],
            )
            heard = []
            # A dear answer costs 0.30 and a small one 0.06.
            async with running(section, Told(), Budget(per_hour=1.0)) as (model, books):
                for _ in range(6):
                    try:
                        heard.append(await say(model, replace(OPTIONS, is_spoken=True)))
                    except EngineError as error:
                        heard.append(str(error))
                assert books.ledger.hour(NOON).cost <= 1.0
            return heard, len(dear.requests), len(small.requests)

    heard, dear, small = run(main())
    assert (dear, small) == (3, 1)
    assert heard[:4] == ["".join(WORDS)] * 4
    assert heard[4] == LINES[0]
    assert "The budget is used up" in heard[5]


def test_a_local_model_goes_on_when_the_money_is_spent() -> None:
    async def main() -> str:
        async with FakeProvider() as fake:
            section = config(fake, price=PRICE, fallback=["orphiq"])
            budget = Budget(per_hour=0)
            async with running(section, Told(), budget, {"orphiq": Brain("For free.")}) as (model, _):
                return await say(model)

    assert run(main()) == "For free."


def test_what_lacks_its_key_is_left_out_and_the_first_one_is_a_reason() -> None:
    no_key = {"provider": "openai", "model": "m"}
    assert "openai has no api_key" in not_configured(ExternalApiConfig.model_validate(no_key))
    assert "no external_api" in not_configured(None)
    local = ExternalApiConfig.model_validate({"provider": "ollama", "model": "m", "fallback": [no_key]})
    assert not_configured(local) == ""
    assert len(notes(local, "USD")) == 2

    async def main() -> None:
        async with Bookkeeping(Budget(), MemoryStore()) as books:
            with pytest.raises(ConfigError, match="openai has no api_key"):
                external_model(ExternalApiConfig.model_validate(no_key), books, Told().hooks)
            chain = external_model(local, books, Told().hooks)
            assert list(chain.brains) == ["ollama"]
            assert isinstance(chain.brains["ollama"], Metered)

    asyncio.run(main())


def test_the_budget_is_what_the_configuration_says() -> None:
    config = BudgetConfig(per_stream=5, per_viewer_hour=0.1, currency="EUR")
    assert budget_of(config) == Budget(per_stream=5, per_viewer_hour=0.1, currency="EUR")


def test_two_of_one_provider_have_names_of_their_own() -> None:
    section = {
        "provider": "ollama",
        "model": "large",
        "fallback": [{"provider": "ollama", "model": "small"}, {"provider": "ollama", "model": "small"}],
    }

    async def main() -> list[str]:
        async with Bookkeeping(Budget(), MemoryStore()) as books:
            return list(external_model(ExternalApiConfig.model_validate(section), books, Told().hooks).brains)

    assert asyncio.run(main()) == ["ollama", "ollama small", "ollama small again"]


def test_an_unknown_price_is_said_and_one_of_the_operators_own_counts() -> None:
    unknown = ExternalApiConfig.model_validate({"provider": "groq", "model": "m", "api_key": "k"})
    assert "What m costs is not known in USD" in notes(unknown, "USD")[0]
    priced = ExternalApiConfig.model_validate(
        {"provider": "groq", "model": "m", "api_key": "k", "price": PRICE}
    )
    assert notes(priced, "EUR") == ()


def test_no_sdk_is_imported_before_a_remote_model_starts() -> None:
    code = (
        "import sys, open_llm_vtuber.cli, open_llm_vtuber.llm.external, open_llm_vtuber.llm.anthropic_messages, "
        "open_llm_vtuber.llm.openai_compatible; print([name for name in ('openai', 'anthropic') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
