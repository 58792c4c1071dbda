"""What can be chosen at the set-up, as the page sends it, and the settings that a choice comes to. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from open_llm_vtuber.accounts import ApiKey, BaseUrl, host_of
from open_llm_vtuber.provider_table import COMPATIBLE, PROVIDERS
from open_llm_vtuber.text_rules import one_line

OPENAI_SPEECH = "https://api.openai.com/v1"
OWN_KEY = "LLM_API_KEY"
"""The variable for the key of a server that is in no table."""
VOICE_KEY = "TTS_API_KEY"
NO_KEY = SecretStr("")


def _line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _known(name: str) -> str:
    if name not in PROVIDERS:
        raise ValueError(f"there is no provider of that name; known: {', '.join(PROVIDERS)}")
    return name


def _unset(value: object) -> object:
    return None if value == "" else value


Name = Annotated[str, BeforeValidator(_line), StringConstraints(min_length=1, max_length=40)]
Words = Annotated[str, BeforeValidator(_line), StringConstraints(max_length=600)]
Short = Annotated[str, BeforeValidator(_line), StringConstraints(min_length=1, max_length=200)]
Address = Annotated[BaseUrl | None, BeforeValidator(_unset)]


class _Chosen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Keyed(_Chosen):
    key: ApiKey = NO_KEY
    """Empty: the one that is there already."""

    @field_validator("key", mode="after")
    @classmethod
    def _none_is_none(cls, key: SecretStr) -> SecretStr:
        return NO_KEY if key.get_secret_value() == "not-needed" else key


class EmbeddedBrain(_Chosen):
    """The demo brain that comes along."""

    kind: Literal["embedded"] = "embedded"


class ServedBrain(_Keyed):
    """A language model behind an address."""

    kind: Literal["served"] = "served"
    provider: Annotated[str, AfterValidator(_known)]
    address: Address = None
    """Instead of the provider's own."""
    model: Short

    @model_validator(mode="after")
    def _has_an_address(self) -> "ServedBrain":
        if not self.where:
            raise ValueError("this provider needs an address, for example http://127.0.0.1:8000/v1")
        return self

    @property
    def where(self) -> str:
        """Where it is asked."""
        return self.address or PROVIDERS[self.provider].address

    @property
    def variable(self) -> str:
        """How its key is called."""
        return PROVIDERS[self.provider].key_variable or OWN_KEY


class EmbeddedVoice(_Chosen):
    """The voice that comes along."""

    kind: Literal["embedded"] = "embedded"


class EdgeVoice(_Chosen):
    """Microsoft's, which the browser of that name speaks with."""

    kind: Literal["edge"] = "edge"
    voice: Short = "en-US-AvaMultilingualNeural"


class OpenAIVoice(_Keyed):
    """A voice that is served the OpenAI way."""

    kind: Literal["openai"] = "openai"
    address: Address = None
    model: Short = "gpt-4o-mini-tts"
    voice: Short = "coral"

    @property
    def where(self) -> str:
        """Where it is asked."""
        return self.address or OPENAI_SPEECH

    @property
    def variable(self) -> str:
        """How its key is called; OpenAI's is the same as the brain's."""
        return "OPENAI_API_KEY" if host_of(self.where) == host_of(OPENAI_SPEECH) else VOICE_KEY


Brain = Annotated[EmbeddedBrain | ServedBrain, Field(discriminator="kind")]
Voice = Annotated[EmbeddedVoice | EdgeVoice | OpenAIVoice, Field(discriminator="kind")]


class BrainTrial(_Chosen):
    """A request to try a brain."""

    brain: Brain


class VoiceTrial(_Chosen):
    """A request to hear a voice, which says the character's name."""

    voice: Voice
    name: Words = ""


class Choices(_Chosen):
    """All three steps."""

    name: Name
    persona: Words = ""
    brain: Brain
    voice: Voice
    channel: Annotated[str, BeforeValidator(_line), StringConstraints(max_length=200)] = ""
    rehearse: bool = False
    demo_on_channel: bool = False
    """The operator knows that the demo brain will answer a real chat."""
    replace: bool = False
    """The operator knows that a file is there, and wants a new one in its place."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine's name and its options as a file has them, with `${NAME}` where the key is."""

    name: str
    options: Mapping[str, str]
    variable: str = ""
    """What the key is called; "" for an engine that wants none."""
    key_option: str = ""


def brain_engine(brain: EmbeddedBrain | ServedBrain, *, has_key: bool) -> Engine:
    """Return what answers."""
    if isinstance(brain, EmbeddedBrain):
        return Engine("embedded_llm", {})
    row = PROVIDERS[brain.provider]
    options = {"model": brain.model}
    if row.engine == COMPATIBLE or brain.address:
        options = {"base_url": brain.where, **options}
    return _with_key(row.engine, options, brain.variable, "llm_api_key", has_key=has_key or row.needs_key)


def voice_engine(voice: EmbeddedVoice | EdgeVoice | OpenAIVoice, *, has_key: bool) -> Engine:
    """Return what speaks."""
    match voice:
        case EmbeddedVoice():
            return Engine("embedded_tts", {})
        case EdgeVoice():
            return Engine("edge_tts", {"voice": voice.voice})
        case OpenAIVoice():
            options = {"base_url": voice.where, "model": voice.model, "voice": voice.voice}
            wants = has_key or voice.variable != VOICE_KEY
            return _with_key("openai_tts", options, voice.variable, "api_key", has_key=wants)


def _with_key(name: str, options: Mapping[str, str], variable: str, option: str, *, has_key: bool) -> Engine:
    if not has_key:
        return Engine(name, options)
    return Engine(name, {**options, option: f"${{{variable}}}"}, variable, option)


def persona_prompt(name: str, persona: str) -> str:
    """Return what she is told of who she is."""
    about = persona if not persona or persona[-1] in ".!?…。！？" else f"{persona}."
    lines = filter(None, (f"You are {name}.", about))
    return f"{' '.join(lines)}\nYou are live. Answer in one or two short, friendly sentences."


def uid(name: str) -> str:
    """Return the name that her conversations are kept under."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    return f"{slug or 'character'}_001"


MODELS: Mapping[str, str] = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-haiku-4-5",
    "google": "gemini-3.5-flash-lite",
    "groq": "llama-3.3-70b-versatile",
    "mistral": "mistral-small-latest",
    "openrouter": "openrouter/auto",
    "deepseek": "deepseek-chat",
    "zhipu": "glm-4-flash",
}
"""A small, quick model of each provider, to begin with. The names change; a wrong one shows when it is tried."""
LABELS: Mapping[str, str] = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "google": "Google Gemini",
    "groq": "Groq",
    "mistral": "Mistral",
    "openrouter": "OpenRouter",
    "deepseek": "DeepSeek",
    "zhipu": "Zhipu",
    "ollama": "Ollama",
    "lmstudio": "LM Studio",
    "llama_cpp": "llama.cpp",
    "custom": "Another server",
}
