"""Language model providers that existing files name, and which engine of ours serves them. Data, checked by the docs' test."""

from collections.abc import Mapping

COMPATIBLE = "openai_compatible_llm"
"""The engine that speaks to all of them."""
DEFAULT_ADDRESSES: Mapping[str, str] = {
    "openai_llm": "https://api.openai.com/v1",
    "ollama_llm": "http://localhost:11434/v1",
    "lmstudio_llm": "http://localhost:1234/v1",
    "deepseek_llm": "https://api.deepseek.com/v1",
    "groq_llm": "https://api.groq.com/openai/v1",
    "mistral_llm": "https://api.mistral.ai/v1",
    "gemini_llm": "https://generativelanguage.googleapis.com/v1beta/openai",
    "zhipu_llm": "https://open.bigmodel.cn/api/paas/v4",
    "stateless_llm_with_template": "",
}
"""Provider → where it is unless the file says so; "" for one that has no place of its own."""


def served_as(provider: str, options: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """Return the engine that serves a provider, and its options: an address that is left out is the provider's own."""
    if provider not in DEFAULT_ADDRESSES:
        return provider, options
    given = {key: value for key, value in options.items() if key != "base_url" or value}
    address = DEFAULT_ADDRESSES[provider]
    return COMPATIBLE, {**({"base_url": address} if address else {}), **given}
