"""The table of providers."""

import pytest

from fake_provider import KEY
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.provider_table import PROVIDERS


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_row_is_enough_to_build_its_engine(name: str) -> None:
    row = PROVIDERS[name]
    address = row.address or "https://llm.example.com/v1"
    LLM_ENGINES.build(row.engine, {"base_url": address, "model": "m", "llm_api_key": KEY})


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_runs_on_ones_own_machine_needs_no_key_and_everything_else_does(name: str) -> None:
    row = PROVIDERS[name]
    assert row.needs_key is row.address.startswith("https://")
