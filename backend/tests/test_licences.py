"""What is installed stands under licences that fit, and the page that says so is current."""

import licences


def test_every_package_stands_under_a_licence_that_was_looked_at() -> None:
    assert licences.unknown() == {}
    assert len(licences.found()) > 50


def test_the_page_is_current() -> None:
    assert licences.PAGE.read_text(encoding="utf-8") == licences.page(), "run `make licences`"


def test_a_licence_nobody_looked_at_is_noticed() -> None:
    assert not licences._is_allowed("GPL-3.0-only")
    assert not licences._is_allowed("unknown")
