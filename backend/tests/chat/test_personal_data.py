"""Personal data: found in what is written and in what is dictated, and not in scores and dates. All of it is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.personal_data import personal_data


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to jane.doe@example.com", "email"),
        ("jane (at) example dot com", "email"),
        ("jane at example dot com", "email"),
        ("call +1 555 010 9999", "phone"),
        ("call (555) 010-9999", "phone"),
        ("555-010-9999", "phone"),
        ("5550109999", "phone"),
        ("0151 23456789", "phone"),
        ("+49 30 1234567", "phone"),
        ("her number is five five five zero one zero nine nine nine nine", "phone"),
        ("4111 1111 1111 1111", "card"),
        ("4111-1111-1111-1111", "card"),
        ("my card 378282246310005 ok", "card"),
        ("the server is 203.0.113.7", "ip"),
        ("DE89 3704 0044 0532 0130 00", "account"),
        ("078-05-1120", "social-security"),
        ("she lives at 12 Baker Street", "address"),
        ("1600 Pennsylvania Avenue", "address"),
        ("Musterstra\u00dfe 12", "address"),
        ("12 rue de Rivoli", "address"),
    ],
)
def test_it_is_found_and_named(text: str, kind: str) -> None:
    assert personal_data(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "we won 10-5, then 13-11 and 16-14",
        "2022-01-01 was a Saturday",
        "it's 00:05 (2022-01-01) there",
        "UTC+0:00",
        "1920x1080 at 60 fps",
        "between 2019 and 2023, 2024 too",
        "123456",
        "9 8 7 6 5 4 3 2 1",
        "one two three four five six seven eight nine",
        "1,000,000,000 views",
        "3.14159265358979",
        "level 99999999",
        "@ana @ben hello",
        "meet me at the street",
        "version 10.2.1",
        "0 0 0 0 0",
        "I am on Wall Street in my dreams",
        "20 Street Fighters",
    ],
)
def test_numbers_of_a_game_are_none(text: str) -> None:
    assert personal_data(text) is None


@given(st.text(alphabet="0123456789 .-+()@abc", max_size=400))
def test_no_text_takes_long_or_upsets_it(text: str) -> None:
    personal_data(text)
