"""Providers of language models: which engine of ours speaks with each, where it is, and how its key is mostly called."""

from collections.abc import Mapping
from dataclasses import dataclass

COMPATIBLE = "openai_compatible_llm"
"""The engine for everybody who is served the OpenAI way."""
ANTHROPIC = "anthropic_llm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One row. The key's variable is "" for those that run on a machine of one's own and want no key."""

    engine: str
    address: str
    """As the provider's own SDK takes it; "" for one that has no place of its own."""
    key_variable: str = ""
    reports_usage: bool = False
    """Counts tokens when asked the OpenAI way. Some refuse the question, and some count without being asked."""

    @property
    def is_ones_own(self) -> bool:
        """Whether it runs on a machine of one's own, where nobody sends a bill."""
        return self.address.startswith("http://localhost")

    @property
    def needs_key(self) -> bool:
        """Whether nothing can be had without a key."""
        return bool(self.key_variable)


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(
        engine=COMPATIBLE,
        address="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        reports_usage=True,
    ),
    "anthropic": Provider(
        engine=ANTHROPIC, address="https://api.anthropic.com", key_variable="ANTHROPIC_API_KEY"
    ),
    "google": Provider(
        engine=COMPATIBLE,
        address="https://generativelanguage.googleapis.com/v1beta/openai",
        key_variable="GEMINI_API_KEY",
        reports_usage=True,
    ),
    "groq": Provider(
        engine=COMPATIBLE,
        address="https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        reports_usage=True,
    ),
    "mistral": Provider(
        engine=COMPATIBLE, address="https://api.mistral.ai/v1", key_variable="MISTRAL_API_KEY"
    ),
    "openrouter": Provider(
        engine=COMPATIBLE,
        address="https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        reports_usage=True,
    ),
    "deepseek": Provider(
        engine=COMPATIBLE,
        address="https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        reports_usage=True,
    ),
    "zhipu": Provider(
        engine=COMPATIBLE, address="https://open.bigmodel.cn/api/paas/v4", key_variable="ZHIPU_API_KEY"
    ),
    "ollama": Provider(engine=COMPATIBLE, address="http://localhost:11434/v1", reports_usage=True),
    "lmstudio": Provider(engine=COMPATIBLE, address="http://localhost:1234/v1", reports_usage=True),
    "llama_cpp": Provider(engine=COMPATIBLE, address="http://localhost:8080/v1", reports_usage=True),
    "custom": Provider(engine=COMPATIBLE, address=""),
}
