"""Pure: a configuration's text with one value put into it, and everything else as its author wrote it.

Comments, quotes and order are kept by ruamel.yaml's round trip. What is written is read again as the program reads it and
must say exactly what was meant: else nothing is returned.
"""

import difflib
import textwrap
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from io import StringIO
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.settings.file import parsed
from open_llm_vtuber.settings.source import Source

Path = Sequence[str]
"""Keys from the outermost section to the value's own."""
LONGEST_TEXT = 200_000
WIDE = 2**16
"""Columns: no line of the author's is broken anew."""
ONLY_BY_HAND = "this change cannot be written without changing more: edit the file by hand"


def value_at(given: Mapping[str, Any], path: Path) -> Any:
    """Return what stands there as it was written, or None."""
    value: Any = given
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def with_value(text: str, path: Path, value: object) -> str:
    """Return the text with this value (as JSON has it; None is nothing) there. Raises ConfigError."""
    given = parsed(text.encode(), "")[0]
    wanted = _with_plain(given, path, value)
    try:
        tree = _round_trip(text).load(text)
        before = "" if tree is None else _dumped(tree, text)
        if tree is None:
            tree = CommentedMap()
        _put(tree, path, value)
        after = _dumped(tree, text) if tree else ""
    except (YAMLError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(ONLY_BY_HAND) from error
    if not before:  # of comments alone there is no tree
        candidates: list[str | None] = [f"{text.rstrip()}\n{after}".lstrip()]
    else:
        candidates = [_with_hunks(text, before, after), after]
    for candidate in candidates:
        if candidate is not None and _says(candidate, wanted):
            return candidate
    raise ConfigError(ONLY_BY_HAND)


def with_text(text: str, path: Path, inner: str) -> str:
    """Return the text with this YAML, as it is written, for the value there. Raises ConfigError."""
    value, _ = parsed_text(inner, path)
    if value is None:
        return with_value(text, path, None)
    held = text if _nodes(text, path) else with_value(text, path, "-")
    if found := _nodes(held, path):
        spliced = _spliced(held, *found, inner)
        if _says(spliced, _with_plain(parsed(text.encode(), "")[0], path, value)):
            return spliced
    return with_value(text, path, value)  # in a file that is all braces


def parsed_text(inner: str, path: Path) -> tuple[Any, Source]:
    """Return what a piece of YAML says, and where each value of it stands in the piece, by its place in the whole.

    Raises ConfigError that names lines of the piece.
    """
    if len(inner) > LONGEST_TEXT:
        raise ConfigError(f"This text is longer than {LONGEST_TEXT} characters.")
    with suppress(yaml.YAMLError):  # what is wrong with it is said below
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(inner)):
            raise ConfigError("References (*name) can only be written in the file itself.")
    given, source = parsed(_wrapped(inner, path).encode(), "", line=-len(path))
    return value_at(given, path), source


def _wrapped(inner: str, path: Path) -> str:
    heads = "".join(f"{'  ' * level}{each}:\n" for level, each in enumerate(path))
    return heads + textwrap.indent(inner, "  " * len(path))


def text_at(text: str, path: Path) -> str:
    """Return the YAML of the value there as its author wrote it, comments included; "" where nothing is.

    Raises ConfigError.
    """
    found = _nodes(text, path)
    if found is None:
        return ""
    key, value = found
    if value.start_mark.line == key.end_mark.line:
        return text[value.start_mark.index : value.end_mark.index].strip() + "\n"
    first, last = _lines_of(text, key, value)
    return textwrap.dedent("".join(text.splitlines(keepends=True)[first:last])).rstrip() + "\n"


def _nodes(text: str, path: Path) -> tuple[yaml.Node, yaml.Node] | None:
    """Return the last key and what it leads to. Raises ConfigError."""
    try:
        node, found = yaml.compose(text, Loader=yaml.SafeLoader), None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(ONLY_BY_HAND) from error
    for each in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next((pair for pair in pairs if pair[0].value == each), None)
        if found is None:
            return None
        node = found[1]
    return None if found is None or found[1].tag == "tag:yaml.org,2002:null" else found


def _lines_of(text: str, key: yaml.Node, value: yaml.Node) -> tuple[int, int]:
    """Return from which line to before which a value stands that begins below its key."""
    lines, first, last = text.splitlines(), key.end_mark.line + 1, value.end_mark.line
    if not isinstance(value, yaml.CollectionNode) or value.flow_style:
        return first, last + 1
    last = min(last, len(lines))
    while last > first and _is_outside(lines[last - 1], value.start_mark.column):
        last -= 1
    return first, last


def _spliced(text: str, key: yaml.Node, value: yaml.Node, inner: str) -> str:
    lines, column = text.splitlines(keepends=True), key.start_mark.column
    if value.start_mark.line == key.end_mark.line:
        first = last = key.end_mark.line + 1
        end = value.end_mark.index - value.end_mark.column
        head = text[key.start_mark.index - column : value.start_mark.index].rstrip()
        beside = text[value.end_mark.index : end + len(lines[value.end_mark.line])].strip()
        last = value.end_mark.line + 1
        lines[first - 1] = f"{head}  {beside}".rstrip() + "\n"
        deeper = 2
    else:
        first, last = _lines_of(text, key, value)
        deeper = max(0, value.start_mark.column - column)
    new = textwrap.indent(inner.rstrip(), " " * (column + deeper)) + "\n"
    return "".join([*lines[:first], new, *lines[last:]])


