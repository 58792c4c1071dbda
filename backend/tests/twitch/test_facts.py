"""What is known of a stream, put together."""

from datetime import UTC, datetime

from open_llm_vtuber.twitch.facts import Facts, FactsChange, channel_change, stream_change

LIVE = {
    "data": [
        {
            "title": "A  day\nout",
            "game_name": "Chess",
            "viewer_count": 7,
            "started_at": "2026-01-01T00:00:00Z",
        }
    ]
}


def test_a_live_stream_is_known_whole() -> None:
    known = Facts("example").learn(stream_change(LIVE))
    assert known is not None
    assert (known.is_live, known.title, known.category, known.viewers) == (True, "A day out", "Chess", 7)
    assert known.started_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_what_changes_nothing_is_no_news() -> None:
    facts = Facts("example")
    facts.learn(stream_change(LIVE))
    assert facts.learn(stream_change(LIVE)) is None
    assert facts.learn(FactsChange()) is None


def test_an_empty_list_is_a_stream_that_is_not_live() -> None:
    facts = Facts("example")
    facts.learn(stream_change(LIVE))
    known = facts.learn(stream_change({"data": []}))
    assert known is not None
    assert (known.is_live, known.viewers, known.started_at, known.title) == (False, None, None, "A day out")


def test_a_channel_that_is_not_live_has_a_title_too() -> None:
    change = channel_change({"data": [{"title": "Soon", "game_name": "Chess"}]})
    assert (change.is_live, change.title, change.category) == (None, "Soon", "Chess")
    assert channel_change({"data": "?"}) == FactsChange()


def test_an_event_changes_only_what_it_names() -> None:
    facts = Facts("example")
    facts.learn(stream_change(LIVE))
    known = facts.learn(FactsChange(title="New"))
    assert known is not None
    assert (known.title, known.category, known.viewers) == ("New", "Chess", 7)
