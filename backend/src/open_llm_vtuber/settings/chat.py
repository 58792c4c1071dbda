"""Settings of chat: who may command what, which line is answered, what is kept out and what is kept off the air."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from open_llm_vtuber.event_kinds import EventKind

RoleName = Literal["everyone", "follower", "subscriber", "vip", "moderator", "broadcaster"]
Action = Literal["allow", "hold", "block"]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A word or a phrase of a list."""

CommandName = Literal[
    "expression", "motion", "say", "forgetme", "stop", "resume", "pause", "skip", "block", "why"
]


FOLLOWERS_NOTE = (
    "live_config.chat names the role follower: only who follows while the server runs counts as one, and Twitch tells "
    "that only to a login with moderator:read:followers."
)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CommandRule(_Section):
    """Who may use a command, and how often."""

    enabled: bool = True
    allow: RoleName = "everyone"
    """This role and every one above it."""
    viewer_cooldown_s: float = Field(default=30.0, ge=0, le=86_400)
    global_cooldown_s: float = Field(default=5.0, ge=0, le=86_400)
    exempt: RoleName = "moderator"
    """From this role on nobody waits."""
    aliases: tuple[Annotated[str, StringConstraints(pattern=r"^\w{1,20}$", to_lower=True)], ...] = ()


def _for_moderators() -> CommandRule:
    return CommandRule(allow="moderator", viewer_cooldown_s=0, global_cooldown_s=0)


class CommandRules(_Section):
    """The commands of the chat."""

    expression: CommandRule = CommandRule(aliases=("face",))
    motion: CommandRule = CommandRule(aliases=("gesture",))
    say: CommandRule = CommandRule(viewer_cooldown_s=60.0, global_cooldown_s=15.0)
    forgetme: CommandRule = CommandRule(viewer_cooldown_s=10.0, global_cooldown_s=0)
    stop: CommandRule = Field(default_factory=_for_moderators)
    resume: CommandRule = Field(default_factory=_for_moderators)
    pause: CommandRule = Field(default_factory=_for_moderators)
    skip: CommandRule = Field(default_factory=_for_moderators)
    block: CommandRule = Field(default_factory=_for_moderators)
    why: CommandRule = Field(default_factory=_for_moderators)

    def of(self, name: CommandName) -> CommandRule:
        """Return the rule of a command."""
        rule: CommandRule = getattr(self, name)
        return rule


class Weights(_Section):
    """How much each factor (0 to 1) of a line counts. The last three are taken away."""

    question: float = Field(default=2.0, ge=0, le=100)
    addressed: float = Field(default=4.0, ge=0, le=100)
    novelty: float = Field(default=1.0, ge=0, le=100)
    freshness: float = Field(default=2.0, ge=0, le=100)
    wait: float = Field(default=2.0, ge=0, le=100)
    role: float = Field(default=1.0, ge=0, le=100)
    bits: float = Field(default=5.0, ge=0, le=100)
    duplicates: float = Field(default=1.0, ge=0, le=100)
    length: float = Field(default=1.0, ge=0, le=100)
    noise: float = Field(default=2.0, ge=0, le=100)


class SelectionSettings(_Section):
    """Which line is answered next."""

    window_s: float = Field(default=20.0, gt=0, le=600)
    """Within how many seconds the same words count as the same, and for how long chat is summed up."""
    max_age_s: float = Field(default=20.0, gt=0, le=600)
    """Older lines are not answered any more."""
    queue_size: int = Field(default=50, ge=1, le=1_000)
    waits_for_s: float = Field(default=300.0, gt=0, le=86_400)
    """After so many seconds without an answer a viewer has waited as long as counts."""
    weights: Weights = Weights()


class HoldRules(_Section):
    """What waits until an operator has decided. What nobody decides about within `expires_s` is dropped."""

    roles: tuple[RoleName, ...] = ()
    """Lines of exactly these roles."""
    words: tuple[Word, ...] = ()
    viewers: tuple[Word, ...] = ()
    first_time: bool = False
    """The first line of somebody who was never here."""
    expires_s: float = Field(default=60.0, gt=0, le=3_600)


class OutputSettings(_Section):
    """What she may not say, whoever asks."""

    profanity: bool = True
    personal_data: bool = True
    links: bool = True
    words: tuple[Word, ...] = ()
    """The operator's own list."""
    instead: str = Field(default="Let's talk about something else.", max_length=300)
    """Said when nothing of a reply may go on air; "" is silence."""


class JudgeSettings(_Section):
    """Somebody who reads each sentence for its meaning before it is spoken. It costs the time that it takes."""

    use: Literal["none", "llm"] = "none"
    limit_s: float = Field(default=3.0, gt=0, le=30)
    """Whoever has not judged by then has refused."""
    rules: tuple[Word, ...] = ()
    """What it looks for, beside the topics."""


