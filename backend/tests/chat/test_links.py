"""Links: those that hide too, and none where a sentence only lacks a blank."""

import pytest

from open_llm_vtuber.chat.links import has_link


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com",
        "look: http://x.y/z",
        "www.example.com",
        "free skins at cheap-skins.ru now",
        "twitch.tv/somebody",
        "example.com",
        "bit.ly/abc",
        "example (dot) com",
        "example[dot]com",
        "example dot com",
        "https : // example . org",
        "discord.gg/abc",
        "t.me/abc",
        "EXAMPLE.COM",
        "sub.domain.example.net/path?x=1",
        "youtu.be/dQw4w9WgXcQ",
    ],
)
def test_a_link_is_found(text: str) -> None:
    assert has_link(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello.world",
        "I like it.so much",
        "no way.it works",
        "1.5 or 2.0",
        "gg wp",
        "3...2...1...go",
        "forsen.E",
        "yes.me too",
        "U.S.A.",
        "she is at home",
        "connect the dots",
        "dot com bubble?",
        "version 1.2.3",
        "e.g. this",
        "me@home",
        "12:30:45",
    ],
)
def test_what_is_none_is_let_through(text: str) -> None:
    assert not has_link(text)
