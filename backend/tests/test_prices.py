"""What models cost, as far as we know."""

import pytest

from open_llm_vtuber.prices import PRICES, price_of


def test_a_million_of_each_costs_both_prices() -> None:
    price = PRICES["claude-sonnet-5-5"]
    assert price.of(1_000_000, 1_000_000) == 12.0
    assert price.of(300, 100) == pytest.approx(0.0016)


@pytest.mark.parametrize(
    "model",
    ["claude-haiku-4-5-20251001", "Claude-Haiku-4-5", "gpt-5-mini-2025-08-07", "models/gemini-3.5-flash"],
)
def test_a_version_of_a_model_costs_what_the_model_costs(model: str) -> None:
    assert price_of(model) is not None


@pytest.mark.parametrize("model", ["gpt-5-mini-turbo", "gpt-5.4-pro", "qwen3", "", "claude-opus-5-5-fast"])
def test_what_is_not_in_the_table_is_not_guessed(model: str) -> None:
    assert price_of(model) is None


def test_the_table_is_in_dollars() -> None:
    assert price_of("claude-opus-5-5", "EUR") is None


def test_words_that_come_out_cost_more_than_those_that_go_in() -> None:
    assert all(0 < price.input < price.output for price in PRICES.values())
