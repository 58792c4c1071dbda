"""The report tells a helper what is there, and nobody's secrets."""

import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from live_server import serving
from open_llm_vtuber import __version__
from open_llm_vtuber.config import Settings, load
from open_llm_vtuber.doctor import ADDRESSES, HARMLESS, report, shown

CANARY = "canary-5f1d"
NOBODY = 9
"""A port where no server is."""


def told(settings: Settings, port: int = NOBODY) -> str:
    return "\n".join(report(settings, port))


def test_it_names_program_packages_and_choices(tmp_path: Path) -> None:
    text = told(Settings.model_validate({"system_config": {"data_dir": tmp_path}}))
    assert f"version: {__version__}" in text
    assert "\npydantic " in text
    assert "tts_config.tts_model: embedded_tts" in text
    assert "/health: no answer" in text


def test_no_secret_and_no_word_of_a_persona_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "conf.yaml"
    file.write_text(
        f"""
system_config: {{access_token: {CANARY}, storage_url: "postgresql+asyncpg://me:{CANARY}@db.example/live"}}
character_config:
  persona_prompt: You are {CANARY}.
  agent_config:
    agent_settings: {{basic_memory_agent: {{llm_provider: openai_compatible_llm}}}}
    llm_configs:
      openai_compatible_llm: {{base_url: "http://u:{CANARY}@host.example/v1?key={CANARY}", llm_api_key: {CANARY}, model: m}}
  tts_config: {{tts_model: openai_tts, openai_tts: {{api_key: {CANARY}, organisation: {CANARY}}}}}
live_config: {{twitch: {{channel: {CANARY.replace("-", "_")}, token: {CANARY}}}, chat: {{moderation: {{banned_words: [{CANARY}]}}}}}}
external_api: {{provider: custom, model: m, api_key: {CANARY}, endpoint: "http://localhost:1/v1"}}
cue_sheets: {{x: [{{say: {CANARY}}}]}}
autonomous: {{personality: {{topics: [{CANARY}]}}}}
""",
        encoding="utf-8",
    )
    text = told(load(file, {}))
    assert CANARY not in text
    assert CANARY.replace("-", "_") not in text
    assert "llm_provider: openai_compatible_llm" in text
    assert "openai_compatible_llm.base_url: http://host.example…" in text
    assert "storage_url: postgresql+asyncpg://db.example…" in text


def test_it_asks_the_server_that_runs(tmp_path: Path) -> None:
    async def main() -> str:
        async with serving() as server:
            settings = Settings.model_validate({"system_config": {"data_dir": tmp_path}})
            return await asyncio.to_thread(told, settings, server.port)

    assert '/health: {"status":"ok"' in asyncio.run(main())


def test_files_of_the_data_folder_are_measured_and_names_below_it_are_not_told(tmp_path: Path) -> None:
    (tmp_path / "live.sqlite3").write_bytes(b"x" * 10)
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / CANARY).write_bytes(b"x")
    text = told(Settings.model_validate({"system_config": {"data_dir": tmp_path}}))
    assert "live.sqlite3: 10 bytes" in text
    assert "people/…: 1 bytes" in text
    assert CANARY not in text


@given(
    st.recursive(
        st.text(min_size=1).map(lambda text: CANARY + text) | st.integers() | st.none() | st.booleans(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.text(st.characters(codec="ascii"), min_size=1).filter(
                    lambda key: key not in HARMLESS | ADDRESSES
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=10,
    )
)
def test_no_text_under_an_unknown_key_is_ever_told(value: object) -> None:
    assert not any(CANARY in line for line in shown(value))
