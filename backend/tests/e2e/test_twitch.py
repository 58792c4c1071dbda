"""A Twitch of our own, the whole program, a real browser: chat answered, a raid waved at, what was deleted silenced."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.stage_chat import Observer
from e2e.studio import Studio, Watched, on_air, until
from twitch_mock import CHAT, STREAMER, STREAMER_ID, TwitchMock, chat_event

pytestmark = pytest.mark.e2e

RETRACTED_WITHIN_S = 0.2
QUIET_S = 3.0
ROOM = {
    "broadcaster_user_id": STREAMER_ID,
    "broadcaster_user_login": STREAMER,
    "broadcaster_user_name": STREAMER.title(),
}
CONFIG: dict[str, Any] = {
    "character_config": {
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
            "llm_configs": {
                "scripted_llm": {
                    "lines": ["I heard about {word}. There is much to tell about {word}. Yes, {word} it is."]
                }
            },
        },
        "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 60}},
    },
    "cue_sheets": {
        "raiders": {
            "on": "raid",
            "min_amount": 2,
            "steps": [
                {"motion": ["Wave", 0]},
                {"expression": "joy", "duration": 4000},
                {"say": "Welcome {username} and your {amount} raiders."},
            ],
        },
        "subscribers": {"on": "subscribe", "steps": [{"say": "Thank you {username} for the sub."}]},
        "cheers": {"on": "cheer", "steps": [{"say": "Thank you {username} for {amount} bits."}]},
    },
}


@dataclass
class Live:
    """The program on a channel, seen on its stage."""

    twitch: TwitchMock
    page: Watched
    observer: Observer

    async def writes(self, number: int | str, text: str, login: str = "viewer", **more: Any) -> None:
        assert await self.twitch.send(CHAT, chat_event(number, text, login, **more)) == 1

    async def notifies(self, message_id: str, notice: str, login: str, **detail: Any) -> None:
        event = {
            **ROOM,
            "chatter_user_id": "4004",
            "chatter_user_login": login,
            "chatter_user_name": login.title(),
            "chatter_is_anonymous": False,
            "color": "",
            "badges": [],
            "system_message": "",
            "message_id": message_id,
            "message": {"text": "", "fragments": []},
            "notice_type": notice,
            notice: detail,
        }
        assert await self.twitch.send("channel.chat.notification", event) == 1

    @property
    def sentences(self) -> list[str]:
        """What the stage was given to say, in order."""
        return [cue["display_text"]["text"].strip() for cue in self.page.cues("audio") if cue["display_text"]]

    async def says(self, words: str) -> None:
        async def said() -> bool:
            return any(words in sentence for sentence in self.sentences)

        await until(said, f"a sentence with {words!r}, but {self.sentences}")


@asynccontextmanager
async def live(studio: Studio, folder: Path) -> AsyncIterator[Live]:
    async with TwitchMock() as twitch:
        config = {
            **CONFIG,
            "live_config": {
                "chat": {"reply_errors": True},
                "twitch": {
                    "channel": STREAMER,
                    "token": twitch.grant(),
                    "endpoints": twitch.endpoints.model_dump(),
                },
            },
        }
        async with (
            on_air(folder, config, "--yes") as port,
            studio.page(f"http://127.0.0.1:{port}/stage") as page,
            Observer.joining(port) as observer,
        ):
            await twitch.subscribed("channel.chat.notification")
            await twitch.subscribed("channel.chat.message_delete")
            yield Live(twitch, page, observer)


def test_a_line_of_chat_is_answered_aloud(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> None:
        async with live(studio, tmp_path) as air:
            await air.writes(1, "do you like extraterrestrials", "ana")
            await air.says("extraterrestrials")
            await air.page.shows("stage.mouth > 0.2 && document.querySelector('#subtitle.on')")
            await air.page.picture("twitch-1-answered-aloud")

    studio.play(scene())


def test_a_raid_is_waved_at_and_welcomed_by_its_cue_sheet(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> None:
        async with live(studio, tmp_path) as air:
            await air.notifies("raid-1", "raid", "bob", viewer_count=42, user_login="bob")
            await air.page.shows("stage.motionName === 'Wave 0' && stage.params.ParamArmRA > 0.95")
            await air.page.shows("stage.expressionName === 'joy'")
            await air.says("Welcome Bob and your 42 raiders.")
            await air.page.picture("twitch-2-raid")

    studio.play(scene())


def test_what_is_deleted_while_she_speaks_of_it_is_not_heard_of_again(studio: Studio, tmp_path: Path) -> None:
    async def scene() -> None:
        async with live(studio, tmp_path) as air:
            await air.writes(1, "do you like extraterrestrials", "ana")
            await air.says("extraterrestrials")
            await air.page.shows("stage.speech.speaking && stage.mouth > 0.2")
            deletion = {
                **ROOM,
                "target_user_id": "3003",
                "target_user_login": "ana",
                "target_user_name": "Ana",
                "message_id": "m1",
            }
            assert await air.twitch.send("channel.chat.message_delete", deletion) == 1
            await asyncio.sleep(RETRACTED_WITHIN_S)
            on_stage, beside = len(air.page.received), len(air.observer.received)
            await air.page.shows(
                "!stage.speech.speaking && !document.querySelector('#subtitle.on') && stage.mouth < 0.05"
            )
            await air.page.shows("!document.body.textContent.includes('extraterrestrials')")
            await air.writes(2, "do you like submarines", "bob")
            await air.says("submarines")
            await asyncio.sleep(QUIET_S)
            later = [*air.page.received[on_stage:], *air.observer.received[beside:]]
            assert "extraterrestrials" not in str(later)
            retracted = [cue["reason"] for cue in air.page.cues("speech-retracted")]
            assert retracted == ["removed"]

    studio.play(scene())


def test_a_viewers_expression_command_is_shown_and_a_wrong_one_is_explained_in_chat(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with live(studio, tmp_path) as air:
            await air.writes(1, "!expression joy \U000e0000", "ana")
            await air.page.shows("stage.expressionName === 'joy'")
            await air.page.picture("twitch-3-expression-of-a-viewer")
            await air.writes(2, "!motion", "ben")

            async def told() -> bool:
                return bool(air.twitch.sent)

            await until(told, "a line in chat for who used a command wrongly")
            (line,) = air.twitch.sent
            assert line["reply_parent_message_id"] == "m2"
            assert line["message"].startswith("!motion takes ")
            ours = [cue for cue in air.observer.cues("chat-message") if "takes" in cue["message"]]
            assert ours == [], "she does not read what she wrote herself"

    studio.play(scene())


def test_a_sub_that_is_notified_twice_and_a_cheer_that_comes_with_its_line_are_thanked_once(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with live(studio, tmp_path) as air:
            for _ in range(2):
                await air.notifies("sub-1", "sub", "cleo", sub_tier="1000", is_prime=False, duration_months=1)
            await air.says("Thank you Cleo for the sub.")
            await air.writes(1, "Cheer100 do you like submarines", "dan", cheer={"bits": 100})
            await air.says("Thank you Dan for 100 bits.")
            await air.writes(2, "do you like extraterrestrials", "ana")
            await air.says("extraterrestrials")
            await asyncio.sleep(QUIET_S)
            thanks = [sentence for sentence in air.sentences if "Thank you" in sentence]
            assert thanks == ["Thank you Cleo for the sub.", "Thank you Dan for 100 bits."]
            assert not any("submarines" in sentence for sentence in air.sentences)
            cheered = [
                cue["decision"]["reason"] for cue in air.observer.cues("chat-message") if cue["id"] == "m1"
            ]
            assert cheered == ["event"]

    studio.play(scene())
