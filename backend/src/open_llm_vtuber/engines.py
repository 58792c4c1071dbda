"""Engine tables: a name becomes an engine. A new engine is one file and one line in its part's table."""

import difflib
import importlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from open_llm_vtuber.errors import ConfigError

E = TypeVar("E")


class EngineOptions(BaseModel):
    """An engine's own settings, declared beside the engine as its `Options`.

    Unknown keys are ignored: existing configuration files carry some that we do not use.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class EngineTable(Generic[E]):
    """The engines of one kind: name → "module:Class". A module is imported only when its engine is chosen.

    Every class has a nested `Options` (an EngineOptions) and a constructor that takes one.
    """

    def __init__(self, kind: str, rows: Mapping[str, str]) -> None:
        self._kind = kind
        self._rows = dict(rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def build(self, name: str, options: Mapping[str, object]) -> E:
        """Return the engine of that name, not yet started.

        Raises ConfigError when there is none, when its package is missing or when an option is wrong.
        """
        engine_class = self._class(name)
        try:
            return cast("E", engine_class(engine_class.Options.model_validate(options)))
        except ValidationError as error:
            raise ConfigError(f"{name}: {faults(error)}") from error

    def options_of(self, name: str) -> type[EngineOptions]:
        """Return what can be set of an engine. Raises ConfigError as `build` does."""
        options: type[EngineOptions] = self._class(name).Options
        return options

    def _class(self, name: str) -> Any:
        if name not in self._rows:
            raise unknown(self._kind, name, self._rows)
        module, _, class_name = self._rows[name].partition(":")
        try:
            return getattr(importlib.import_module(module), class_name)
        except ImportError as error:
            msg = f"The {self._kind} {name!r} needs the package {error.name!r}, which is not installed."
            raise ConfigError(msg) from error


def unknown(kind: str, name: str, known: Collection[str]) -> ConfigError:
    """Return the error for a name that is not in a table, with the nearest one that is."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(sorted(known))}."
    return ConfigError(f"There is no {kind} {name!r}. {hint}")


def _dotted(place: Sequence[str | int]) -> str:
    return ".".join(map(str, place))


def faults(error: ValidationError, shown: Callable[[Sequence[str | int]], str] = _dotted) -> str:
    """Return what a validation found, as one line without the offending values (they may be secrets).

    `shown` says how the place of a fault is named.
    """
    return "; ".join(
        ": ".join(filter(None, (shown(fault["loc"]), fault["msg"].removeprefix("Value error, "))))
        for fault in error.errors(include_input=False, include_url=False)
    )
