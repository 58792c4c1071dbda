"""Where in a configuration file a value stands."""

from pathlib import Path

import pytest

from open_llm_vtuber.errors import ConfigError, Fault
from open_llm_vtuber.settings.file import read
from open_llm_vtuber.settings.source import Source

TEXT = """\
# a remark
first:
  list:
    - {kind: cron, cron: "* * * * *"}
    - kind: cron
      cron: x
  5: five
merged: &base {a: 1}
other:
  <<: *base
  b: 2
"""


@pytest.fixture
def source(tmp_path: Path) -> Source:
    file = tmp_path / "conf.yaml"
    file.write_text(TEXT)
    return read(file, {}, [])[1]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("first",), 2),
        (("first", "list", 0), 4),
        (("first", "list", 1, "cron"), 6),
        (("first", "list", 1, "cron", "cron"), 6),
        (("first", "list", 1, "cron", "action", "prompt"), 5),
        (("first", "list", 9), 3),
        (("first", "5"), 7),
        (("other", "b"), 11),
        (("nowhere",), None),
    ],
)
def test_a_place_has_the_line_of_the_innermost_value_that_is_there(
    source: Source, place: tuple[str | int, ...], line: int | None
) -> None:
    assert source.line(place) == line


def test_a_fault_is_named_by_its_place_as_the_file_has_it(source: Source) -> None:
    place = ("first", "list", 1, "function-after[checked(), str]", "cron", "action")
    fault = source.fault("is missing", place, "Add it.")
    assert fault == Fault(
        sentence="is missing", file="conf.yaml", place="first.list.1.action", line=5, fix="Add it."
    )
    assert str(source.wrong([fault, fault])) == f"conf.yaml: {fault} → Add it.; {fault} → Add it."
    assert str(fault) == "first.list.1.action (line 5): is missing"
    assert str(Source().wrong([Source().fault("is missing", ("a",))])) == "a: is missing"
    assert str(Source().fault("is missing", ("a", 1))) == "a.1: is missing"
    assert source.wrong([fault]).faults == (fault,)


@pytest.mark.parametrize("content", ["", "# only a remark\n"])
def test_an_empty_file_is_an_empty_configuration(tmp_path: Path, content: str) -> None:
    file = tmp_path / "conf.yaml"
    file.write_text(content)
    assert read(file, {}, [])[0] == {}


@pytest.mark.parametrize(
    "content", [b"a: [", b"\xff\xfe\xff", b"- a\n", b"a: 2020-99-99\n", b"a: !!python/object:os.system x"]
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "conf.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"conf\.yaml"):
        read(file, {}, [])
    with pytest.raises(ConfigError, match="no configuration file"):
        read(tmp_path / "missing.yaml", {}, [])
