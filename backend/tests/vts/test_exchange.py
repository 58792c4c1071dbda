"""Which answer belongs to which request."""

import json

from open_llm_vtuber.vts.api import ListHotkeys, PressHotkey
from open_llm_vtuber.vts.exchange import MOST_STRAYS, Exchange


def done(request_id: str, kind: str = "HotkeyTriggerResponse") -> str:
    return json.dumps({"messageType": kind, "requestID": request_id, "data": {"hotkeyID": "h"}})


def test_every_request_has_an_id_of_its_own_and_its_answer_finds_it() -> None:
    exchange = Exchange()
    ids = [json.loads(exchange.ask(PressHotkey(name), deadline=5.0))["requestID"] for name in ("one", "two")]
    assert len(set(ids)) == 2
    found = exchange.heard(done(ids[1]))
    assert found is not None
    assert found[0] == PressHotkey("two")
    assert exchange.unanswered == (PressHotkey("one"),)


def test_an_answer_counts_once_and_only_for_its_kind_of_request() -> None:
    exchange = Exchange()
    hotkeys = json.loads(exchange.ask(ListHotkeys(), deadline=5.0))["requestID"]
    pressed = json.loads(exchange.ask(PressHotkey("h"), deadline=5.0))["requestID"]
    assert exchange.heard(done(hotkeys)) is None
    assert exchange.heard(done("somebody else's")) is None
    assert exchange.heard(done(pressed)) is not None
    assert exchange.heard(done(pressed)) is None
    assert exchange.unanswered == (ListHotkeys(),)


def test_who_waits_for_nothing_has_no_deadline() -> None:
    assert Exchange().deadline is None


def test_the_first_answer_that_is_due_is_the_deadline() -> None:
    exchange = Exchange()
    exchange.ask(ListHotkeys(), deadline=9.0)
    first = json.loads(exchange.ask(PressHotkey("h"), deadline=5.0))["requestID"]
    assert exchange.deadline == 5.0
    exchange.heard(done(first))
    assert exchange.deadline == 9.0


def test_some_strays_are_forgiven_many_are_rubbish() -> None:
    exchange = Exchange()
    for _ in range(MOST_STRAYS):
        exchange.heard("?")
    assert not exchange.is_rubbish
    exchange.heard("?")
    assert exchange.is_rubbish
