"""Providers that existing files name, and the page that says what becomes of each value of such a file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.casting import AGENTS
from open_llm_vtuber.config import AgentConfig
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.provider_table import PROVIDERS
from open_llm_vtuber.settings.existing_providers import EXISTING, LLAMA_CPP, served_as
from open_llm_vtuber.tts import TTS_ENGINES


def _words(text: str) -> list[str]:
    return text.split()


PAGE = Path(__file__).resolve().parents[3] / "docs" / "existing-configuration.md"
LLMS = _words("""stateless_llm_with_template openai_compatible_llm claude_llm llama_cpp_llm ollama_llm lmstudio_llm openai_llm
    gemini_llm zhipu_llm deepseek_llm groq_llm mistral_llm""")
EARS = _words("azure_asr faster_whisper whisper_cpp whisper fun_asr groq_whisper_asr sherpa_onnx_asr")
VOICES = _words("""azure bark edge cosyvoice cosyvoice2 melo coqui x gpt_sovits fish_api sherpa_onnx siliconflow openai spark
    minimax elevenlabs cartesia piper""")
OTHERS = _words("""conf_version host port config_alts_dir tool_prompts enable_proxy
    live2d_expression_prompt think_tag_prompt live_prompt concise_style_prompt speakable_prompt tool_guidance_prompt
    group_conversation_prompt proactive_speak_prompt mcp_prompt
    conf_name conf_uid live2d_model_name character_name human_name avatar persona_prompt
    conversation_agent_choice basic_memory_agent mem0_agent hume_ai_agent letta_agent
    llm_provider faster_first_response segment_method use_mcpp mcp_enabled_servers
    base_url llm_api_key model organization_id project_id temperature interrupt_method template keep_alive
    unload_at_exit model_path verbose
    azure_asr faster_whisper whisper_cpp whisper fun_asr groq_whisper_asr sherpa_onnx_asr
    silero_vad orig_sr target_sr prob_threshold db_threshold required_hits required_misses smoothing_window
    remove_special_char ignore_brackets ignore_parentheses ignore_asterisks ignore_angle_brackets
    translate_audio deeplx tencent room_ids sessdata mcp_servers""")


def rows() -> Iterator[tuple[str, str]]:
    """Yield each value of the page with what the page says becomes of it."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\| (.*?) \| (\*{0,2}[\w ]+)", line):
            for name in re.findall(r"`([\w.]+)`", found[1]):
                yield name, found[2].strip("* ").split()[0]


SAID = dict(rows())


@pytest.mark.parametrize("name", [*LLMS, *(f"{voice}_tts" for voice in VOICES), *OTHERS])
def test_the_page_says_what_becomes_of_each_value(name: str) -> None:
    assert SAID[name] in {"works", "mapped", "instead", "ignored"}


@pytest.mark.parametrize("name", LLMS)
def test_the_page_tells_the_truth_about_language_models(name: str) -> None:
    served, _ = served_as(name, {})
    truth = "works" if name in LLM_ENGINES else "mapped" if served in LLM_ENGINES else "instead"
    assert SAID[name] == truth


@pytest.mark.parametrize("name", [f"{voice}_tts" for voice in VOICES])
def test_the_page_tells_the_truth_about_voices(name: str) -> None:
    assert SAID[name] == ("works" if name in TTS_ENGINES else "instead")


@pytest.mark.parametrize("name", EARS)
def test_the_page_tells_the_truth_about_ears(name: str) -> None:
    assert SAID[name] == ("works" if name in ASR_ENGINES else "instead")


@pytest.mark.parametrize("name", ["basic_memory_agent", "mem0_agent", "hume_ai_agent", "letta_agent"])
def test_the_page_tells_the_truth_about_agents(name: str) -> None:
    assert SAID[name] == ("works" if name in AGENTS else "instead")


@pytest.mark.parametrize("provider", EXISTING)
def test_a_known_provider_is_asked_the_way_it_is_served_at_its_own_address(provider: str) -> None:
    options = {"model": "m", "llm_api_key": "k", "base_url": ""}
    if provider in ("stateless_llm_with_template", LLAMA_CPP):
        options["base_url"] = "http://localhost:1234/v1"
    name, given = served_as(provider, options)
    assert name == PROVIDERS[EXISTING[provider]].engine
    LLM_ENGINES.build(name, given)
    assert str(given["base_url"]).startswith("http")


def test_an_address_in_the_file_goes_before_the_providers_own() -> None:
    _, given = served_as("ollama_llm", {"base_url": "http://elsewhere:1/v1", "model": "m"})
    assert given["base_url"] == "http://elsewhere:1/v1"


def test_an_engine_of_ours_is_left_as_it_is() -> None:
    agent = AgentConfig.model_validate(
        {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
            "llm_configs": {"scripted_llm": {"delay_ms": 3}},
        }
    )
    assert agent.language_model() == ("scripted_llm", {"delay_ms": 3})
