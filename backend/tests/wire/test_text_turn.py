"""A typed line and its reply, with an existing web client, exactly as the wire's description has it."""

import asyncio
import base64
import json
import math
import struct
from typing import Any

import pytest

from live_server import SCRIPTED, serving
from open_llm_vtuber.config import Settings
from virtual_time import run_virtual
from wire.existing_client import ExistingClient, Message, length_of
from wire.set_of_shows import FakeLLM, set_of_shows
from wire.tab import browser_tab, kinds

INVISIBLE = "\u200b"


def saying(*lines: str) -> Settings:
    """Return settings of a character that says these lines."""
    agent = {**SCRIPTED["agent_config"], "llm_configs": {"scripted_llm": {"lines": lines}}}
    return Settings.model_validate({"character_config": {**SCRIPTED, "agent_config": agent}})


def audio_of(frames: list[Message]) -> list[Message]:
    return [frame for frame in frames if frame["type"] == "audio"]


def test_the_four_requests_of_a_client_that_opens_are_answered_in_order() -> None:
    async def main() -> None:
        async with serving() as server, browser_tab(server.ws()) as tab:
            assert kinds(tab.frames) == [
                "group-update",
                "full-text",
                "set-model-and-conf",
                "group-update",
                "start-mic",
                "background-files",
                "config-files",
                "history-list",
                "new-history-created",
            ]
            assert tab.frames[1]["text"] == "Connection established"
            model = tab.frames[2]
            assert model["conf_uid"]
            assert model["client_uid"]
            assert model["model_info"]["url"].startswith("/live2d-models/")
            names = [each["name"] for each in tab.frames[6]["configs"]]
            assert model["conf_name"] in names
            assert len(names) == len(set(names))
            assert tab.frames[8]["history_uid"]
            assert (tab.client.state, tab.client.uid) == ("idle", model["client_uid"])

    asyncio.run(main())


def test_a_text_turn_over_a_real_socket_is_exactly_as_described() -> None:
    async def main() -> None:
        settings = saying("[joy] One, if I may say so. [smirk] Two.")
        async with serving(settings) as server, browser_tab(server.ws()) as tab:
            before = len(tab.frames)
            await tab.type_text("hello")
            await tab.until_turns(1)
            await asyncio.sleep(0.2)  # nothing may follow
            turn = tab.frames[before:]
            sentences = kinds(turn).count("audio")
            assert kinds(turn) == [
                "conversation-chain-start",
                "full-text",
                *["audio"] * sentences,
                "backend-synth-complete",
                "force-new-message",
                "conversation-chain-end",
            ]
            assert turn[1]["text"] == "Thinking..."
            assert tab.client.bubbles == [("human", "hello"), ("ai", "One, if I may say so. Two. ")]
            assert tab.client.played == audio_of(turn)
            assert (tab.client.state, tab.client.lost, tab.client.toasts) == ("idle", [], [])

    asyncio.run(main())


def test_a_reply_reaches_an_existing_client_without_fields_that_it_does_not_know() -> None:
    async def main() -> None:
        async with serving(saying("[joy] Yes. No.")) as server, browser_tab(server.ws()) as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            for audio in audio_of(tab.frames):
                assert list(audio) == [
                    "type",
                    "audio",
                    "volumes",
                    "slice_length",
                    "display_text",
                    "actions",
                    "forwarded",
                ]
                assert list(audio["display_text"]) == ["text", "name", "avatar"]
            assert not any({"seq", "turn_id", "index", "request_id"} & set(frame) for frame in tab.frames)

    asyncio.run(main())


def test_each_sentence_is_a_whole_pcm_16_wav_with_true_sizes_and_the_loudness_of_each_slice() -> None:
    async def main() -> None:
        settings = saying("[joy] The first sentence. [sadness] And a second one that is longer!")
        async with serving(settings) as server, browser_tab(server.ws()) as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            spoken = audio_of(tab.frames)
            assert len(spoken) == 2
            for audio in spoken:
                assert_true_wav(audio)
            assert [audio["actions"]["expressions"] for audio in spoken] == [[1], [3]]

    asyncio.run(main())


def assert_true_wav(audio: dict[str, Any]) -> None:
    wav = base64.b64decode(audio["audio"], validate=True)
    riff, size, form, fmt, length, kind, channels, rate, a_second, frame, bits, data, samples = struct.unpack(
        "<4sI4s4sIHHIIHH4sI", wav[:44]
    )
    assert (riff, form, fmt, length, data) == (b"RIFF", b"WAVE", b"fmt ", 16, b"data")
    assert (kind, channels, bits) == (1, 1, 16), "PCM, mono, 16 bit"
    assert (a_second, frame) == (2 * rate, 2)
    assert size == len(wav) - 8
    assert samples == len(wav) - 44
    assert samples > 0
    milliseconds = 1000 * samples / 2 / rate
    assert len(audio["volumes"]) == math.ceil(milliseconds / 20)
    assert max(audio["volumes"]) == 1.0
    assert min(audio["volumes"]) >= 0.0
    assert audio["slice_length"] == 20


