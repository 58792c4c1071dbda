"""Where the documentation points to is there."""

import re

import pytest

from docs.pages import ALL_PAGES, ROOT, anchors, links, pages


@pytest.mark.parametrize("page", pages(ALL_PAGES))
def test_every_link_within_the_repository_leads_somewhere(page: str) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link.target):
            continue
        path, _, anchor = link.target.partition("#")
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), f"{page} points to {link.target}, which is not there"
        assert target.is_relative_to(ROOT), f"{page} points out of the repository: {link.target}"
        if anchor:
            name = target.relative_to(ROOT).as_posix()
            assert anchor in anchors(name), f"{page}: {name} has no heading for #{anchor}"


def test_every_page_can_be_reached_from_the_first_one() -> None:
    reached, ahead = set(), ["README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or not page.endswith(".md"):
            continue
        reached.add(page)
        for link in links(page):
            path = link.target.partition("#")[0]
            target = ((ROOT / page).parent / path).resolve()
            if path and target.is_file() and not re.match(r"[a-z]+:", link.target):
                ahead.append(target.relative_to(ROOT).as_posix())
    lost = set(pages(("docs/**/*.md",))) - reached
    assert not lost, f"no page links to {', '.join(sorted(lost))}; docs/README.md is the index"
