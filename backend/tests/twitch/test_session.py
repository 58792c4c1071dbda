"""One connection's protocol and the pauses between connections, without any socket or clock."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber.twitch.irc import parse_line
from open_llm_vtuber.twitch.session import LIMITS, Ended, Joined, Pauses, Say, Session, Step

ROOMSTATE = ":tmi.twitch.tv ROOMSTATE #example"


def session(token: str | None = None) -> Session:
    return Session("example", "justinfan12345", token, LIMITS, 0)


def hear(one: Session, text: str, now: float = 0) -> Step | None:
    line = parse_line(text)
    assert line is not None
    return one.heard(line, now)


def joined() -> Session:
    one = session()
    hear(one, ":tmi.twitch.tv 001 justinfan12345 :Welcome")
    assert hear(one, ROOMSTATE) == Joined()
    return one


def test_an_anonymous_reader_sends_no_password() -> None:
    assert session().hello() == [
        Say("CAP REQ :twitch.tv/tags twitch.tv/commands"),
        Say("NICK justinfan12345"),
    ]


def test_a_token_goes_before_the_name() -> None:
    assert session("abc").hello()[1:] == [Say("PASS oauth:abc"), Say("NICK justinfan12345")]


def test_it_joins_when_welcome() -> None:
    assert hear(session(), ":tmi.twitch.tv 001 justinfan12345 :Welcome") == Say("JOIN #example")


def test_only_the_first_state_of_its_own_channel_is_the_join() -> None:
    one = session()
    hear(one, ":tmi.twitch.tv 001 x :Welcome")
    assert hear(one, ":tmi.twitch.tv ROOMSTATE #other") is None
    assert hear(one, ROOMSTATE, 3) == Joined()
    assert one.joined_at == 3
    assert hear(one, ROOMSTATE, 4) is None


def test_a_ping_is_answered_with_what_it_held() -> None:
    assert hear(joined(), "PING :tmi.twitch.tv") == Say("PONG :tmi.twitch.tv")


def test_without_a_welcome_the_connection_is_lost() -> None:
    one = session()
    assert one.deadline == LIMITS.open_s
    assert one.silence(10) == Ended("lost", "Twitch did not answer the login.")


def test_other_lines_do_not_put_off_the_end_of_a_join() -> None:
    one = session()
    hear(one, ":tmi.twitch.tv 001 x :Welcome", 1)
    hear(one, "PING :x", 9)
    assert one.deadline == 1 + LIMITS.join_s
    assert one.silence(11) == Ended("refused", 'Channel "example" was not found or is closed.')


def test_silence_is_answered_with_a_ping_and_then_given_up() -> None:
    one = joined()
    assert one.deadline == LIMITS.idle_s
    assert one.silence(300) == Say("PING :still-there")
    assert one.deadline == 300 + LIMITS.pong_s
    assert one.silence(310) == Ended("lost", "Twitch fell silent.")


def test_any_line_answers_a_ping() -> None:
    one = joined()
    one.silence(300)
    hear(one, ":tmi.twitch.tv PONG tmi.twitch.tv :still-there", 301)
    assert one.deadline == 301 + LIMITS.idle_s
    assert one.silence(601) == Say("PING :still-there")


@pytest.mark.parametrize("text", ["Login authentication failed", "Improperly formatted auth"])
def test_a_failed_login_is_a_refusal(text: str) -> None:
    ended = hear(session("bad"), f":tmi.twitch.tv NOTICE * :{text}")
    assert ended == Ended(
        "refused", f"Twitch did not accept the login ({text}); make a new token with chat:read."
    )


def test_a_suspended_channel_gives_its_reason() -> None:
    ended = hear(
        joined(), "@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #example :It has been\u202e suspended."
    )
    assert ended == Ended("refused", 'Channel "example" cannot be read: It has been suspended.')


@pytest.mark.parametrize(
    "text",
    [
        "@msg-id=slow_on :tmi.twitch.tv NOTICE #example :slow",
        ":tmi.twitch.tv NOTICE * :Login authentication failed",
        ":tmi.twitch.tv NOTICE",
        ":viewer!v@v PART #example",
        ":tmi.twitch.tv 366 x #example :End",
    ],
)
def test_other_lines_change_nothing(text: str) -> None:
    assert hear(joined(), text) is None


def test_being_taken_out_of_the_channel_ends_it() -> None:
    assert isinstance(hear(joined(), ":justinfan12345!j@j PART #example"), Ended)


LOST, MOVED, REFUSED = Ended("lost", ""), Ended("moved", ""), Ended("refused", "")


def test_pauses_double_and_are_bounded() -> None:
    pauses = Pauses(LIMITS, Random(1))
    found = [pauses.after(LOST, 0) for _ in range(12)]
    for pause, whole in zip(found, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60], strict=True):
        assert whole / 2 <= pause <= whole


def test_a_refusal_is_tried_again_slowly() -> None:
    pauses = Pauses(LIMITS, Random(1))
    for whole in [60, 120, 240, 480, 600, 600]:
        assert whole / 2 <= pauses.after(REFUSED, 0) <= whole


def test_a_connection_that_lasted_starts_the_pauses_anew() -> None:
    pauses = Pauses(LIMITS, Random(1))
    for _ in range(5):
        pauses.after(LOST, 59)
    assert pauses.after(LOST, 60) <= 1


def test_twitch_asking_to_move_is_followed_at_once_but_not_in_a_loop() -> None:
    pauses = Pauses(LIMITS, Random(1))
    assert pauses.after(MOVED, 600) == 0
    assert pauses.after(MOVED, 0) > 0
    assert pauses.after(MOVED, 600) == 0


@given(st.lists(st.tuples(st.sampled_from([LOST, MOVED, REFUSED]), st.floats(0, 1e6)), max_size=100))
def test_a_pause_is_never_longer_than_the_longest(story: list[tuple[Ended, float]]) -> None:
    pauses = Pauses(LIMITS, Random(1))
    for ended, stayed in story:
        longest = LIMITS.longest_refused_pause_s if ended == REFUSED else LIMITS.longest_pause_s
        assert 0 <= pauses.after(ended, stayed) <= longest
