"""The sections `external_api` and `budget`: what they take, and what they say of what they do not."""

from pathlib import Path

import pytest

from fake_provider import KEY
from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.settings.providers import ExternalProvider

WHOLE = """
external_api:
  provider: anthropic
  model: claude-haiku-5-5
  api_key: ${ANTHROPIC_API_KEY}
  requests_per_minute: 20
  fallback:
    - {provider: openai, model: gpt-5-nano}
    - {provider: ollama, model: qwen3}
    - orphiq
    - autonomous
budget: {per_stream: 5, per_hour: 1.5, currency: EUR}
"""


def load(tmp_path: Path, text: str, **environment: str) -> Settings:
    file = tmp_path / "conf.yaml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, environment)


def test_a_chain_is_read_with_its_budget(tmp_path: Path) -> None:
    settings = load(tmp_path, WHOLE, ANTHROPIC_API_KEY=KEY)
    external = settings.external_api
    assert external is not None
    assert external.api_key.get_secret_value() == KEY
    assert [each if isinstance(each, str) else each.provider for each in external.fallback] == [
        "openai",
        "ollama",
        "orphiq",
        "autonomous",
    ]
    assert settings.budget.per_hour == 1.5
    assert settings.notes == ()
    assert KEY not in repr(settings)


def test_without_a_section_there_is_no_remote_model(tmp_path: Path) -> None:
    assert load(tmp_path, "").external_api is None


def test_a_key_that_is_not_written_down_is_taken_from_its_usual_variable(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "external_api: {provider: groq, model: m, fallback: [{provider: openai, model: n}, orphiq]}",
        GROQ_API_KEY="one",
        OPENAI_API_KEY="two",
    )
    external = settings.external_api
    assert external is not None
    assert external.api_key.get_secret_value() == "one"
    spare = external.fallback[0]
    assert isinstance(spare, ExternalProvider)
    assert spare.api_key.get_secret_value() == "two"


def test_a_missing_key_is_no_fault_but_what_the_model_lacks(tmp_path: Path) -> None:
    external = load(tmp_path, WHOLE).external_api
    assert external is not None
    assert "anthropic has no api_key" in external.lacks
    assert "ANTHROPIC_API_KEY" in external.lacks
    local = load(tmp_path, "external_api: {provider: ollama, model: m}").external_api
    assert local is not None
    assert local.lacks == ""


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("{provider: opnai, model: m}", "there is no provider 'opnai'; known: openai,"),
        ("{provider: openai}", "external_api.model"),
        ("{provider: custom, model: m}", "provider custom needs an endpoint"),
        ("{provider: openai, model: m, endpoint: 'ftp://x'}", "must be an http:// or https:// address"),
        ("{provider: openai, model: m, endpoint: 'file:///etc'}", "must be an http:// or https:// address"),
        ("{provider: openai, model: m, requests_per_minute: 0}", "requests_per_minute"),
        ("{provider: openai, model: m, timeout: 3}", "timeout"),
        ("{provider: openai, model: m, fallback: [autonomous, orphiq]}", "nothing can come after autonomous"),
        ("{provider: openai, model: m, fallback: [nobody]}", "fallback"),
        (f"{{provider: openai, model: m, api_key: '{KEY} x'}}", "holds a space"),
    ],
)
def test_a_fault_is_told_by_its_name_and_tells_no_secret(tmp_path: Path, section: str, says: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        load(tmp_path, f"external_api: {section}")
    assert says in str(wrong.value)
    assert KEY not in str(wrong.value)


@pytest.mark.parametrize("section", ["{per_hour: -1}", "{currency: dollars}", "{per_day: 3}"])
def test_a_wrong_budget_is_a_fault(tmp_path: Path, section: str) -> None:
    with pytest.raises(ConfigError, match="budget"):
        load(tmp_path, f"budget: {section}")
