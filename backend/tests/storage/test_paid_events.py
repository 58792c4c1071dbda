"""What was paid for survives a restart until it is acknowledged; contracts/test_stores.py has the rest."""

import asyncio
from pathlib import Path

from open_llm_vtuber.stimulus import ChannelEvent
from open_llm_vtuber.storage.sql_store import sql_store


def test_after_a_restart_only_what_was_not_acknowledged_waits(tmp_path: Path) -> None:
    gifts = [
        ChannelEvent(
            id=str(number), platform="twitch", channel="c", kind="gift", username="ana", amount=number
        )
        for number in range(3)
    ]

    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            for gift in gifts:
                await store.paid.take_in("main", gift)
            await store.paid.acknowledged("main", ["1"])
        async with sql_store("", tmp_path) as store:
            assert [each.id for each in await store.paid.waiting("main")] == ["0", "2"]
            assert not await store.paid.take_in("main", gifts[1])

    asyncio.run(main())
