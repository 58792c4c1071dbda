"""What can be chosen, and what it comes to."""

import pytest
from pydantic import ValidationError

from open_llm_vtuber.first_run.choices import (
    LABELS,
    MODELS,
    BrainTrial,
    Choices,
    EmbeddedBrain,
    OpenAIVoice,
    ServedBrain,
    brain_engine,
    persona_prompt,
    uid,
    voice_engine,
)
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.provider_table import PROVIDERS
from open_llm_vtuber.tts import TTS_ENGINES

KEY = "sk-very-secret-key"


def served(provider: str, **more: str) -> ServedBrain:
    return ServedBrain.model_validate({"kind": "served", "provider": provider, "model": "m", **more})


@pytest.mark.parametrize("provider", [name for name, row in PROVIDERS.items() if row.address])
def test_every_provider_of_the_table_comes_to_an_engine_that_takes_the_options(provider: str) -> None:
    engine = brain_engine(served(provider), has_key=False)
    assert (engine.options.get("llm_api_key") is not None) == PROVIDERS[provider].needs_key
    LLM_ENGINES.build(
        engine.name, {**engine.options, **({engine.key_option: KEY} if engine.key_option else {})}
    )


def test_every_provider_has_a_name_and_with_a_key_a_model_to_begin_with() -> None:
    assert LABELS.keys() == PROVIDERS.keys()
    assert MODELS.keys() == {name for name, row in PROVIDERS.items() if row.needs_key}


def test_a_server_of_ones_own_needs_an_address_and_gets_a_key_only_where_one_is_given() -> None:
    with pytest.raises(ValidationError, match="needs an address"):
        served("custom")
    brain = served("custom", address="http://127.0.0.1:8000/v1")
    assert brain_engine(brain, has_key=False).options == {
        "base_url": "http://127.0.0.1:8000/v1",
        "model": "m",
    }
    assert brain_engine(brain, has_key=True).options["llm_api_key"] == "${LLM_API_KEY}"


def test_a_key_never_stands_in_what_is_shown_of_a_choice() -> None:
    brain = served("openai", key=KEY)
    assert KEY not in repr(brain)
    assert KEY not in str(brain.model_dump())
    assert KEY not in str(brain_engine(brain, has_key=True))


def test_openais_voice_shares_the_key_of_openais_brain_and_another_does_not() -> None:
    assert OpenAIVoice().variable == served("openai").variable == "OPENAI_API_KEY"
    own = OpenAIVoice(address="http://127.0.0.1:8880/v1")
    assert own.variable == "TTS_API_KEY"
    engine = voice_engine(own, has_key=False)
    assert "api_key" not in engine.options
    TTS_ENGINES.build(engine.name, engine.options)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "served", "provider": "nobody", "model": "m"},
        {"kind": "served", "provider": "openai", "model": " "},
        {"kind": "served", "provider": "openai", "model": "m", "key": "two words"},
        {"kind": "served", "provider": "openai", "model": "m", "key": "line\nbreak"},
        {"kind": "served", "provider": "custom", "model": "m", "address": "file:///etc/passwd"},
        {"kind": "served", "provider": "custom", "model": "m", "address": "http://user:pass@host/v1"},
        {"kind": "scripted"},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        BrainTrial.model_validate({"brain": wrong})


def test_a_name_is_one_line_without_what_cannot_be_seen() -> None:
    given = {"name": " No\u200bva\n the  Great ", "brain": EmbeddedBrain(), "voice": {"kind": "embedded"}}
    assert Choices.model_validate(given).name == "Nova the Great"
    with pytest.raises(ValidationError):
        Choices.model_validate({**given, "name": "\u200b \n"})


@pytest.mark.parametrize(
    ("persona", "told"),
    [
        ("A pilot who puns", "You are Nova. A pilot who puns.\nYou are live."),
        ("She puns!", "You are Nova. She puns!\nYou are live."),
        ("", "You are Nova.\nYou are live."),
    ],
)
def test_a_persona_is_whole_sentences(persona: str, told: str) -> None:
    assert persona_prompt("Nova", persona).startswith(told)


@pytest.mark.parametrize(
    ("name", "id_"), [("Nova Prime!", "nova_prime_001"), ("ノバ", "character_001"), ("../x", "x_001")]
)
def test_conversations_are_kept_under_a_plain_name(name: str, id_: str) -> None:
    assert uid(name) == id_