class ModerationSettings(_Section):
    """What is kept out of her prompts, and what is kept off the air."""

    banned_words: tuple[Word, ...] = ()
    slurs: Action = "block"
    profanity: Action = "allow"
    """Swearing reaches her; she does not repeat it (`output`)."""
    links: Action = "block"
    links_from: RoleName = "vip"
    """This role and those above it may post links."""
    injection: Action = "block"
    """Lines that try to give her orders behind the operator's back."""
    personal_data: Action = "block"
    caps: bool = True
    """Do not answer lines that shout."""
    repeats: bool = True
    """Do not answer lines that repeat themselves, or what the viewer has just said."""
    bots: tuple[Word, ...] = ()
    """Bots beside those that are known: their lines are not answered."""
    topics: tuple[Word, ...] = ()
    """What she does not talk about: a word of `TOPICS`, or a phrase."""
    allowed_viewers: tuple[Word, ...] = ()
    """Nothing but the block list applies to them."""
    blocked_viewers: tuple[Word, ...] = ()
    hold: HoldRules = HoldRules()
    output: OutputSettings = OutputSettings()
    judge: JudgeSettings = JudgeSettings()
    air_delay_s: float = Field(default=0.0, ge=0, le=30)
    """How long each sentence is held so that an operator can drop it."""


class ViewerSettings(_Section):
    """What is remembered of the viewers."""

    remember: bool = True
    greet_first_time: bool = False
    """Let her know when somebody writes for the first time, and prefer that line."""
    keep_days: int = Field(default=180, ge=1, le=3_650)


class ChatSettings(_Section):
    """Everything about chat."""

    commands: CommandRules = CommandRules()
    selection: SelectionSettings = SelectionSettings()
    moderation: ModerationSettings = ModerationSettings()
    viewers: ViewerSettings = ViewerSettings()
    reply_errors: bool = False
    """Tell a viewer in chat how a command is used whose arguments made no sense; it needs a login that may write."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator should know of these settings, one sentence each."""
        roles = {self.moderation.links_from, *self.moderation.hold.roles}
        for _, rule in self.commands:
            roles |= {rule.allow, rule.exempt}
        return (FOLLOWERS_NOTE,) if "follower" in roles else ()


FIELDS = frozenset(("username", "amount", "message", "kind", "reward", "tier", "months", "channel"))
"""What may stand in braces in the text of a cue sheet."""
_FIELD = re.compile(r"\{([^{}]*)\}")
CueText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]


class MotionStep(_Section):
    """Make a gesture: group and index."""

    motion: tuple[str, Annotated[int, Field(ge=0)]]


class ExpressionStep(_Section):
    """Show a face, for `duration` milliseconds."""

    expression: int | str
    duration: int = Field(default=4_000, ge=0, le=3_600_000)


class SayStep(_Section):
    """Say exactly this."""

    say: CueText

    @field_validator("say")
    @classmethod
    def _only_known_fields(cls, text: str) -> str:
        return _checked(text)


class PromptStep(_Section):
    """Let her find the words: what she is asked for."""

    prompt: CueText

    @field_validator("prompt")
    @classmethod
    def _only_known_fields(cls, text: str) -> str:
        return _checked(text)


def _checked(text: str) -> str:
    for name in _FIELD.findall(text):
        if name not in FIELDS:
            raise ValueError(f"{{{name}}} is not one of {', '.join(sorted(FIELDS))}")
    return text


Step = MotionStep | ExpressionStep | SayStep | PromptStep
EventName = EventKind


class BoundSheet(_Section):
    """A cue sheet with what starts it."""

    on: EventName
    min_amount: int = Field(default=0, ge=0)
    """Of several sheets for a kind the one with the highest amount that the event reaches is played."""
    reward: str = Field(default="", max_length=100)
    """The title of the reward, for redemptions."""
    cooldown_s: float = Field(default=0.0, ge=0, le=86_400)
    """Not for paid events, which are always acknowledged."""
    steps: tuple[Step, ...] = Field(min_length=0, max_length=10)

    @field_validator("steps")
    @classmethod
    def _at_most_one_text(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return _with_one_text(steps)


def _with_one_text(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if sum(isinstance(step, SayStep | PromptStep) for step in steps) > 1:
        raise ValueError("a cue sheet has at most one say or prompt")
    return steps


class FreeSheet(_Section):
    """A cue sheet that others start by its name, written as a plain list."""

    steps: tuple[Step, ...] = Field(max_length=10)

    @field_validator("steps")
    @classmethod
    def _at_most_one_text(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return _with_one_text(steps)


CueSheet = BoundSheet | FreeSheet


def read_sheets(given: object) -> object:
    """Let a plain list stand for a sheet that is started by its name."""
    if not isinstance(given, Mapping):
        return given
    return {
        name: {"steps": sheet} if isinstance(sheet, list | tuple) else sheet for name, sheet in given.items()
    }
