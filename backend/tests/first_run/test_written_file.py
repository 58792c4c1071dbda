"""The file that is written is read as what was chosen, whatever stands in it."""

import re
from datetime import date
from pathlib import Path

import hypothesis
import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.first_run.choices import (
    Choices,
    EdgeVoice,
    EmbeddedBrain,
    EmbeddedVoice,
    OpenAIVoice,
    ServedBrain,
    brain_engine,
    persona_prompt,
    uid,
    voice_engine,
)
from open_llm_vtuber.first_run.written_file import conf_yaml, section_of
from open_llm_vtuber.provider_table import PROVIDERS
from open_llm_vtuber.text_rules import one_line

KEY = "sk-very-secret-key"
ENVIRONMENT = {
    **{row.key_variable: KEY for row in PROVIDERS.values() if row.key_variable},
    "LLM_API_KEY": KEY,
    "TTS_API_KEY": KEY,
    "HOME": "not this",
}
DAY = date(2026, 11, 24)
nasty = st.sampled_from(
    [
        "x: y",
        "- x",
        "'\"",
        "#no",
        "a # b",
        "}{][",
        "&a *a !!python/object:os.system",
        "${HOME}",
        "$${HOME}",
        "$$$${HOME}$",
        "null",
        "yes",
        "1e3",
        "\\u0041\\",
        "| ",
        "%TAG",
        "--- ...",
        "\u0085x\u2028y",
        "\ufeffx",
        "🐱‍👤",
        "x\tsystem_config: {host: 0.0.0.0}",
    ]
)
words = (nasty | st.text(min_size=1, max_size=40)).filter(lambda text: 0 < len(one_line(text)) <= 40)
brains = st.just(EmbeddedBrain()) | st.builds(
    ServedBrain,
    provider=st.sampled_from([name for name, row in PROVIDERS.items() if row.address]),
    model=words,
)
voices = st.sampled_from(
    [
        EmbeddedVoice(),
        EdgeVoice(),
        OpenAIVoice(),
        OpenAIVoice(address="http://127.0.0.1:8880/v1", voice="a: b"),
    ]
)
choices = st.builds(
    Choices,
    name=words,
    persona=words | st.just(""),
    brain=brains,
    voice=voices,
    channel=st.sampled_from(["", "somebody"]),
)


def written(chosen: Choices, system: str = "", *, has_key: bool = True) -> str:
    brain = brain_engine(chosen.brain, has_key=has_key)
    return conf_yaml(chosen, brain, voice_engine(chosen.voice, has_key=has_key), DAY, system)


def read(folder: Path, text: str) -> Settings:
    file = folder / "conf.yaml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, ENVIRONMENT)


def chosen(**more: object) -> Choices:
    return Choices.model_validate(
        {"name": "Nova", "brain": EmbeddedBrain(), "voice": EmbeddedVoice(), **more}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written")


@hypothesis.settings(deadline=None)
@given(picked=choices, has_key=st.booleans())
@example(picked=chosen(name="${HOME}", persona="a\\: ${HOME} $${HOME}"), has_key=True)
def test_whatever_was_chosen_is_read_and_nothing_else(folder: Path, picked: Choices, has_key: bool) -> None:
    settings = read(folder, written(picked, has_key=has_key))
    character = settings.character_config
    assert settings.notes == ()
    assert character.conf_name == character.name == picked.name
    assert character.persona_prompt == persona_prompt(picked.name, picked.persona)
    assert character.conf_uid == uid(picked.name)
    assert settings.live_config.twitch.channel == picked.channel
    brain = brain_engine(picked.brain, has_key=has_key)
    assert character.agent_config.language_model() == (brain.name, with_key(brain.options))
    voice = voice_engine(picked.voice, has_key=has_key)
    assert character.tts_config.tts_model == voice.name
    assert character.tts_config.options(voice.name) == with_key(voice.options)
    assert settings.system_config == config.SystemConfig()
    assert settings.features == config.Features()


def with_key(options: object) -> dict[str, str]:
    assert isinstance(options, dict)
    return {name: KEY if name.endswith("api_key") else value for name, value in options.items()}


@hypothesis.settings(deadline=None)
@given(picked=choices)
def test_no_line_of_what_was_typed_stands_outside_of_its_own_value(picked: Choices) -> None:
    tree = yaml.safe_load(written(picked))
    assert set(tree) == {"character_config", "live_config"}


@pytest.mark.parametrize(
    "picked",
    [
        chosen(),
        chosen(brain=ServedBrain(provider="openai", model="gpt"), voice=OpenAIVoice(), channel="somebody"),
        chosen(brain=ServedBrain(provider="anthropic", model="claude"), voice=EdgeVoice()),
    ],
)
def test_each_key_has_a_remark_and_no_secret_is_in_it(picked: Choices) -> None:
    text = written(picked)
    assert KEY not in text
    for line in text.splitlines():
        is_value = re.match(r"^ +\w+: (?!\|)\S", line)
        assert not is_value or "  # " in line or line.endswith('"') is False, line
    for name in ("conf_name", "llm_provider", "tts_model", "channel"):
        assert re.search(rf"^ +{name}: .*# \w", text, re.MULTILINE), name


@pytest.mark.parametrize("picked", [chosen(), chosen(brain=ServedBrain(provider="ollama", model="qwen"))])
def test_its_examples_are_right_once_their_marks_are_taken_away(folder: Path, picked: Choices) -> None:
    text = re.sub(r"^( *)#: ", r"\1", written(picked), flags=re.MULTILINE)
    assert "#:" not in text.split("\n", 4)[4]
    settings = read(folder, text.replace("access_token: ${ACCESS_TOKEN}", "access_token: x"))
    assert settings.budget.per_stream == 1.0
    assert settings.autonomous == {"enabled": True}
    assert settings.cue_sheets["big-raid"].steps
    assert settings.system_config.port == 12393
    assert settings.character_config.agent_config.llm_configs


def test_who_may_connect_is_taken_over_as_it_was_written(folder: Path) -> None:
    before = "a: 1\nsystem_config:  # mine\n  host: 0.0.0.0\n  access_token: ${OPENAI_API_KEY}\nother: 2\n"
    section = section_of(before, "system_config")
    assert section == "system_config:  # mine\n  host: 0.0.0.0\n  access_token: ${OPENAI_API_KEY}"
    settings = read(folder, written(chosen(), section))
    assert settings.system_config.host == "0.0.0.0"
    assert settings.character_config.conf_name == "Nova"


@pytest.mark.parametrize("before", ["", "- a", "a: [", "{system_config: {port: 1}}", "other: 1", "a: *b"])
def test_a_file_without_that_section_gives_nothing(before: str) -> None:
    assert section_of(before, "system_config") == ""
