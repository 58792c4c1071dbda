"""The plan of a show: all that it is built from, as the log's first record has it. No secret is among it."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from open_llm_vtuber.modes import Mode
from open_llm_vtuber.settings.chat import ChatSettings, CueSheet
from open_llm_vtuber.settings.co_host import CoHostSettings
from open_llm_vtuber.show.role import Billing, Role
from open_llm_vtuber.show.spoken_text import SpokenText
from open_llm_vtuber.show.standing import Standing
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.units import Hertz, Seconds

Hearing = Literal["none", "words", "all"]
"""Whether a show hears, and whether it also finds speech by itself."""


class RolePlan(BaseModel):
    """A character, without the engines that play it."""

    model_config = ConfigDict(frozen=True)

    billing: Billing
    modes: tuple[Mode, ...]
    unavailable: dict[Mode, str] = {}
    providers: dict[str, EngineStatus] = {}
    sample_rate: Hertz
    first_clause: bool = True
    spoken: SpokenText | None = None
    is_judged: bool = False

    @classmethod
    def of(cls, role: Role) -> "RolePlan":
        """Return the plan of a role."""
        return cls(
            billing=role.billing,
            modes=tuple(role.adapters),
            unavailable=dict(role.unavailable),
            providers=dict(role.providers),
            sample_rate=role.voice.sample_rate,
            first_clause=role.first_clause,
            spoken=role.spoken if isinstance(role.spoken, SpokenText) else None,
            is_judged=role.judge is not None,
        )


class Plan(BaseModel):
    """What a show is built from."""

    model_config = ConfigDict(frozen=True)

    program: str
    """The version that wrote it."""
    show: str
    began: Seconds
    """The time of the event loop when it was built."""
    wall: str
    """The time of day then, ISO 8601 with a zone."""
    seed: str
    """What ids and chance are drawn from."""
    role: RolePlan
    standing: Standing
    shared: bool
    speak_up: str
    chat: ChatSettings
    sheets: dict[str, CueSheet] = {}
    co_host: CoHostSettings = CoHostSettings()
    may_move: bool = True
    ears: Hearing = "none"
    has_books: bool = False
    autonomous: Mapping[str, Any] | None = None
    """The settings of what it does unasked, as they came out; None where it does nothing."""


class RolePlans:
    """The codec of roles: a plan, of which whoever replays makes a role."""

    def __init__(self, make: Callable[[RolePlan], Role]) -> None:
        self._make = make

    def dump(self, value: Role) -> object:
        """Return the role's plan."""
        return RolePlan.of(value).model_dump(mode="json")

    def load(self, data: object) -> Role:
        """Return a role of that plan. Raises ValueError."""
        return self._make(RolePlan.model_validate_json(json.dumps(data)))
