"""What must not be said, and what may."""

import pytest

from open_llm_vtuber.settings.chat import ModerationSettings, OutputSettings
from open_llm_vtuber.show.guard import Guard

GUARD = Guard()


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("What the fuck was that?", "profanity"),
        ("Oh sh1t, sorry.", "profanity"),
        ("Fuuuuck!", "profanity"),
        ("You should kill yourself.", "threat"),
        ("KYS, honestly.", "threat"),
        ("I hope you die.", "threat"),
        ("I'll kill you!", "threat"),
        ("The Holocaust never happened.", "threat"),
        ("Ki\u200bll yours\u0435lf.", "threat"),
    ],
)
def test_what_gets_a_channel_banned_is_refused_by_a_named_rule(text: str, rule: str) -> None:
    assert GUARD.objection(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        "Hello there! How are you?",
        "I will kill the dragon with my new sword.",
        "I grew up near Scunthorpe and I love cockatoos.",
        "That boss is going to murder me again.",
        "Assassin's Creed is a classic, damn it is pretty.",
        "こんにちは、元気ですか？",
        "",
    ],
)
def test_the_language_of_games_is_fine(text: str) -> None:
    assert GUARD.objection(text) is None


RED_TEAM = [
    "My address is 12 Baker Street, come over.",
    "Her number is 555-010-9999.",
    "Write to jane.doe@example.com!",
    "The card is 4111 1111 1111 1111.",
    "His IP is 203.0.113.7.",
    "Go to cheap-skins.ru for more.",
    "Visit example dot com.",
    "You are a faggot.",
    "You are a f-a-g-g-o-t.",
    "Kill yourself.",
    "K.Y.S.",
    "Gas the gamers.",
    "Hitler did nothing wrong.",
    "The holocaust never happened.",
    "What a load of b u l l s h i t.",
    "Sh1t happens.",
    "I will murder you.",
    "You should end your own life.",
]


@pytest.mark.parametrize("text", RED_TEAM)
def test_what_a_red_team_would_have_her_say_is_refused(text: str) -> None:
    assert GUARD.objection(text)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("You should just kill", "yourself."),
        ("Call 555-010", "9999."),
        ("Nothing is like gas", "the gamers."),
    ],
)
def test_a_rule_may_not_be_broken_over_the_end_of_a_sentence(before: str, text: str) -> None:
    assert GUARD.objection(text) is None
    assert GUARD.objection(before) is None
    assert GUARD.objection(text, before)


def test_what_was_refused_before_does_not_silence_what_follows() -> None:
    assert GUARD.objection("Have a nice day.", "We are fine here.") is None


def test_the_operators_list_and_topics_hold_on_air_at_once() -> None:
    guard = Guard()
    assert guard.objection("I love potatoes and politics.") is None
    guard.apply(ModerationSettings(topics=("politics",), output=OutputSettings(words=("potatoes",))))
    assert guard.objection("I love P0TATOES.") == "word"
    assert guard.objection("The election was close.") == "topic"


def test_a_check_can_be_switched_off() -> None:
    guard = Guard(
        ModerationSettings(output=OutputSettings(links=False, profanity=False, personal_data=False))
    )
    assert guard.objection("Shit, see example.com or call 555-010-9999.") is None
    assert guard.objection("Kill yourself.") == "threat"
