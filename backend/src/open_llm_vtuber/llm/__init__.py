"""Language models. The table is all that the rest of the program knows of them."""

from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.ports import LanguageModel

LLM_ENGINES: EngineTable[LanguageModel] = EngineTable(
    "LLM engine",
    {
        "embedded_llm": "open_llm_vtuber.llm.embedded:EmbeddedLLM",
        "scripted_llm": "open_llm_vtuber.llm.scripted:ScriptedLLM",
        "anthropic_llm": "open_llm_vtuber.llm.anthropic_messages:AnthropicLLM",
        "openai_compatible_llm": "open_llm_vtuber.llm.openai_compatible:OpenAICompatibleLLM",
    },
)
