"""What can go wrong with a provider of language, and what comes of it: the table that every door is tested with.

A row holds switches of `FakeProvider` and the outcome that an engine gives for them, whichever protocol it speaks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fake_provider import HALF, WORDS, FakeProvider

WHOLE = "".join(WORDS)
BEGUN = "".join(WORDS[:HALF])
Wire = Literal["openai", "anthropic"]
WIRES: tuple[Wire, ...] = ("openai", "anthropic")
ENGINES: Mapping[Wire, str] = {"openai": "openai_compatible_llm", "anthropic": "anthropic_llm"}
TIMEOUT = 1.0
BETWEEN = 0.8
"""Limits, in seconds, for the first word and between two, that these rows are made for."""


@dataclass(frozen=True)
class Fault:
    """Switches and their outcome: what is said, then the sentence of the error, if there is one."""

    name: str
    switches: Mapping[str, object]
    said: str = ""
    sentence: str = ""
    retryable: bool = True
    retry_after: float | None = None
    requests: int = 1
    otherwise: Mapping[Wire, Mapping[str, object]] = field(default_factory=dict)
    """What is different for one protocol."""

    def set(self, fake: FakeProvider) -> None:
        """Throw the switches."""
        for name, value in self.switches.items():
            setattr(fake, name, value)

    def outcome(self, wire: Wire) -> "Fault":
        """Return the row as it is for one protocol."""
        return Fault(**{**self.__dict__, **self.otherwise.get(wire, {}), "otherwise": {}})


FAULTS = (
    Fault("nothing", {}, said=WHOLE),
    Fault("a delay", {"delay": 0.05}, said=WHOLE),
    Fault("a slow drip", {"delay": BETWEEN * 0.2}, said=WHOLE),
    Fault("a drip that is too slow", {"delay": TIMEOUT * 2}, sentence="did not begin to answer in time"),
    Fault(
        "429 that asks for a short wait",
        {"status": 429, "refusal": {"Retry-After-Ms": "10"}, "fails_first": 1},
        said=WHOLE,
        requests=2,
    ),
    Fault(
        "429 that asks for a long wait",
        {"status": 429, "refusal": {"Retry-After": "20"}},
        sentence="takes no more requests for now (429)",
        retry_after=20,
    ),
    Fault(
        "429 that says nothing of a wait",
        {"status": 429, "refusal": {}, "fails_first": 1},
        said=WHOLE,
        requests=2,
    ),
    Fault(
        "429 for ever",
        {"status": 429},
        sentence="takes no more requests for now (429)",
        retry_after=0.01,
        requests=3,
    ),
    Fault("500 once", {"status": 500, "fails_first": 1}, said=WHOLE, requests=2),
    Fault(
        "500 for ever",
        {"status": 500},
        sentence="had a fault of its own (500)",
        retry_after=0.01,
        requests=3,
    ),
    Fault(
        "503 that asks for a long wait",
        {"status": 503, "refusal": {"Retry-After": "9"}},
        sentence="had a fault of its own (503)",
        retry_after=9,
    ),
    Fault("401", {"status": 401, "refusal": {}}, sentence="refused the key (401): check", retryable=False),
    Fault("403", {"status": 403, "refusal": {}}, sentence="refused the key (403): check", retryable=False),
    Fault("404", {"status": 404, "refusal": {}}, sentence="does not know this (404)", retryable=False),
    Fault(
        "400",
        {"status": 400, "refusal": {}},
        sentence="refused the request (400)",
        retryable=False,
        otherwise={"anthropic": {"requests": 3}},  # each way of asking for little thought
    ),
    Fault("a hang before the first word", {"mode": "hang first"}, sentence="did not begin to answer in time"),
    Fault(
        "a hang in the middle",
        {"mode": "hang after"},
        said=BEGUN,
        sentence="stopped in the middle of its answer",
    ),
    Fault("a cut", {"mode": "cut"}, said=BEGUN, sentence="broke off in mid-answer"),
    Fault(
        "an early end in good form",
        {"mode": "ends early"},
        said=BEGUN,  # of the OpenAI way some servers never say why they end
        otherwise={"anthropic": {"sentence": "broke off in mid-answer"}},
    ),
    Fault(
        "a malformed chunk", {"mode": "malformed"}, said=BEGUN, sentence="sent something that cannot be read"
    ),
    Fault("a strange chunk", {"mode": "strange"}, said=BEGUN, sentence="sent something that cannot be read"),
    Fault(
        "a fault that is reported in the middle",
        {"mode": "fault event"},
        said=BEGUN,
        sentence="reported a fault of its own",
    ),
    Fault(
        "a web page",
        {"mode": "wrong type"},
        sentence="does not answer like a language model: check",
        retryable=False,
    ),
    Fault(
        "no words",
        {"mode": "empty", "fails_first": 1},
        said=WHOLE,
        requests=2,
    ),
)


def options_for(wire: Wire, fake: FakeProvider, key: str) -> dict[str, object]:
    """Return the options with which that protocol's engine asks the fake, within the limits of the table."""
    address = fake.base_url if wire == "openai" else fake.address
    limits = {"timeout_s": TIMEOUT, "token_timeout_s": BETWEEN}
    return {"base_url": address, "llm_api_key": key, "model": "m", **limits}
