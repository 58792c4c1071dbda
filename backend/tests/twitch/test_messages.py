"""From IRC lines to the show's language: bounded, validated, and nothing removed that was not named."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.chat.selection import Selection, unanswerable
from open_llm_vtuber.stimulus import Badge, ChatMessage, ChatRemoval, Emote
from open_llm_vtuber.text_rules import strip_invisible
from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.messages import from_another_channel, read_line

EXAMPLE = Path(__file__).parents[3] / "examples" / "chat.irc"
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)


def read(line: str) -> ChatMessage | ChatRemoval | None:
    parsed = parse_line(line)
    assert parsed is not None
    return read_line(parsed, RECEIVED)


def message(tags: str, text: str = "hi") -> ChatMessage:
    result = read(f"@{tags} :Viewer_01!viewer_01@viewer_01.tmi.twitch.tv PRIVMSG #ExampleChannel :{text}")
    assert isinstance(result, ChatMessage)
    return result


def test_a_message() -> None:
    tags = (
        "badges=subscriber/36,glhf-pledge/1;color=#00B8FF;display-name=Viewer_01;emotes=25:3-7;"
        "id=2efa649c-45c5-44b4-9e46-1b49f0c61969;tmi-sent-ts=1640995200756;user-id=362"
    )
    assert message(tags, "🎉  Kappa") == ChatMessage(
        id="2efa649c-45c5-44b4-9e46-1b49f0c61969",
        platform="twitch",
        channel="examplechannel",
        username="viewer_01",
        display_name="Viewer_01",
        text="🎉  Kappa",
        user_id="362",
        color="#00B8FF",
        badges=(Badge(name="subscriber", version="36"), Badge(name="glhf-pledge", version="1")),
        emotes=(Emote(id="25", name="Kappa", start=3, end=7),),
        timestamp=datetime(2022, 1, 1, 0, 0, 0, 756000, tzinfo=UTC),
    )


def test_without_tags_there_is_still_a_message() -> None:
    result = read(":viewer!viewer@viewer PRIVMSG #example :hi")
    assert isinstance(result, ChatMessage)
    assert (result.display_name, result.color, result.emotes, result.timestamp) == (
        "viewer",
        "",
        (),
        RECEIVED,
    )


@pytest.mark.parametrize(
    ("tag", "shown"),
    [
        ("Viewer\\s", "Viewer"),
        ("", "viewer_01"),
        ("\\s", "viewer_01"),
        ("테스트", "테스트"),
        ("a\u202eb\\nc", "ab c"),
    ],
)
def test_display_name(tag: str, shown: str) -> None:
    assert message(f"display-name={tag}").display_name == shown


def test_a_name_is_bounded() -> None:
    assert len(message("display-name=" + "n" * 500).display_name) == 50


def test_a_text_is_bounded() -> None:
    assert len(message("id=1", "x" * 2000).text) == 1000


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "#GG0000", "url(x)", ""])
def test_what_is_no_color_is_left_out(color: str) -> None:
    assert message(f"color={color}").color == ""


@pytest.mark.parametrize(("text", "said"), [("\x01ACTION waves\x01", "waves"), ("\x01ACTION waves", "waves")])
def test_me(text: str, said: str) -> None:
    result = message("emotes=1:0-4", text)
    assert (result.is_action, result.text, result.emotes[0].name) == (True, said, "waves")


def test_emotes_come_in_the_order_of_the_text() -> None:
    found = message("emotes=2:6-7/1:0-1,3-4", "ab cd ef").emotes
    assert [(emote.id, emote.name) for emote in found] == [("1", "ab"), ("1", "cd"), ("2", "ef")]


@pytest.mark.parametrize(
    "tag", ["1:5-9", "1:1-0", "1:x-y", "1", "1:3-6", ":0-1", "..x:0-1", "1:0-99999999999", "//,,::"]
)
def test_emotes_that_do_not_fit_are_left_out(tag: str) -> None:
    assert message(f"emotes={tag}", "he lo").emotes == ()


@pytest.mark.parametrize("sent", ["", "soon", "-1", "99999999999999999999"])
def test_a_bad_time_is_the_time_of_arrival(sent: str) -> None:
    assert message(f"tmi-sent-ts={sent}").timestamp == RECEIVED


@pytest.mark.parametrize("bad", ["", "../../x", "a" * 65, "<b>"])
def test_a_missing_id_is_made_up_and_stays_the_same(bad: str) -> None:
    one, again, other = message(f"id={bad}"), message(f"id={bad}"), message(f"id={bad}", "else")
    assert one.id == again.id != other.id
    assert one.id.startswith("made-")


def test_deleted_messages() -> None:
    line = "@login=viewer_01;target-msg-id=3c92014f :tmi.twitch.tv CLEARMSG #example :bad words"
    assert read(line) == ChatRemoval(platform="twitch", channel="example", message_id="3c92014f")


def test_a_viewer_timed_out_and_a_chat_cleared() -> None:
    assert read("@ban-duration=1 :tmi.twitch.tv CLEARCHAT #example :Viewer_01") == ChatRemoval(
        platform="twitch", channel="example", username="viewer_01"
    )
    assert read(":tmi.twitch.tv CLEARCHAT #example") == ChatRemoval(platform="twitch", channel="example")


@pytest.mark.parametrize(
    "line",
    [
        ":tmi.twitch.tv CLEARMSG #example :no id",
        "@target-msg-id= :tmi.twitch.tv CLEARMSG #example :empty id",
        ":tmi.twitch.tv CLEARCHAT #example :",
        ":tmi.twitch.tv CLEARCHAT #example :not a login!",
        ":tmi.twitch.tv CLEARCHAT",
    ],
)
def test_a_removal_that_names_nothing_removes_nothing(line: str) -> None:
    assert read(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "@msg-id=sub :tmi.twitch.tv USERNOTICE #example :hi",
        "@msg-id=modiversary :tmi.twitch.tv USERNOTICE #example",
        ":tmi.twitch.tv BRANDNEW #example",
        ":viewer!v@v PRIVMSG #example",
        ":viewer!v@v PRIVMSG example :no mark",
        ":tmi.twitch.tv PRIVMSG #example :from nobody",
    ],
)
def test_what_is_not_known_is_nothing(line: str) -> None:
    assert read(line) is None


def test_shared_chat_is_recognised() -> None:
    for tags, foreign in [
        ("room-id=1", False),
        ("room-id=1;source-room-id=1", False),
        ("room-id=1;source-room-id=2", True),
    ]:
        parsed = parse_line(f"@{tags} :v!v@v PRIVMSG #example :hi")
        assert parsed is not None
        assert from_another_channel(parsed) is foreign


tag_text = st.lists(st.sampled_from([*"0123456789-,:/abc\\é#\u202e", "99999999"]), max_size=40).map("".join)


@given(
    tag_text,
    tag_text,
    tag_text,
    tag_text,
    st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=[])),
)
def test_no_line_makes_it_raise(emotes: str, badges: str, sent: str, name: str, text: str) -> None:
    parsed = parse_line(
        f"@emotes={emotes};badges={badges};tmi-sent-ts={sent};display-name={name} :v!v@v PRIVMSG #c :{text}"
    )
    if parsed is not None:
        result = read_line(parsed, RECEIVED)
        assert isinstance(result, ChatMessage)
        assert all(result.text[emote.start : emote.end + 1] == emote.name for emote in result.emotes)


def test_real_chat(chat_2022: list[str]) -> None:
    events = [read(line) for line in chat_2022]
    messages = [event for event in events if isinstance(event, ChatMessage)]
    assert len(messages) == len({event.id for event in messages}) == 1941
    assert sum(event.is_action for event in messages) == 71
    assert sum(any("\U000e0000" <= char <= "\U000e007f" for char in event.text) for event in messages) == 143
    assert sum(isinstance(event, ChatRemoval) and event.username is not None for event in events) == 58
    assert not any("\U000e0000" in strip_invisible(event.text) for event in messages)
    assert all(" " not in emote.name for event in messages for emote in event.emotes)


def test_what_twitch_calls_emote_only_is_not_answered(chat_2022: list[str]) -> None:
    marked = [
        event for line in chat_2022 if "emote-only=1" in line and isinstance(event := read(line), ChatMessage)
    ]
    assert len(marked) == 154
    assert {unanswerable(event) for event in marked} == {"emote-only"}


def test_the_lines_that_others_test_with(parser_lines: list[str]) -> None:
    events = [read(line) for line in parser_lines]
    assert sum(isinstance(event, ChatMessage) for event in events) == 95
    # Three of the 25 end in a backslash, which no channel's and no viewer's name does.
    assert sum(isinstance(event, ChatRemoval) for event in events) == 22


def test_the_example_has_something_of_everything() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    parsed = [line for text in lines if (line := parse_line(text)) is not None]
    events = [event for line in parsed if (event := read_line(line, datetime.now(UTC))) is not None]
    assert len(lines) == len(events) == 200
    messages = [event for event in events if isinstance(event, ChatMessage)]
    removals = [event for event in events if isinstance(event, ChatRemoval)]
    assert len({message.id for message in messages}) == len(messages)
    assert len({message.username for message in messages}) == 60
    assert {message.channel for message in messages} == {"examplechannel"}
    assert (messages[-1].timestamp - messages[0].timestamp).total_seconds() == pytest.approx(360, abs=1)
    assert [removal.message_id is None for removal in removals] == [True, False]
    assert sum(Selection(["Mika"], "examplechannel").addressed(message) for message in messages) > 25
    assert {unanswerable(message) for message in messages} == {None, "command", "emote-only"}
    assert any(message.is_action for message in messages)
    assert any("\U000e0000" in message.text for message in messages)
    assert any(not message.display_name.isascii() for message in messages)
