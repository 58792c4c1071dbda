"""Named shows with a character of their own, on a real server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from fakes import chat_message
from live_server import SCRIPTED, Client, leaving_nothing, serving
from open_llm_vtuber import app, config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.show.commands import ChatHappened

RIN = {
    "conf_name": "Rin",
    "conf_uid": "rin_001",
    "persona_prompt": "You are Rin.",
    "tts_config": {"tts_model": "tone_tts", "tone_tts": {"ms_per_character": 30}},
}


def two_characters(folder: Path, *, file: str = "rin.yaml") -> Settings:
    (folder / "characters").mkdir()
    (folder / "characters" / "rin.yaml").write_text(json.dumps({"character_config": RIN}), encoding="utf-8")
    given: dict[str, Any] = {
        "character_config": SCRIPTED,
        "shows": {"main": {}, "guest": {"character": file}},
        "live_config": {"duet": {"shows": ["main", "guest"], "exchanges": 1}},
    }
    (folder / "conf.yaml").write_text(json.dumps(given), encoding="utf-8")
    return config.load(folder / "conf.yaml")


def test_a_named_show_has_its_own_character_which_answers_the_other_with_its_own_voice(
    tmp_path: Path,
) -> None:
    async def main() -> list[tuple[str, float]]:
        async with (
            serving(two_characters(tmp_path)) as server,
            Client.connect(server.ws("main")) as mika,
            Client.connect(server.ws("guest")) as rin,
        ):
            said = []
            await server.parts.shows.tell("main", ChatHappened(chat_message("m1", "Hello you two!")))
            for client in (mika, rin):
                cue = (await client.until("audio"))[-1]
                words = cue["display_text"]
                said.append((words["name"], len(cue["volumes"]) / len(words["text"])))
                await client.send("audio-play-start", display_text=words)
            return said

    (first, quick), (second, slow) = asyncio.run(main())
    assert (first, second) == ("Mika", "Rin")
    assert slow > 2 * quick, "each has a voice of its own"


def test_a_show_whose_character_does_not_exist_stops_the_start(tmp_path: Path) -> None:
    async def main() -> None:
        settings = leaving_nothing(two_characters(tmp_path, file="nobody.yaml"))
        async with app.on_air(settings, lambda _: None):
            raise AssertionError("it began without her")

    with pytest.raises(
        ConfigError, match=r"shows\.guest\.character nobody\.yaml: There is no such character"
    ):
        asyncio.run(main())
