"""The lists of the moderation as they are edited on air: what was added and taken away, over what the configuration says."""

import json
import logging
from collections.abc import Sequence
from typing import get_args

from pydantic import TypeAdapter, ValidationError

from open_llm_vtuber import course
from open_llm_vtuber.chat.moderation import Moderation
from open_llm_vtuber.decided import Edited
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.ports import Store
from open_llm_vtuber.protocol.parts import ModerationList
from open_llm_vtuber.settings.chat import ModerationSettings
from open_llm_vtuber.show.airlock import Airlock

log = logging.getLogger(__name__)

LONGEST_LIST = 1_000
NOTE = "moderation"
LISTS: tuple[ModerationList, ...] = get_args(ModerationList)
_EDITS: TypeAdapter[dict[ModerationList, dict[str, tuple[str, ...]]]] = TypeAdapter(
    dict[ModerationList, dict[str, tuple[str, ...]]]
)


class EditedLists:
    """Keeps what was edited, also over a restart, and lets chat and air go by it."""

    def __init__(self, show: str, store: Store, moderation: Moderation, airlock: Airlock) -> None:
        self._show = show
        self._store = store
        self._moderation = moderation
        self._airlock = airlock
        self._edits: dict[ModerationList, dict[str, tuple[str, ...]]] = {}
        """What was added to each list and taken from it."""
        self._configured = moderation.settings

    @property
    def now(self) -> dict[ModerationList, tuple[str, ...]]:
        """Every list that can be edited."""
        return lists_of(self._moderation.settings)

    async def open(self) -> None:
        """Take over what was edited before a restart."""
        try:
            noted = await self._store.noted(self._show, NOTE)
        except EngineError as error:
            log.warning("show %s: %s", self._show, error)
            return
        if noted:
            try:
                self._edits = _EDITS.validate_json(noted)
            except ValidationError:
                log.warning("show %s: the edited lists cannot be read", self._show)
                return
            for name, edit in self._edits.items():
                self._apply(name, edit.get("added", ()), edit.get("removed", ()))

    async def edit(self, name: ModerationList, add: Sequence[str], remove: Sequence[str]) -> None:
        """Add to a list and take from it, at once and for good. Raises ProtocolError `too-long`, EngineError of the store."""
        before = self._edits.get(name, {})
        gone = set(remove)
        added = tuple(dict.fromkeys([*(each for each in before.get("added", ()) if each not in gone), *add]))
        removed = tuple(
            dict.fromkeys([*(each for each in before.get("removed", ()) if each not in add), *remove])
        )
        if len(added) > LONGEST_LIST or len(removed) > LONGEST_LIST:
            raise ProtocolError("That list is full.", code="too-long")
        self._apply(name, add, remove)
        self._edits[name] = {"added": added, "removed": removed}
        await self._store.note(self._show, NOTE, json.dumps(self._edits))

    async def take_rules(self, configured: ModerationSettings) -> None:
        """Go by these rules from now on; of a list that was edited on air, too, the later change counts.

        Raises EngineError of the store.
        """
        before, after = lists_of(self._configured), lists_of(configured)
        self._configured = configured
        edits = {
            name: {
                "added": tuple(_but_for(edit.get("added", ()), _but_for(before[name], after[name]))),
                "removed": tuple(_but_for(edit.get("removed", ()), _but_for(after[name], before[name]))),
            }
            for name, edit in self._edits.items()
        }
        self._moderation.apply(configured)
        self._airlock.apply(configured)
        for name, entries in after.items():
            if entries != before[name]:
                course.note(
                    Edited(
                        name=name,
                        added=tuple(_but_for(entries, before[name])),
                        removed=tuple(_but_for(before[name], entries)),
                    )
                )
        for name, edit in edits.items():
            self._apply(name, edit["added"], edit["removed"])
        if edits != self._edits:
            self._edits = edits
            await self._store.note(self._show, NOTE, json.dumps(edits))

    def _apply(self, name: ModerationList, add: Sequence[str], remove: Sequence[str]) -> None:
        moderation = self._moderation
        settings = edited(moderation.settings, name, add, remove)
        course.note(Edited(name=name, added=tuple(add), removed=tuple(remove)))
        moderation.apply(settings)
        self._airlock.apply(settings)


def _but_for(entries: Sequence[str], others: Sequence[str]) -> list[str]:
    gone = {each.lower() for each in others}
    return [each for each in entries if each.lower() not in gone]


def lists_of(settings: ModerationSettings) -> dict[ModerationList, tuple[str, ...]]:
    """Return every list that can be edited on air."""
    return {
        "banned_words": settings.banned_words,
        "topics": settings.topics,
        "bots": settings.bots,
        "allowed_viewers": settings.allowed_viewers,
        "blocked_viewers": settings.blocked_viewers,
        "hold_words": settings.hold.words,
        "hold_viewers": settings.hold.viewers,
        "output_words": settings.output.words,
    }


def edited(
    settings: ModerationSettings, name: ModerationList, add: Sequence[str], remove: Sequence[str]
) -> ModerationSettings:
    """Return the settings with these entries added to one of the lists, and those taken from it."""
    gone = {each.lower() for each in remove}
    kept = (each for each in lists_of(settings)[name] if each.lower() not in gone)
    return with_list(settings, name, tuple(dict.fromkeys([*kept, *add])))


def with_list(
    settings: ModerationSettings, name: ModerationList, entries: tuple[str, ...]
) -> ModerationSettings:
    """Return the settings with another list of that name."""
    match name:
        case "hold_words":
            return settings.model_copy(update={"hold": settings.hold.model_copy(update={"words": entries})})
        case "hold_viewers":
            return settings.model_copy(update={"hold": settings.hold.model_copy(update={"viewers": entries})})
        case "output_words":
            return settings.model_copy(
                update={"output": settings.output.model_copy(update={"words": entries})}
            )
        case _:
            return settings.model_copy(update={name: entries})
