"""Where in a configuration file a value stands, so that a fault can be found again."""

from collections.abc import Sequence

import yaml
from pydantic import BaseModel, ValidationError

from open_llm_vtuber.errors import ConfigError, Fault
from open_llm_vtuber.settings.explained import explained

Place = Sequence[str | int]
"""Where a value is: keys and positions, from the outermost to its own."""


class Source:
    """Where a configuration comes from, so that a fault can be found again."""

    def __init__(self, name: str = "", tree: yaml.Node | None = None, line: int = 0) -> None:
        """`line` is added to the lines that are told."""
        self.name = name
        self._tree = tree
        self._line = line

    def line(self, place: Place) -> int | None:
        """Return the line of a value, or of the innermost that stands in the file; None where nothing does."""
        line = self._walk(place)[1]
        return None if line is None else line + self._line

    def wrong(self, faults: Sequence[Fault]) -> ConfigError:
        """Return the error that names all of these, each with what to do."""
        sentences = "; ".join(f"{each} → {each.fix}" if each.fix else str(each) for each in faults)
        return ConfigError(f"{self.name}: {sentences}" if self.name else sentences, faults)

    def faults(self, error: ValidationError, root: type[BaseModel], inside: Place = ()) -> Sequence[Fault]:
        """Return what a validation of `root` found, each with its line; `inside` is where in the file it looked."""
        found = explained(error, root)
        faults = [self.fault(each.sentence, (*inside, *each.place), each.fix) for each in found]
        return sorted(faults, key=lambda each: each.line or 0)

    def fault(self, sentence: str, place: Place, fix: str = "") -> Fault:
        """Return one fault with its place and its line."""
        shown, line = self._walk(place)
        return Fault(
            sentence=sentence,
            file=self.name,
            place=".".join(map(str, shown)),
            line=None if line is None else line + self._line,
            fix=fix,
        )

    def _walk(self, place: Place) -> tuple[Place, int | None]:
        """Return the place as the file has it (a validation names alternatives between), and its line."""
        if self._tree is None:
            return place, None
        node, line, shown = self._tree, None, list[str | int]()
        for part, following in zip(place, [*place[1:], None], strict=True):
            found, is_last = _child(node, part), following is None
            is_leaf = is_last or isinstance(following, int)  # a single value may stand for a list of one
            if found and (is_leaf or not isinstance(found[1], yaml.ScalarNode)):
                line, node = found
                shown.append(part)
            elif is_last and str(part).isidentifier():  # it is missing
                shown.append(part)
        return shown, line


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        value = node.value[part]
        return value.start_mark.line + 1, value
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    return None
