"""The page of a report: whole, safe whatever a log holds, and with a table behind every plot."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from log_report.test_figures import CANARY, evening
from open_llm_vtuber.log_report.figures import figures
from open_llm_vtuber.log_report.look import STYLE
from open_llm_vtuber.log_report.page import page
from open_llm_vtuber.show_log.reader import parsed
from told_log import log_bytes, told, turn, wrote

HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>&quot;\" style='x'"


class Seen(HTMLParser):
    """Every tag of a page with its attributes, in order, and whether all that opens is closed."""

    VOID = ("meta", "br", "rect", "line", "circle", "path")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID[:2]:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(each == tag for each, _ in self.tags)


def test_the_page_is_well_formed_and_needs_nothing_from_anywhere() -> None:
    seen = Seen(page(figures(evening(), moods=[(0, 0.1, 0.2), (9, 0.3, -0.2)])))
    assert seen.open == []
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in seen.tags}
    for tag, attributes in seen.tags:
        assert not {"src", "href", "style", "srcset"} & set(attributes), tag
        assert not any(name.startswith("on") for name in attributes)


def test_its_policy_allows_its_own_style_and_nothing_else() -> None:
    text = page(figures(told()))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style == STYLE
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_there_is_a_table_behind_every_plot_and_a_label_on_it() -> None:
    seen = Seen(page(figures(evening(), moods=[(0, 0.1, 0.2)])))
    assert seen.count("figure") == seen.count("details") == 6
    assert seen.count("svg") == 12
    assert all(
        attributes["role"] == "img" and attributes["aria-label"]
        for tag, attributes in seen.tags
        if tag == "svg"
    )


def test_a_hostile_log_is_only_text() -> None:
    log = parsed(
        log_bytes(
            wrote(1, HOSTILE, HOSTILE.lower(), HOSTILE),
            turn(HOSTILE, 2, (2, HOSTILE, 1), ended=3, message_id=HOSTILE, source=HOSTILE),
            wall=HOSTILE,
            program=HOSTILE,
            character=HOSTILE,
        )
    )
    seen = Seen(page(figures(log, named=frozenset([HOSTILE.lower()]))))
    assert seen.open == []
    assert not {"script", "img"} & {tag for tag, _ in seen.tags}
    assert HOSTILE[:40] in seen.text or HOSTILE[:39] in seen.text


def test_nobodys_words_and_no_name_are_on_the_page() -> None:
    text = page(figures(evening()))
    assert CANARY not in text
    assert "erased" not in text
    assert "bob" not in text.lower()
    assert "Bob" in page(figures(evening(), named=frozenset(["bob"])))


def test_a_show_in_which_nothing_happened_has_a_page() -> None:
    seen = Seen(page(figures(told())))
    assert seen.open == []
    assert "There was nothing." in seen.text


def test_records_that_are_missing_are_told() -> None:
    log = told(wrote(1, "m1"))
    assert "missing" not in page(figures(log))
    found = figures(log)
    found.lost = 7
    assert "7 records are missing" in page(found)
