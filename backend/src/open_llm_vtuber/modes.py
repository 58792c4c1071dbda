"""What can be chosen between: where the words come from, how they should sound, and which features there are."""

from typing import Literal, get_args

Mode = Literal["orphiq", "external-api", "autonomous"]
"""Where a show's words come from: our own agent, a remote provider, or one of these with a will of its own."""
MODES: tuple[Mode, ...] = get_args(Mode)
Feature = Literal["text_generation", "character_control", "twitch", "autonomous", "external_api"]
"""What an operator can switch off, as the configuration's `features` names it."""
FEATURES: tuple[Feature, ...] = get_args(Feature)
FloorMode = Literal["wait-for-me", "talk-over", "push-to-talk"]
"""What she does when somebody on stage speaks: she yields, she goes on, or only a held key makes it count."""
Style = Literal["casual", "formal", "excited", "calm"]
"""How a text on demand should sound."""
