"""What a viewer's line commands, if anything. Pure: invisible suffixes and look-alike letters make no difference."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from open_llm_vtuber.chat.cooldowns import Cooldowns
from open_llm_vtuber.chat.permissions import Role, is_at_least
from open_llm_vtuber.settings.chat import CommandName, CommandRules
from open_llm_vtuber.text_rules import bounded, normalised, one_line
from open_llm_vtuber.units import Seconds

LONGEST_ARGUMENT = 300
LARGEST_INDEX = 9_999
_CALL = re.compile(r"^[!\uff01\ufe57\u01c3]\s?(\S+)(?:\s+(.*))?$", re.DOTALL)
"""Beside `!`: its wide, its small and its look-alike form."""
VIEWER_TOLD_EVERY: Seconds = 30.0
"""One viewer is told how a command is used at most this often, whatever he tries."""
ALL_TOLD_EVERY: Seconds = 5.0
"""All viewers together: chat is theirs, and an account may write only so much."""
_TOLD = "told"
NAMES: tuple[CommandName, ...] = get_args(CommandName)


@dataclass(frozen=True, slots=True)
class ShowFace:
    """`!expression <id or name>`."""

    expression: int | str


@dataclass(frozen=True, slots=True)
class Gesture:
    """`!motion <group> <index>`; without an index the first of the group."""

    group: str
    index: int


@dataclass(frozen=True, slots=True)
class Ask:
    """`!say <text>`: a request that is answered aloud, ahead of plain chat."""

    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """`!block <viewer>`."""

    username: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A command that takes no arguments: `!stop`, `!resume`, `!pause`, `!skip`, `!why`, `!forgetme`."""

    name: CommandName


Wish = ShowFace | Gesture | Ask | Block | Plain


@dataclass(frozen=True, slots=True)
class Call:
    """A command of ours in a viewer's line: its name and what it asks for, None where the arguments make no sense."""

    name: CommandName
    wish: Wish | None


_USAGE: Mapping[CommandName, str] = {
    "expression": "!expression takes the name or the number of one of my faces, for example: !expression joy",
    "motion": "!motion takes the name and the number of one of my gestures, for example: !motion Wave 0",
    "say": "!say takes what you want to tell me, for example: !say how are you?",
    "block": "!block takes the name of a viewer.",
}
"""Of the commands that take arguments. Fixed words: a viewer's own, repeated, would be ours."""


def looks_like_command(text: str) -> bool:
    """Whether a line is a command, of ours or of some bot."""
    return _CALL.match(one_line(text)) is not None


class Commands:
    """Reads commands and says who may use them when. The rules may be exchanged on air."""

    def __init__(self, rules: CommandRules) -> None:
        self._cooldowns = Cooldowns()
        self.apply(rules)

    def apply(self, rules: CommandRules) -> None:
        """Go by these rules from now on; who has to wait goes on waiting."""
        self._rules = rules
        self._names = _names(rules)

    def read(self, text: str) -> Call | None:
        """Return the command that a line is, or None: everything else is chat."""
        found = _CALL.match(one_line(text))
        if not found:
            return None
        name = self._names.get(normalised(found[1]))
        return Call(name, _wish(name, found[2] or "")) if name else None

    def may_use(self, name: CommandName, role: Role) -> bool:
        """Whether a viewer of that role may use it, now or later."""
        rule = self._rules.of(name)
        return rule.enabled and is_at_least(role, rule.allow)

    def refusal(self, name: CommandName, viewer: str, role: Role, now: Seconds) -> str | None:
        """Return in a fixed word why the viewer may not use it now; None notes the use."""
        rule = self._rules.of(name)
        if not rule.enabled:
            return "command-off"
        if not is_at_least(role, rule.allow):
            return "command-not-allowed"
        left = self._cooldowns.left(
            name, viewer, now, for_viewer=rule.viewer_cooldown_s, for_all=rule.global_cooldown_s
        )
        if left > 0 and not is_at_least(role, rule.exempt):
            return "command-cooldown"
        self._cooldowns.used(name, viewer, now)
        return None

    def usage(self, name: CommandName, viewer: str, now: Seconds) -> str | None:
        """Return what to tell a viewer who used it wrongly, and note that; None when nothing is to be told now."""
        left = self._cooldowns.left(_TOLD, viewer, now, for_viewer=VIEWER_TOLD_EVERY, for_all=ALL_TOLD_EVERY)
        if name not in _USAGE or left > 0:
            return None
        self._cooldowns.used(_TOLD, viewer, now)
        return _USAGE[name]

    def forget(self, viewer: str) -> None:
        """Forget when a viewer used what."""
        self._cooldowns.forget(viewer)


def _names(rules: CommandRules) -> Mapping[str, CommandName]:
    found: dict[str, CommandName] = {}
    for name in NAMES:
        for alias in rules.of(name).aliases:
            found[normalised(alias)] = name
    return {**found, **{normalised(name): name for name in NAMES}}  # a command's own name is never an alias


def _wish(name: CommandName, arguments: str) -> Wish | None:
    given = bounded(one_line(arguments), LONGEST_ARGUMENT)
    match name:
        case "expression":
            return ShowFace(_index_or_name(given)) if given else None
        case "motion":
            return _gesture(given)
        case "say":
            return Ask(given) if any(character.isalnum() for character in given) else None
        case "block":
            username = given.split(" ")[0].lstrip("@").lower() if given else ""
            return Block(username) if username else None
        case _:
            return Plain(name)


def _index_or_name(given: str) -> int | str:
    return int(given) if _is_index(given) else given.lower()


def _gesture(given: str) -> Gesture | None:
    group, _, index = given.rpartition(" ")
    if not group:
        return Gesture(given, 0) if given else None
    return Gesture(group, int(index)) if _is_index(index) else None


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_INDEX))
