"""A viewer who wants to be forgotten is nowhere in the files of the store; contracts/test_stores.py has the rest."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from open_llm_vtuber.remembered import Exchange, Fact, Sighting
from open_llm_vtuber.stimulus import ChannelEvent, HistoryLine
from open_llm_vtuber.storage.sql_store import sql_store

CANARY = "zyx-canary-417"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_no_byte_of_an_erased_viewer_stays_in_any_file_and_others_keep_theirs(tmp_path: Path) -> None:
    async def main() -> None:
        async with sql_store("", tmp_path) as store:
            uid = await store.create_history("show/main/mika")
            for name in ("ana", "ben"):
                words = f"{CANARY}-{name}"
                for number in range(20):
                    message = f"{name}{number}"
                    line = HistoryLine(
                        role="human",
                        name=words,
                        content=words,
                        timestamp=NOW,
                        message_id=message,
                        username=words,
                    )
                    await store.append("show/main/mika", uid, line)
                    spoken = Exchange(message_id=message, asked=words, answered=words, at=NOW)
                    await store.viewers.keep(
                        "c", words, spoken, [Fact(text=words, message_id=message, at=NOW)]
                    )
                await store.viewers.saw("c", [Sighting(username=words, display_name=words, at=NOW)])
                gift = ChannelEvent(
                    id=name, platform="twitch", channel="c", kind="cheer", username=words, message=words
                )
                await store.paid.take_in("main", gift)
            gone = f"{CANARY}-ana"
            await store.erase_lines("show/main/", username=gone)
            await store.paid.forget_viewer("main", gone)
            await store.viewers.forget("c", gone)
            files = everything_in(tmp_path)
            assert gone.encode() not in files
            assert f"{CANARY}-ben".encode() in files

    asyncio.run(main())
