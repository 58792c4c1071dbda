"""The commands of a show as a log has them: what changes something, without the sound of anybody's microphone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar, get_args

from open_llm_vtuber.show import commands
from open_llm_vtuber.show_log.records import Codec, typed

H = TypeVar("H", commands.Hear, commands.HearAll, commands.FindSpeech)

CHANGES_NOTHING = (
    commands.Describe,
    commands.TakeSnapshot,
    commands.GetState,
    commands.GetMode,
)
"""They are answered and leave no trace."""
MOST_SAMPLES = 10_000_000


class _Heard(Generic[H]):
    """The codec of a piece of sound: only how many samples it has is kept."""

    def __init__(self, kind: type[H]) -> None:
        self._fields: Codec[H] = typed(kind)

    def dump(self, value: H) -> object:
        """Return the command with the number of its samples."""
        told = self._fields.dump(replace(value, samples=()))
        return {**told, "samples": len(value.samples)} if isinstance(told, dict) else told

    def load(self, data: object) -> H:
        """Return the command with so much silence. Raises ValueError."""
        if not isinstance(data, dict) or not 0 <= int(data["samples"]) <= MOST_SAMPLES:
            raise ValueError("that is no sound")
        heard = self._fields.load({**data, "samples": []})
        return replace(heard, samples=(0.0,) * int(data["samples"]))


_ALL = get_args(commands.Command)
COMMANDS: Mapping[type, Codec[Any]] = {
    **{kind: typed(kind) for kind in _ALL},
    **{kind: _Heard(kind) for kind in (commands.Hear, commands.HearAll, commands.FindSpeech)},
}
BY_NAME: Mapping[str, Codec[Any]] = {kind.__name__: codec for kind, codec in COMMANDS.items()}
