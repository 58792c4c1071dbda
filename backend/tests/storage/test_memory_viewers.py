"""The memory of viewers does not grow; contracts/test_stores.py has the rest."""

from datetime import UTC, datetime

import pytest

from open_llm_vtuber.remembered import Sighting
from open_llm_vtuber.stimulus import ChannelEvent
from open_llm_vtuber.storage import memory_viewers
from open_llm_vtuber.storage.memory_viewers import MemoryPaidEvents, MemoryViewers
from virtual_time import run_virtual


def test_who_was_not_here_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_viewers, "MOST_VIEWERS", 2)

    async def main() -> None:
        book = MemoryViewers()
        for name in ("ana", "ben", "ana", "cleo"):
            await book.saw("c", [Sighting(username=name, display_name=name, at=datetime.now(UTC))])
        assert await book.find("c", "ben") is None
        assert await book.find("c", "ana")

    run_virtual(main())


def test_only_acknowledged_events_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_viewers, "MOST_EVENTS", 2)

    async def main() -> None:
        paid = MemoryPaidEvents()
        for name in ("1", "2", "3"):
            await paid.take_in("main", ChannelEvent(id=name, platform="t", channel="c", kind="gift"))
        assert len(await paid.waiting("main")) == 3
        await paid.acknowledged("main", ["2"])
        await paid.take_in("main", ChannelEvent(id="4", platform="t", channel="c", kind="gift"))
        assert [each.id for each in await paid.waiting("main")] == ["1", "3", "4"]

    run_virtual(main())
