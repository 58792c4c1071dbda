"""What is known of the stream, put together from what Helix answers and what events say. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from open_llm_vtuber.stimulus import StreamFacts
from open_llm_vtuber.twitch.fields import Json, line, moment, number, parts

MOST_TITLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsChange:
    """What has become known; None says nothing about it."""

    is_live: bool | None = None
    title: str | None = None
    category: str | None = None
    viewers: int | None = None
    started_at: datetime | None = None


class Facts:
    """The stream of one channel as it is known now."""

    def __init__(self, channel: str) -> None:
        self.known = StreamFacts(channel=channel)

    def learn(self, change: FactsChange) -> StreamFacts | None:
        """Return the facts if the change made them other ones. Who is not live has no viewers."""
        before = self.known
        known = replace(
            before,
            is_live=before.is_live if change.is_live is None else change.is_live,
            title=before.title if change.title is None else change.title,
            category=before.category if change.category is None else change.category,
            viewers=before.viewers if change.viewers is None else change.viewers,
            started_at=change.started_at or before.started_at,
        )
        if known.is_live is False:
            known = replace(known, viewers=None, started_at=None)
        self.known = known
        return known if known != before else None


def stream_change(answer: Json) -> FactsChange:
    """Return what `GET /streams` says: nothing in its list is a channel that is not live."""
    found = parts(answer, "data")
    if not found:
        return FactsChange(is_live=False)
    stream = found[0]
    return FactsChange(
        is_live=True,
        title=line(stream, "title", MOST_TITLE),
        category=line(stream, "game_name", MOST_TITLE),
        viewers=number(stream, "viewer_count"),
        started_at=moment(stream, "started_at"),
    )


def channel_change(answer: Json) -> FactsChange:
    """Return what `GET /channels` says: title and category also of a channel that is not live."""
    found = parts(answer, "data")
    if not found:
        return FactsChange()
    return FactsChange(
        title=line(found[0], "title", MOST_TITLE), category=line(found[0], "game_name", MOST_TITLE)
    )