def _is_outside(line: str, column: int) -> bool:
    """Whether a line behind a value is no longer of it: blank, or a remark about what follows."""
    bare = line.lstrip(" ")
    return not bare.strip() or (bare.startswith("#") and len(line) - len(bare) < column)


def _says(text: str, wanted: Mapping[str, Any]) -> bool:
    try:
        return parsed(text.encode(), "")[0] == wanted
    except ConfigError:
        return False


def _with_plain(given: Mapping[str, Any], path: Path, value: object) -> dict[str, Any]:
    """Return what is meant: the value there; a section that holds nothing any more goes with its last value."""
    key, *rest = path
    inner = given.get(key)
    if value is None and (key not in given or (rest and not isinstance(inner, Mapping))):
        return dict(given)
    new = _with_plain(inner if isinstance(inner, Mapping) else {}, rest, value) if rest else value
    changed = {**given, key: new}
    if new is None or (value is None and new == {} != inner):
        del changed[key]
    return changed


def _put(tree: CommentedMap, path: Path, value: object) -> None:
    key, *rest = path
    if value is None:
        inner = tree.get(key)
        was_empty = inner == {}
        if rest and isinstance(inner, CommentedMap):
            _put(inner, rest, None)
        if key in tree and (not rest or (inner == {} and not was_empty)):
            del tree[key]
    elif not rest:
        tree[key] = _merged(tree.get(key), value)
    else:
        if not isinstance(tree.get(key), CommentedMap):
            tree[key] = CommentedMap()
        _put(tree[key], rest, value)


def _merged(before: Any, value: Any) -> Any:
    """Return the node with what is new in it: what stays the same stays as it was written."""
    if isinstance(value, Mapping):
        return _merged_map(before if isinstance(before, CommentedMap) else CommentedMap(), value)
    if isinstance(value, list | tuple):
        return _merged_list(before if isinstance(before, CommentedSeq) else CommentedSeq(), list(value))
    if before == value and type(before) is not bool and not isinstance(value, bool):
        return before
    return _written(value) if isinstance(value, str) else value


def _merged_map(node: CommentedMap, value: Mapping[Hashable, Any]) -> CommentedMap:
    for key in [key for key in node if str(key) not in value]:
        del node[key]
    written = {str(key): key for key in node}
    for key, each in value.items():
        own = written.get(str(key), _written(str(key)))
        node[own] = _merged(node.get(own), each)
    return node


def _merged_list(node: CommentedSeq, value: list[Any]) -> CommentedSeq:
    if list(node) == value:
        return node
    for index in reversed(range(len(node))):
        if node[index] not in value:
            del node[index]
    kept = list(node)
    if value[: len(kept)] == kept:
        for each in value[len(kept) :]:
            node.append(_merged(None, each))
        return node
    fresh = CommentedSeq(_merged(None, each) for each in value)
    if node.fa.flow_style():
        fresh.fa.set_flow_style()
    return fresh


def _written(text: str) -> str:
    """Return a string in a form that reads as that string for YAML 1.1, too (`no`, `on`, `1:30`)."""
    lines = text.split("\n")
    is_block = len(lines) > 1 and lines[0].strip() and all(line == line.rstrip() for line in lines)
    if is_block and text.isprintable() is False and text.replace("\n", "").isprintable():
        return text if text.startswith(" ") else LiteralScalarString(text)
    try:
        is_plain = yaml.safe_load(text) == text
    except (yaml.YAMLError, ValueError):
        is_plain = False
    return text if is_plain else DoubleQuotedScalarString(text)


def _round_trip(text: str) -> YAML:
    """Return a reader and writer that indents as most of the text does."""
    made = YAML()
    made.preserve_quotes = True
    made.width = WIDE
    deeper: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    opened: int | None = None
    for line in text.splitlines():
        bare = line.lstrip(" ")
        if not bare or bare.startswith("#"):
            continue
        indent = len(line) - len(bare)
        if opened is not None and bare.startswith("- "):
            dashes[indent - opened] += 1
        elif opened is not None and indent > opened:
            deeper[indent - opened] += 1
        opened = indent if bare.split(" #")[0].rstrip().endswith(":") and not bare.startswith("- ") else None
    dash = dashes.most_common(1)[0][0] if dashes else 0
    made.indent(
        mapping=deeper.most_common(1)[0][0] if deeper else 2, sequence=max(0, dash) + 2, offset=max(0, dash)
    )
    return made


def _dumped(tree: object, text: str) -> str:
    out = StringIO()
    _round_trip(text).dump(tree, out)
    return out.getvalue()


def _with_hunks(text: str, before: str, after: str) -> str | None:
    """Return the author's text with what lies between `before` and `after`; None where that cannot be told apart."""
    own, old, new = (each.splitlines(keepends=True) for each in (text, before, after))
    if own == old:
        return after
    places: dict[int, int] = {}
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, own, autojunk=False).get_opcodes():
        if tag == "equal":
            places |= dict(zip(range(i1, i2 + 1), range(j1, j2 + 1), strict=True))
    result: list[str] = []
    done = 0
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if i1 not in places or i2 not in places:
            return None
        result += [*own[done : places[i1]], *new[j1:j2]]
        done = places[i2]
    return "".join([*result, *own[done:]])
