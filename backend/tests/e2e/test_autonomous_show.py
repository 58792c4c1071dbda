"""A dead chat in a real browser: she opens, talks, moves, and turns to the first viewer in the middle of a monologue."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from e2e.stage_chat import CHANNEL, SCRIPTED
from e2e.studio import Studio, Watched, on_air, until
from irc_server import IrcServer

pytestmark = pytest.mark.e2e

MONOLOGUE = (
    "I counted clouds today. One was a sheep. Two were ships. Three ate the moon. Then I got bored. The end."
)
AUTONOMOUS: dict[str, Any] = {
    "enabled": True,
    "rundown": {"segments": [{"name": "hello", "minutes": 30, "opening": "Open the show."}]},
    "triggers": [
        {"kind": "interval", "interval_s": 6, "action": {"say": MONOLOGUE}},
        {"kind": "random", "mean_s": 1, "action": {"motion": "any"}},
        {
            "kind": "interval",
            "name": "smile",
            "interval_s": 2,
            "action": {"expression": "joy", "duration": 500},
        },
    ],
}


def spoken(page: Watched) -> list[str]:
    """Return the sentences that the page was sent, in order."""
    return [cue["display_text"]["text"].strip() for cue in page.cues("audio") if cue["display_text"]]


def test_she_keeps_a_dead_chat_alive_and_turns_to_the_first_viewer_within_a_sentence(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with IrcServer() as irc:
            config = {
                "character_config": SCRIPTED,
                "live_config": {"twitch": {"endpoints": {"irc": irc.url}}},
                "autonomous": AUTONOMOUS,
            }
            async with (
                on_air(tmp_path, config, "--channel", CHANNEL, "--yes") as port,
                studio.page(f"http://127.0.0.1:{port}/stage") as page,
            ):
                await irc.joined(CHANNEL)

                async def tells_its_story() -> bool:
                    return any("sheep" in sentence for sentence in spoken(page))

                await until(tells_its_story, "the middle of a monologue", 30)
                await page.shows("stage.mouth > 0.2 && document.querySelector('#subtitle.on')", 10)
                answer = await asyncio.to_thread(httpx2.get, f"http://127.0.0.1:{port}/api/autonomous")
                fires = [(fire["trigger"], fire["outcome"]) for fire in answer.json()["recent"]]
                said = [trigger for trigger, outcome in fires if outcome == "said"]
                assert said[0] == "rundown-0", "she opens the show before anything else"
                before = len(spoken(page))
                stamp = int(time.time() * 1000)
                tags = f"@display-name=Ana;id=first;tmi-sent-ts={stamp};user-id=1"
                await irc.send(
                    f"{tags} :ana!ana@ana.tmi.twitch.tv PRIVMSG #{CHANNEL} :good evening extraterrestrials"
                )

                async def has_answered() -> bool:
                    return any("extraterrestrials" in sentence for sentence in spoken(page))

                await until(has_answered, "an answer", 15)
                after = spoken(page)[before:]
                ahead = next(number for number, text in enumerate(after) if "extraterrestrials" in text)
                assert ahead <= 1, f"first came {after[:ahead]}"
                assert "The end." not in after[: ahead + 1]

                state = page.cues("character-state")[-1]
                assert state["autonomous"]["enabled"] is True
                assert state["mood"]["name"]
                assert page.cues("motion-command"), "she moves in between"
                assert any(cue["owner"] == "autonomous" for cue in page.cues("set-expression"))
                await page.picture("autonomous")

    studio.play(scene())
