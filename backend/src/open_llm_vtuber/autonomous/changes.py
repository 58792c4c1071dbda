"""Pure: what was changed of the triggers while she was on air, as a text that outlives the program.

A change is kept as what stands over what the configuration says: so a file that names another trigger under the same
name later on wins, and nothing has to be taken back by hand.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from open_llm_vtuber.autonomous.triggers import TriggerConfig


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    over: dict[str, Any] | None
    """The trigger of that name in the configuration; None where it had none."""
    trigger: dict[str, Any] | None
    """What stands in its place; None: it was taken off."""


_CHANGES: TypeAdapter[dict[str, _Change]] = TypeAdapter(dict[str, _Change])
_TRIGGER: TypeAdapter[TriggerConfig] = TypeAdapter(TriggerConfig)


def written(configured: Mapping[str, TriggerConfig], now: Iterable[TriggerConfig]) -> str:
    """Return how the triggers differ from the configured ones; "" where they do not."""
    present = {trigger.name: trigger for trigger in now}
    changes = {
        name: _Change(over=_dumped(configured.get(name)), trigger=_dumped(present.get(name)))
        for name in {**configured, **present}
        if configured.get(name) != present.get(name)
    }
    return _CHANGES.dump_json(changes).decode() if changes else ""


def read(
    text: str, configured: Mapping[str, TriggerConfig], report: Callable[[str], None]
) -> Mapping[str, TriggerConfig | None]:
    """Return what is to stand in the place of what is configured, by name; None: nothing.

    What cannot be read or is not meant any more is reported and left out.
    """
    if not text:
        return {}
    try:
        changes = _CHANGES.validate_json(text)
    except ValidationError:
        report("What was changed of the triggers on air cannot be read, and is left out.")
        return {}
    kept: dict[str, TriggerConfig | None] = {}
    for name, change in changes.items():
        if change.over != _dumped(configured.get(name)):
            report(
                f"The trigger {name} is another one in the configuration now: a change made on air is dropped."
            )
            continue
        try:
            kept[name] = (
                None if change.trigger is None else _TRIGGER.validate_python({**change.trigger, "name": name})
            )
        except ValidationError:
            report(f"The trigger {name}, changed on air, is none any more, and is left out.")
    return kept


def _dumped(trigger: TriggerConfig | None) -> dict[str, Any] | None:
    """Return it as it can be written in a configuration."""
    if trigger is None:
        return None
    return {**trigger.model_dump(mode="json", exclude_defaults=True), "kind": trigger.kind}
