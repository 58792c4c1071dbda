"""The line parser: IRCv3 as Twitch writes it, and never an exception."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.twitch.irc import MOST_LINE_CHARACTERS, IrcLine, parse_line, split_frame


def parsed(line: str) -> IrcLine:
    result = parse_line(line)
    assert result is not None
    return result


def test_all_parts() -> None:
    line = parsed("@id=1;color= :viewer!viewer@viewer.tmi.twitch.tv PRIVMSG #example :hello : there")
    assert line.tags == {"id": "1", "color": ""}
    assert line.prefix == "viewer!viewer@viewer.tmi.twitch.tv"
    assert line.nick == "viewer"
    assert line.command == "PRIVMSG"
    assert line.params == ("#example", "hello : there")


@pytest.mark.parametrize(
    ("line", "prefix", "command", "params"),
    [
        ("PING :tmi.twitch.tv", "", "PING", ("tmi.twitch.tv",)),
        ("PING", "", "PING", ()),
        ("ping x", "", "PING", ("x",)),
        (":tmi.twitch.tv 001 me :Welcome, GLHF!", "tmi.twitch.tv", "001", ("me", "Welcome, GLHF!")),
        (":a CAP * ACK :x y\r\n", "a", "CAP", ("*", "ACK", "x y")),
        (":a  B   c  d", "a", "B", ("c", "d")),
        (":a B c :", "a", "B", ("c", "")),
        (":a B ::)", "a", "B", (":)",)),
        ("@a=b B c", "", "B", ("c",)),
        ("PRIVMSG #c :nul\0 and\rcr", "", "PRIVMSG", ("#c", "nul andcr")),
    ],
)
def test_parts_may_be_missing(line: str, prefix: str, command: str, params: tuple[str, ...]) -> None:
    result = parsed(line)
    assert (result.prefix, result.command, result.params) == (prefix, command, params)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (r"a\sb", "a b"),
        (r"a\:b", "a;b"),
        (r"\\s", r"\s"),
        (r"\r\n", "\r\n"),
        (r"a\b", "ab"),
        ("a\\", "a"),
        ("", ""),
    ],
)
def test_escaped_tag_values(raw: str, value: str) -> None:
    assert parsed(f"@k={raw};other=1 X").tags == {"k": value, "other": "1"}


@pytest.mark.parametrize(
    "line", ["", " ", "@", "@a=b", "@a=b ", ":", ":prefix", ":prefix ", "12 x", "1234", "é x", ": :"]
)
def test_malformed(line: str) -> None:
    assert parse_line(line) is None


def test_a_line_without_end_is_malformed() -> None:
    assert parse_line("PRIVMSG #c :" + "x" * MOST_LINE_CHARACTERS) is None


def test_a_frame_may_hold_several_lines() -> None:
    assert split_frame("one\r\ntwo\r\n\r\nthree\0\r\n") == ["one", "two", "three"]


def test_what_viewers_type_does_not_end_a_line() -> None:
    text = "PRIVMSG #c :a\u2028b\x85c\x0bd\x0ce\x1cf"
    assert split_frame(text + "\r\n") == [text]


irc_like = st.lists(st.sampled_from([*"@:; =!#\\\r\n\0\x01sn", "PRIVMSG", "001", "a", "é", "\u2028"])).map(
    "".join
)


@given(st.one_of(st.text(st.characters(exclude_categories=[])), irc_like))
def test_no_input_makes_it_raise(text: str) -> None:
    for line in [text, *split_frame(text)]:
        result = parse_line(line)
        if result is not None:
            assert not {"\0", "\r", "\n"} & set("".join([result.prefix, result.command, *result.params]))


tag_values = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
words = st.text("abc_#-", min_size=1, max_size=8)


def escaped(value: str) -> str:
    for raw, mark in [("\\", "\\\\"), (";", "\\:"), (" ", "\\s"), ("\r", "\\r"), ("\n", "\\n")]:
        value = value.replace(raw, mark)
    return value


@given(
    st.dictionaries(words, tag_values, max_size=5),
    words,
    st.lists(words, max_size=4),
    st.text(st.characters(exclude_characters="\0\r\n")),
)
def test_what_was_written_is_read(
    tags: dict[str, str], prefix: str, middle: list[str], trailing: str
) -> None:
    written = "@" + ";".join(f"{key}={escaped(value)}" for key, value in tags.items()) if tags else ""
    result = parsed(
        " ".join([*([written] if written else []), f":{prefix}", "NOTE", *middle, f":{trailing}"])
    )
    assert result.tags == tags
    assert (result.prefix, result.command) == (prefix, "NOTE")
    assert result.params == (*middle, trailing)


def test_real_chat(chat_2022: list[str]) -> None:
    lines = [parsed(line) for line in chat_2022]
    assert Counter(line.command for line in lines) == {"PRIVMSG": 1941, "CLEARCHAT": 58, "USERNOTICE": 1}


def test_the_lines_that_others_test_with(parser_lines: list[str]) -> None:
    lines = [parsed(line) for line in parser_lines]
    assert Counter(line.command for line in lines) == {
        "PRIVMSG": 95,
        "USERNOTICE": 82,
        "CLEARCHAT": 16,
        "CLEARMSG": 9,
        "MALFORMEDMESSAGETYPETHISWILLBEUNSET": 1,
    }
