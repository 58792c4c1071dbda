"""What docs/architecture.md says of the code is so: its modules are there, its layers are those that are checked."""

import re
import tomllib
from functools import cache

import pytest

from docs.pages import ROOT, blocks, tokens

PAGE = "docs/architecture.md"
PLACES = ("backend/src/open_llm_vtuber", "backend/tests", "frontend", ".")
DECISIONS = sorted(path.name for path in (ROOT / "docs/adr").glob("0*.md"))


@cache
def files() -> frozenset[str]:
    found = (ROOT / "backend").rglob("*.py"), (ROOT / "frontend/js").rglob("*.js"), ROOT.glob("*")
    return frozenset(path.relative_to(ROOT).as_posix() for group in found for path in group)


def named(page: str) -> list[str]:
    """Return what stands in backticks and looks like a file or a folder of ours."""
    spans = [
        child.content
        for token in tokens(page)
        for child in token.children or ()
        if child.type == "code_inline"
    ]
    return [span for span in spans if re.fullmatch(r"[\w./*-]+(\.py|/)", span)]


@pytest.mark.parametrize("name", sorted(set(named(PAGE))))
def test_a_module_that_the_page_names_is_there(name: str) -> None:
    if name.endswith(".py"):
        pattern = re.compile(r"(^|/)" + re.escape(name).replace(r"\*", r"\w*") + "$")
        assert any(pattern.search(file) for file in files()), f"{PAGE} names {name}, which is not there"
    else:
        assert any((ROOT / place / name).is_dir() for place in PLACES), f"{PAGE}: there is no folder {name}"


def test_the_way_of_a_chat_message_has_ten_hops() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    hops = re.findall(r"^\| (\d+)[a-z]? \|", text, re.MULTILINE)
    assert sorted({int(hop) for hop in hops}) == list(range(1, 11))


def test_the_import_rule_of_the_page_is_the_one_that_is_checked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    checked = [{name.strip(" ()") for name in layer.split("|")} for layer in layers]
    (drawn,) = (block.text for block in blocks(PAGE) if "→" in block.text)
    shown = [{name.strip() for name in layer.split("|")} for layer in drawn.split("→")]
    assert shown == checked, "draw the layers of pyproject.toml anew in docs/architecture.md"


def test_every_decision_is_in_the_index_under_its_number_and_title() -> None:
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    for name in DECISIONS:
        title = (ROOT / "docs/adr" / name).read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        number, _, rest = title.partition(". ")
        assert f"| {number} | [{rest}]({name}) |" in index, (
            f"docs/adr/README.md lacks the row | {number} | [{rest}]({name}) |"
        )


def test_numbers_of_decisions_are_those_of_their_files_and_none_is_given_twice() -> None:
    numbers = [int(name[:4]) for name in DECISIONS if name[:4].isdigit()]
    assert len(numbers) == len(set(numbers))
    for name in DECISIONS:
        if name[:4].isdigit():
            title = (ROOT / "docs/adr" / name).read_text(encoding="utf-8").splitlines()[0]
            assert title.startswith(f"# {int(name[:4])}. "), f"{name} begins with {title}"