def test_shown_text_ends_with_a_blank_has_no_tags_and_opens_no_html() -> None:
    async def main() -> None:
        line = "[joy] Look <img src=x onerror=alert(1)> and a < b. [smirk] </b> <!-- hm <?x is [odd] it."
        async with serving(saying(line)) as server, browser_tab(server.ws()) as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            shown = [audio["display_text"]["text"] for audio in audio_of(tab.frames)]
            assert all(text.endswith(" ") and not text.startswith(" ") for text in shown)
            bubble = "".join(shown)
            for opening in ("img", "/b", "!", "?x"):
                assert f"<{INVISIBLE}{opening}" in bubble
            assert "a < b" in bubble
            assert "[" not in bubble
            assert bubble.replace(INVISIBLE, "").startswith("Look <img src=x")

    asyncio.run(main())


def test_a_typed_line_is_harmless_html_to_others_and_is_not_echoed_to_its_sender() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab("main") as typing, shows.tab("main") as other:
            await typing.type_text("<img src=x> a < b")
            await other.until_turns(1)
            assert other.count("user-input-transcription", text=f"<{INVISIBLE}img src=x> a < b") == 1
            assert typing.count("user-input-transcription") == 0
            assert [text for who, text in other.client.bubbles if who == "human"] == [
                f"<{INVISIBLE}img src=x> a < b"
            ]

    run_virtual(main())


def test_a_turn_ends_when_the_client_has_played_it_and_not_before() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            ended = tab.came[-1][0]
            began = next(at for at, message in tab.came if message["type"] == "audio")
            length = sum(map(length_of, tab.client.played))
            assert length <= ended - began <= length + 0.1

    run_virtual(main())


def test_ten_reports_of_the_end_of_one_turn_do_not_end_the_next() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as tab:
            await tab.type_text("one")
            await tab.send("text-input", text="two")  # waits behind it, as nothing is interrupted
            await tab.until_turns(2)
            assert len(tab.client.played) == 4
            assert tab.client.bubbles[-1][1].startswith("You said two.")
            assert kinds(tab.frames).count("conversation-chain-start") == 2
            assert tab.sent.count({"type": "frontend-playback-complete"}) == 20

    run_virtual(main())


def test_late_copies_of_a_report_do_not_end_a_next_turn_that_came_quickly() -> None:
    async def main() -> None:
        quick = FakeLLM(lambda _: "Yes, indeed.", word_takes=0.0)
        async with set_of_shows(llm=quick) as shows, shows.tab() as tab:
            await tab.type_text("one")
            await tab.send("text-input", text="two")
            await tab.until_came("backend-synth-complete", 2)
            for _ in range(9):
                await tab.send("frontend-playback-complete")
            at = tab.came[-1][0]
            await tab.until_turns(2)
            assert tab.came[-1][0] - at == pytest.approx(length_of(tab.client.played[-1]), abs=0.1)

    run_virtual(main())


def test_a_client_that_never_reports_ends_its_turn_two_seconds_after_the_sound() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab(client=ExistingClient(copies=0)) as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            began = next(at for at, message in tab.came if message["type"] == "audio")
            silence = tab.came[-1][0] - began - sum(map(length_of, tab.client.played))
            assert silence == pytest.approx(2.0, abs=0.1)

    run_virtual(main(), limit=60)


def test_a_reply_without_a_word_to_speak_is_shown_in_silence_and_ends() -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "...") as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            (silent,) = audio_of(tab.frames)
            assert (silent["audio"], silent["volumes"]) == (None, [])
            assert tab.client.bubbles[-1] == ("ai", "... ")
            assert tab.count("backend-synth-complete") == 1

    run_virtual(main())


def test_an_empty_reply_still_ends_its_chain() -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "") as shows, shows.tab() as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            assert kinds(tab.frames)[-4:] == [
                "conversation-chain-start",
                "full-text",
                "force-new-message",
                "conversation-chain-end",
            ]

    run_virtual(main())


def test_a_history_that_was_spoken_into_is_listed_with_a_date_that_javascript_can_read() -> None:
    async def main() -> None:
        async with serving(saying("Short.")) as server, browser_tab(server.ws()) as tab:
            await tab.type_text("hello")
            await tab.until_turns(1)
            await tab.send("fetch-history-list", request_id="r1")
            await tab.until_came("history-list", request_id="r1")
            (history,) = tab.frames[-1]["histories"]
            assert history["latest_message"]["content"] == "Short."
            assert history["latest_message"]["role"] == "ai"
            assert history["timestamp"][10] == "T"
            assert history["timestamp"].endswith("+00:00")
            assert json.dumps(history)

    asyncio.run(main())
