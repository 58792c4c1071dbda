"""Every secret of a configuration is found, wherever it stands."""

from pydantic import SecretStr

from open_llm_vtuber.config import Settings
from open_llm_vtuber.show_log.secret_values import secret_values


def test_secrets_are_found_by_their_type_and_by_their_key_at_any_depth() -> None:
    settings = Settings.model_validate(
        {
            "system_config": {
                "access_token": "canary-token",
                "storage_url": "postgresql://u:canary-pass@h/d",
            },
            "character_config": {
                "agent_config": {"llm_configs": {"openai_compatible_llm": {"llm_api_key": "canary-key"}}},
                "tts_config": {"elevenlabs_tts": {"api_key": "canary-voice"}},
            },
            "live_config": {"twitch": {"token": "canary-oauth"}},
        }
    )
    found = set(secret_values(settings))
    assert {"canary-token", "canary-key", "canary-voice", "canary-oauth"} <= found
    assert any("canary-pass" in each for each in found)


def test_what_is_short_or_no_secret_is_left_alone() -> None:
    given = {"key": "abc", "name": "a long name", "list": [SecretStr("in a list"), {"password": "in a dict"}]}
    assert set(secret_values(given)) == {"in a list", "in a dict"}
