"""The pages of the documentation, taken apart: blocks, commands within lines, headings, links.

A fenced block is tested as its language says. A comment right above it says otherwise:

    <!-- test: KIND -->           one of KINDS in test_blocks.py
    <!-- not run: WHY -->         nothing is tested, and why not
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[3]
ALL_PAGES = ("*.md", "docs/*.md", "docs/how-to/*.md", "docs/adr/*.md", "frontend/README.md")
"""Whose links are followed."""
WRITTEN_BY_THE_PROGRAM = "docs/protocol.md"
"""The only page whose blocks are not run: they are schemas, and test_reference.py writes it anew."""
_MARK = re.compile(r"<!--\s*(test|not run):\s*(.*?)\s*-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block."""

    page: str
    line: int
    language: str
    kind: str
    """What the comment above it says; "" without one."""
    reason: str
    """Why it is not run."""
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page points to."""

    page: str
    target: str


def pages(patterns: tuple[str, ...]) -> list[str]:
    """Return the paths of those pages, relative to the root."""
    return sorted({path.relative_to(ROOT).as_posix() for each in patterns for path in ROOT.glob(each)})


@cache
def tokens(page: str) -> tuple[Token, ...]:
    """Return what a page consists of."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return tuple(MarkdownIt("commonmark").enable("table").parse(text))


def blocks(page: str) -> Iterator[Block]:
    """Yield the page's fenced blocks."""
    before: Token | None = None
    for token in tokens(page):
        if token.type == "fence":
            mark = _MARK.search(before.content) if before and before.type == "html_block" else None
            what, said = mark.groups() if mark else ("", "")
            yield Block(
                page=page,
                line=(token.map or [0])[0] + 1,
                language=token.info.split(maxsplit=1)[0] if token.info else "",
                kind=said if what == "test" else "",
                reason=said if what == "not run" else "",
                text=token.content,
            )
        before = token


def commands_in_lines(page: str) -> Iterator[str]:
    """Yield what stands in backticks within the text and begins like a command of ours."""
    for token in tokens(page):
        for child in token.children or ():
            if child.type == "code_inline" and re.match(
                r"(\.venv/bin/)?open-llm-vtuber |make |docker ", child.content
            ):
                yield child.content


def anchors(page: str) -> set[str]:
    """Return what a link may name behind its `#`, as GitHub makes it of the headings."""
    found: set[str] = set()
    before: Token | None = None
    for token in tokens(page):
        if before and before.type == "heading_open":
            plain = "".join(
                child.content for child in token.children or () if child.type in ("text", "code_inline")
            )
            slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            number = 1
            while slug in found:
                slug, number = f"{slug.removesuffix(f'-{number - 1}')}-{number}", number + 1
            found.add(slug)
        before = token
    return found


def links(page: str) -> Iterator[Link]:
    """Yield where the page points to, pictures included."""
    for token in tokens(page):
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else None
            target = child.attrGet("src") if child.type == "image" else target
            if isinstance(target, str):
                yield Link(page, target)
