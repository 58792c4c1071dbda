"""Recorded chat through the whole program: nothing is lost or decided twice, whatever the network does."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from e2e.stage_chat import CHANNEL, Observer, reading, recorded
from e2e.studio import Studio, until
from irc_server import IrcServer

pytestmark = pytest.mark.e2e

RESENT = 50
BEFORE, MEANWHILE, AFTER = 400, 15, 400
"""Lines of chat before the server dies, while nobody can read, and once it is back."""


async def say(irc: IrcServer, lines: Sequence[str]) -> None:
    """Say them quickly, but not all in the same moment."""
    for start in range(0, len(lines), 10):
        await irc.replay(lines[start : start + 10], channel=CHANNEL)
        await asyncio.sleep(0.02)


def ids_in(lines: Sequence[str]) -> set[str]:
    return {
        found[1] for line in lines if " PRIVMSG " in line and (found := re.search(r"[@;]id=([^; ]+)", line))
    }


def test_after_the_chat_server_died_and_sent_its_last_lines_again_each_line_is_decided_once(
    studio: Studio, test_data: Path, tmp_path: Path
) -> None:
    async def scene() -> None:
        # Hours go by in seconds here: who was timed out then would be taken for writing too late.
        kept = [line for line in recorded(test_data) if " CLEARCHAT " not in line]
        lines = kept[: BEFORE + MEANWHILE + AFTER]
        async with (
            IrcServer(resend=RESENT) as irc,
            reading(irc, tmp_path) as port,
            Observer.joining(port) as observer,
        ):
            await say(irc, lines[:BEFORE])
            await irc.stop()
            await say(irc, lines[BEFORE : BEFORE + MEANWHILE])
            await irc.start()
            await irc.joined(CHANNEL, connections=2)
            await say(irc, lines[BEFORE + MEANWHILE :])

            async def everything_is_decided() -> bool:
                final = [id_ for id_, outcomes in observer.outcomes().items() if outcomes[-1] != "pending"]
                return ids_in(lines) <= set(final)

            await until(everything_is_decided, "a decision about every line", 20)

            shown = [cue["id"] for cue in observer.cues("chat-message")]
            assert sorted(shown) == sorted(ids_in(lines))
            decided = {
                id_: [each for each in outcomes if each != "pending"]
                for id_, outcomes in observer.outcomes().items()
            }
            assert [id_ for id_, outcomes in decided.items() if len(outcomes) != 1] == []
            assert ["answered"] in decided.values()
            states = [cue["state"] for cue in observer.cues("twitch-status")]
            assert states[-2:] == ["reconnecting", "connected"]

    studio.play(scene())
