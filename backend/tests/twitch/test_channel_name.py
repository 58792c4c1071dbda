"""What an operator may type for a channel, and what is refused."""

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.twitch.channel_name import channel_name


@pytest.mark.parametrize(
    "typed",
    [
        "ExampleChannel",
        "#examplechannel",
        "@ExampleChannel",
        " examplechannel\u200b ",
        "https://www.twitch.tv/ExampleChannel",
        "http://twitch.tv/examplechannel/videos?x=1",
        "twitch.tv/examplechannel",
        "https://m.twitch.tv/examplechannel#top",
        "https://www.twitch.tv/popout/examplechannel/chat",
    ],
)
def test_a_channel_may_be_typed_in_many_ways(typed: str) -> None:
    assert channel_name(typed) == "examplechannel"


@pytest.mark.parametrize(
    "typed",
    ["", "#", "a", "x" * 26, "two words", "ünicode", "a,b", "#a\r\nQUIT", "../etc", "https://other.tv/x"],
)
def test_what_is_no_channel_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(ConfigError, match="is no Twitch channel"):
        channel_name(typed)
