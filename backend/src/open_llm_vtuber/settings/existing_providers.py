"""Language model providers that existing files name, and which engine of ours serves them. Data, checked by the docs' test."""

from collections.abc import Mapping

from open_llm_vtuber.provider_table import COMPATIBLE, PROVIDERS

__all__ = ["COMPATIBLE", "EXISTING", "served_as"]

LLAMA_CPP = "llama_cpp_llm"
"""Loads a file itself, which we do not; with a `base_url` it is a server of llama.cpp."""
EXISTING: Mapping[str, str] = {
    "openai_llm": "openai",
    "claude_llm": "anthropic",
    "ollama_llm": "ollama",
    "lmstudio_llm": "lmstudio",
    "deepseek_llm": "deepseek",
    "groq_llm": "groq",
    "mistral_llm": "mistral",
    "gemini_llm": "google",
    "zhipu_llm": "zhipu",
    LLAMA_CPP: "llama_cpp",
    "stateless_llm_with_template": "custom",
}
"""Name in an existing file → name in the table of providers."""


def served_as(provider: str, options: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    """Return the engine that serves a provider, and its options: an address that is left out is the provider's own."""
    if provider not in EXISTING or (provider == LLAMA_CPP and not options.get("base_url")):
        return provider, options
    row = PROVIDERS[EXISTING[provider]]
    given = {key: value for key, value in options.items() if key != "base_url" or value}
    # A server of llama.cpp has one model, and knows it without being told a name.
    unnamed = {"model": "default"} if provider == LLAMA_CPP else {}
    return row.engine, {**({"base_url": row.address} if row.address else {}), **unnamed, **given}
