"""How a connection is authenticated."""

import json

import pytest

from open_llm_vtuber.vts.api import Answer, AskForToken, Authenticate, decode
from open_llm_vtuber.vts.login import CLICK_ALLOW, DENIED_HERE, SWITCH_ON, Ended, LoggedIn, Login, in_words


def answer(kind: str, **data: object) -> Answer:
    found = decode(json.dumps({"messageType": kind, "requestID": "1", "data": data}))
    assert found is not None
    return found


GRANTED = answer("AuthenticationTokenResponse", authenticationToken="new")
GOOD = answer("AuthenticationResponse", authenticated=True)
BAD = answer("AuthenticationResponse", authenticated=False)


def refused(number: int, message: str = "No.") -> Answer:
    return answer("APIError", errorID=number, message=message)


def test_without_a_token_the_user_is_asked_for_one() -> None:
    login = Login(None)
    assert login.begin() == AskForToken()
    assert login.heard(GRANTED) == Authenticate("new")
    assert login.heard(GOOD) == LoggedIn("new")


def test_with_a_token_nobody_is_asked() -> None:
    login = Login("old")
    assert login.begin() == Authenticate("old")
    assert login.heard(GOOD) == LoggedIn("old")


def test_a_token_that_is_no_longer_good_is_asked_for_once() -> None:
    login = Login("old")
    login.begin()
    assert login.heard(BAD) == AskForToken()
    assert login.heard(GRANTED) == Authenticate("new")
    assert isinstance(login.heard(BAD), Ended), "it would go round and round"


@pytest.mark.parametrize(
    ("number", "ended"),
    [
        (50, Ended("refused", DENIED_HERE)),
        (51, Ended("lost", CLICK_ALLOW)),
        (1, Ended("lost", SWITCH_ON)),
        (2, Ended("lost", "VTube Studio refused something (error 2: No.).")),
    ],
)
def test_a_refusal_says_who_can_do_what(number: int, ended: Ended) -> None:
    assert Login(None).heard(refused(number)) == ended


def test_what_vtube_studio_says_is_one_bounded_line() -> None:
    found = refused(7, "a\nb\x1b[31m" + "x" * 1_000)
    assert len(in_words(found)) < 250  # type: ignore[arg-type]  # it is a refusal
    assert "\n" not in in_words(found)  # type: ignore[arg-type]
    assert "\x1b" not in in_words(found)  # type: ignore[arg-type]


def test_an_answer_to_nothing_ends_it() -> None:
    assert isinstance(Login(None).heard(answer("APIStateResponse", active=True)), Ended)


def test_a_token_is_not_in_what_is_printed() -> None:
    assert "secret" not in repr(LoggedIn("secret"))
