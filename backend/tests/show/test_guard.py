"""What must not be said, and what may."""

import pytest

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
