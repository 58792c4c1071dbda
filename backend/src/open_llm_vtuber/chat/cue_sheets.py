"""Which cue sheet an event plays, and its texts with the event's words filled in. Pure.

A text of a sheet is the operator's. Of an event only plain named fields are put into it, each bounded and on one line;
nothing of it is ever evaluated, and a brace in a viewer's words is only a brace.
"""

import re
from collections.abc import Mapping, Sequence

from open_llm_vtuber.settings.chat import (
    BoundSheet,
    CueSheet,
    EventName,
    ExpressionStep,
    MotionStep,
    PromptStep,
    SayStep,
    Step,
)
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

LONGEST_FIELD = 200
_FIELD = re.compile(r"\{([a-z]+)\}")
_JOY = ExpressionStep(expression="joy", duration=4_000)
_WAVE = MotionStep(motion=("Wave", 0))


def _default(on: EventName, *steps: Step, min_amount: int = 0, cooldown_s: Seconds = 0.0) -> BoundSheet:
    return BoundSheet(on=on, steps=steps, min_amount=min_amount, cooldown_s=cooldown_s)


DEFAULTS: Sequence[BoundSheet] = (
    _default("follow", _JOY, cooldown_s=30.0),
    _default(
        "subscribe",
        _JOY,
        PromptStep(prompt="{username} has just subscribed. Thank them by name, in one short sentence."),
    ),
    _default(
        "resubscribe",
        _JOY,
        PromptStep(
            prompt="{username} has subscribed again, {amount} months in all. Their message: {message}. "
            "Thank them by name, in one or two short sentences."
        ),
    ),
    _default(
        "gift",
        _JOY,
        PromptStep(
            prompt="{username} gave {amount} subscriptions to the community. Thank them by name, in one or two short "
            "sentences."
        ),
    ),
    _default(
        "cheer",
        _JOY,
        PromptStep(
            prompt="{username} cheered {amount} bits. Their message: {message}. Thank them by name, in one short "
            "sentence."
        ),
    ),
    _default(
        "raid",
        _WAVE,
        _JOY,
        PromptStep(
            prompt="{username} comes over with {amount} viewers of their own stream. Welcome them all, in one or two "
            "short sentences."
        ),
    ),
    _default(
        "redemption",
        PromptStep(
            prompt="{username} spent channel points on {reward}. Their message: {message}. React to it in one short "
            "sentence."
        ),
    ),
    _default(
        "hype-train",
        ExpressionStep(expression="surprise", duration=4_000),
        PromptStep(prompt="A hype train has begun. Cheer the viewers on, in one short sentence."),
        cooldown_s=300.0,
    ),
    _default(
        "poll",
        PromptStep(prompt="A poll is open: {message}. Tell the viewers to vote, in one short sentence."),
        cooldown_s=60.0,
    ),
    _default(
        "ad-break",
        PromptStep(
            prompt="An ad break of {amount} seconds begins. Tell the viewers that you wait for them, in one short "
            "sentence."
        ),
        cooldown_s=60.0,
    ),
    _default(
        "stream-online",
        _WAVE,
        PromptStep(prompt="The stream has just begun. Greet everybody, in one or two short sentences."),
        cooldown_s=600.0,
    ),
    _default("stream-offline"),
    _default("other"),
)
"""What is played where the configuration binds nothing to the kind."""


class CueSheets:
    """The sheets of the configuration, and the defaults behind them."""

    def __init__(self, sheets: Mapping[str, CueSheet]) -> None:
        self._named = sheets
        self._bound = [sheet for sheet in sheets.values() if isinstance(sheet, BoundSheet)]

    def named(self, name: str) -> Sequence[Step] | None:
        """Return the steps of the sheet of that name, None where there is none."""
        sheet = self._named.get(name)
        return sheet.steps if sheet else None

    def for_event(self, kind: str, amount: int, reward: str = "") -> BoundSheet:
        """Return the sheet to play: one for this very reward, else the one with the highest amount that is reached."""
        for sheets in (self._bound, DEFAULTS):
            fitting = [
                sheet
                for sheet in sheets
                if sheet.on == kind
                and sheet.min_amount <= amount
                and sheet.reward.casefold().strip() in ("", reward.casefold().strip())
            ]
            if fitting:
                return max(fitting, key=lambda sheet: (bool(sheet.reward), sheet.min_amount))
        return BoundSheet(on="other", steps=())


def claims(steps: Sequence[Step]) -> Sequence[MotionStep | ExpressionStep]:
    """Return the gestures and faces of a sheet, in order."""
    return [step for step in steps if isinstance(step, MotionStep | ExpressionStep)]


def text_of(steps: Sequence[Step], fields: Mapping[str, str]) -> tuple[str, bool]:
    """Return what is said or asked for, filled in, and whether it is said as it stands; "" for neither."""
    for step in steps:
        match step:
            case SayStep():
                return fill(step.say, fields), True
            case PromptStep():
                return fill(step.prompt, fields), False
            case _:
                continue
    return "", False


def fill(text: str, fields: Mapping[str, str]) -> str:
    """Put the fields into a text; a name that there is no field for stays as it is."""

    def value(found: re.Match[str]) -> str:
        given = fields.get(found[1])
        return found[0] if given is None else bounded(one_line(given), LONGEST_FIELD) or "-"

    return _FIELD.sub(value, text)
