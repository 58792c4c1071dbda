"""Settings of chat: everything has a default, and what is misspelt is refused."""

import pytest
from pydantic import TypeAdapter, ValidationError

from open_llm_vtuber.settings.chat import ChatSettings, CueSheet, PromptStep, SayStep, read_sheets


def test_no_setting_at_all_is_a_setting() -> None:
    chat = ChatSettings.model_validate({})
    assert chat.commands.of("stop").allow == "moderator"
    assert chat.moderation.links == "block"
    assert not chat.viewers.greet_first_time


@pytest.mark.parametrize(
    "wrong",
    [
        {"comands": {}},
        {"commands": {"dance": {}}},
        {"commands": {"say": {"allow": "friends"}}},
        {"commands": {"say": {"viewer_cooldown_s": -1}}},
        {"commands": {"say": {"aliases": ["two words"]}}},
        {"selection": {"weights": {"question": -2}}},
        {"selection": {"queue_size": 0}},
        {"moderation": {"links": "maybe"}},
        {"moderation": {"banned_words": [" "]}},
        {"moderation": {"air_delay_s": 100}},
    ],
)
def test_what_is_misspelt_or_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ChatSettings.model_validate(wrong)


def test_steps_are_known_by_their_words() -> None:
    sheets = TypeAdapter(dict[str, CueSheet]).validate_python(
        read_sheets({"a": [{"say": "Hi {username}"}], "b": {"on": "raid", "steps": [{"prompt": "Greet."}]}})
    )
    assert isinstance(sheets["a"].steps[0], SayStep)
    assert isinstance(sheets["b"].steps[0], PromptStep)
    assert read_sheets("nonsense") == "nonsense"
