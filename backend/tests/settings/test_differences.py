"""What the file says otherwise is told by name, and never by what it says."""

from open_llm_vtuber.config import Settings
from open_llm_vtuber.settings.differences import differing


def test_differences_are_named_by_their_keys_but_for_what_is_told_apart() -> None:
    before = Settings.model_validate({"character_config": {"persona_prompt": "A"}})
    after = Settings.model_validate(
        {
            "system_config": {"port": 1, "access_token": "secret"},
            "character_config": {
                "persona_prompt": "B",
                "tts_config": {"tts_model": "edge_tts", "edge_tts": {"voice": "x"}},
                "agent_config": {"llm_configs": {"ollama_llm": {"model": "deep", "api_key": "secret"}}},
            },
            "autonomous": {"triggers": [], "enabled": True},
            "folder": "elsewhere",
        }
    )
    apart = [("character_config", "persona_prompt"), ("autonomous", "triggers")]
    found = [".".join(keys) for keys in differing(before, after, apart)]
    assert found == [
        "system_config.port",
        "system_config.access_token",
        "character_config.agent_config.llm_configs",
        "character_config.tts_config.tts_model",
        "character_config.tts_config.edge_tts",
        "autonomous.enabled",
    ]
    assert list(differing(before, before)) == []
