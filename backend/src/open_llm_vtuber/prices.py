"""What models cost: a table with the date and source of each part of it. A price that is not known is not guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

CURRENCY = "USD"
PER = 1_000_000
"""Tokens that a price is for."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost."""

    input: float
    output: float

    def of(self, prompt_tokens: int, answer_tokens: int) -> float:
        """Return what so many tokens cost."""
        return (prompt_tokens * self.input + answer_tokens * self.output) / PER


FREE = Price(0.0, 0.0)
PRICES: Mapping[str, Price] = {
    # platform.claude.com/docs, models overview, read November 2026.
    "claude-fable-5-2": Price(8, 40),
    "claude-fable-5-1": Price(10, 50),
    "claude-opus-5-5": Price(4, 20),
    "claude-opus-5": Price(5, 25),
    "claude-opus-4-8": Price(5, 25),
    "claude-opus-4-7": Price(5, 25),
    "claude-opus-4-6": Price(5, 25),
    "claude-opus-4-5": Price(5, 25),
    "claude-sonnet-5-5": Price(2, 10),
    "claude-sonnet-5": Price(2, 10),
    "claude-sonnet-4-6": Price(3, 15),
    "claude-sonnet-4-5": Price(3, 15),
    "claude-haiku-4-5": Price(1, 5),
    # developers.openai.com/api/docs/pricing, as others quote it, read November 2026; prompts below 200,000 tokens.
    "gpt-5.6-sol": Price(5, 30),
    "gpt-5.6-terra": Price(2, 12),
    "gpt-5.6-luna": Price(0.2, 1.2),
    "gpt-5.5": Price(5, 30),
    "gpt-5.4": Price(2.5, 15),
    "gpt-5.4-mini": Price(0.75, 4.5),
    "gpt-5.4-nano": Price(0.2, 1.25),
    "gpt-5-mini": Price(0.25, 2),
    "gpt-4.1": Price(2, 8),
    "gpt-4.1-mini": Price(0.4, 1.6),
    "gpt-4.1-nano": Price(0.1, 0.4),
    "gpt-4o-mini": Price(0.15, 0.6),
    # ai.google.dev/gemini-api/docs/pricing, as others quote it, October 2026; prompts below 200,000 tokens.
    "gemini-3.8-flash": Price(1.5, 7.5),  # from January 2027 on; half of it until then
    "gemini-3.5-flash": Price(1.5, 9),
    "gemini-3.5-flash-lite": Price(0.3, 2.5),
    "gemini-3.1-pro-preview": Price(2, 12),
}
_SAME_MODEL = re.compile(r"(?:-latest|[-@]\d{8}|-\d{4}-\d{2}-\d{2}|-\d{3})\Z")
"""What stands behind a model's name for one version of it."""


def price_of(model: str, currency: str = CURRENCY) -> Price | None:
    """Return what a model costs, None when we do not know it in that currency."""
    if currency != CURRENCY:
        return None
    name = model.lower().removeprefix("models/")
    return PRICES.get(name) or PRICES.get(_SAME_MODEL.sub("", name))
