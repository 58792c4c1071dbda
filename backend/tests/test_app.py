"""The assembly: which engines really run, and what is said about it."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from fake_provider import FakeProvider
from fake_vtube_studio import FakeVTubeStudio, Model
from irc_server import IrcServer
from live_server import SCRIPTED, Client, Serving, leaving_nothing, serving
from open_llm_vtuber import app, ear_engines, llm, vad
from open_llm_vtuber.config import Settings
from open_llm_vtuber.engines import EngineOptions, EngineTable
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.fallback import OnChange
from open_llm_vtuber.ports import LanguageModel, SpeechSynthesizer
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.show.commands import ChatHappened, TakeSnapshot
from open_llm_vtuber.stimulus import ChatMessage, EngineStatus
from open_llm_vtuber.tts import embedded
from open_llm_vtuber.tts.fallback_voice import FallbackVoice


class Unloadable:
    """An engine whose model is damaged."""

    Options = EngineOptions

    def __init__(self, _: EngineOptions) -> None:
        raise EngineError("The model's file is damaged.", engine="embedded_llm", retryable=False)


def settings(character: Mapping[str, Any] | None = None, **sections: Any) -> Settings:
    return Settings.model_validate({"character_config": {**SCRIPTED, **(character or {})}, **sections})


def started(given: Settings) -> tuple[Mapping[str, EngineStatus], list[str]]:
    told: list[str] = []

    async def main() -> Mapping[str, EngineStatus]:
        async with asyncio.timeout(20), app.on_air(leaving_nothing(given), told.append) as parts:
            return parts.providers

    return asyncio.run(main()), told


def brain(name: str, **options: Any) -> dict[str, Any]:
    return {
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": name}},
            "llm_configs": {name: options},
        }
    }


def test_the_configured_engines_run_and_nothing_needs_to_be_said() -> None:
    providers, told = started(settings())
    assert {job: status.engine for job, status in providers.items()} == {
        "llm": "scripted_llm",
        "tts": "tone_tts",
        "asr": "scripted_asr",
    }
    assert told == []


def test_an_engine_that_cannot_load_is_replaced_visibly(monkeypatch: pytest.MonkeyPatch) -> None:
    table: EngineTable[LanguageModel] = EngineTable(
        "LLM engine", {**llm.LLM_ENGINES._rows, "embedded_llm": f"{__name__}:Unloadable"}
    )
    monkeypatch.setattr(app, "LLM_ENGINES", table)
    providers, told = started(settings(brain("embedded_llm")))
    assert providers["llm"].engine == "scripted_llm"
    assert providers["llm"].is_demo
    assert "The model's file is damaged." in providers["llm"].note
    assert told == [providers["llm"].note]


def test_an_engine_that_we_do_not_have_is_named_with_what_is_used_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        app, "TTS_ENGINES", EngineTable("voice", {"embedded_tts": "open_llm_vtuber.tts.tone:ToneTTS"})
    )
    providers, told = started(
        settings({"tts_config": {"tts_model": "azure_tts", "azure_tts": {"api_key": "k"}}})
    )
    assert providers["tts"].engine == "embedded_tts"
    assert "azure_tts" in told[0]
    assert "embedded_tts" in told[0]


def test_a_configured_engine_with_faulty_options_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="base_url"):
        started(settings(brain("openai_compatible_llm", base_url="ftp://nowhere", model="x")))


@pytest.mark.parametrize(
    ("name", "options", "is_demo"),
    [
        ("scripted_llm", {}, True),
        ("embedded_llm", {}, True),
        ("claude_llm", {"model": "claude-x"}, False),
        ("llama_cpp_llm", {}, True),
        ("openai_compatible_llm", {"base_url": "http://127.0.0.1:1/v1", "model": "m"}, False),
    ],
)
def test_which_brains_are_only_for_show(name: str, options: dict[str, Any], is_demo: bool) -> None:
    assert app.is_demo(settings(brain(name, **options))) is is_demo


class Deaf:
    """An ear whose package is missing."""

    Options = EngineOptions

    def __init__(self, _: EngineOptions) -> None:
        raise EngineError("It needs the package faster-whisper.", engine="embedded_asr", retryable=False)


def listening_with(name: str, **options: Any) -> Settings:
    return settings({"asr_config": {"asr_model": name, name: options}})


def test_an_ear_that_fails_is_replaced_and_the_state_says_it() -> None:
    asr = {"asr_model": "openai_asr", "fallback": ["scripted_asr"], "scripted_asr": {"text": "Is it me?"}}

    async def main() -> None:
        async with FakeProvider() as far_end:
            far_end.status = 401
            given = settings({"asr_config": {**asr, "openai_asr": {"base_url": far_end.base_url}}})
            async with serving(given) as live, Client.connect(live.ws()) as client:
                for _ in range(2):
                    await client.send("mic-audio-data", audio=[0.5, -0.5] * 2_000)
                    await client.send("mic-audio-end", images=[])
                    assert (await client.until("user-input-transcription"))[-1]["text"] == "Is it me?"
                    await client.until("control", text="conversation-chain-end")
                assert live.parts.providers["asr"].engine == "scripted_asr"
                assert "openai_asr keeps failing" in live.parts.providers["asr"].note

    asyncio.run(main())


@pytest.mark.parametrize("configured", ["embedded_asr", "sherpa_onnx_asr"])
def test_ears_that_cannot_run_here_are_off_and_that_is_said(
    configured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ear_engines, "ASR_ENGINES", EngineTable("ear", {"embedded_asr": f"{__name__}:Deaf"}))
    providers, told = started(listening_with(configured))
    assert providers["asr"].engine == "none"
    assert told == [providers["asr"].note]
    assert "She cannot hear" in told[0]
    assert "faster-whisper" in told[0]


@pytest.mark.parametrize("theirs", ["sherpa_onnx_asr", "faster_whisper"])
def test_ears_that_we_do_not_have_are_named_with_what_is_used_instead(
    theirs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {"embedded_asr": "open_llm_vtuber.asr.scripted:ScriptedASR"}
    monkeypatch.setattr(ear_engines, "ASR_ENGINES", EngineTable("ear", table))
    providers, told = started(listening_with(theirs))
    assert providers["asr"].engine == "embedded_asr"
    assert theirs in told[0]
    assert "embedded_asr is used instead" in told[0]


def test_ears_may_be_switched_off_without_a_word() -> None:
    providers, told = started(listening_with("none"))
    assert (providers["asr"].engine, told) == ("none", [])


def test_a_configured_ear_with_faulty_options_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="base_url"):
        started(listening_with("openai_asr", base_url="ftp://nowhere"))


def test_voice_detection_that_cannot_run_here_is_replaced_by_loudness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = {**vad.VAD_ENGINES._rows, "silero_vad": f"{__name__}:Deaf"}
    monkeypatch.setattr(ear_engines, "VAD_ENGINES", EngineTable("voice detection", table))
    _, told = started(settings())
    assert "energy_vad is used instead" in told[0]


def speaking_with(name: str, spares: list[str] | None = None, **options: Any) -> Settings:
    chain = {} if spares is None else {"fallback": spares}
    return settings({"tts_config": {**SCRIPTED["tts_config"], "tts_model": name, name: options, **chain}})


async def turn(client: Client) -> list[dict[str, Any]]:
    await client.send("text-input", text="Hello")
    messages = await client.until("backend-synth-complete")
    await client.send("frontend-playback-complete")
    return messages + await client.until("control", text="conversation-chain-end")


def test_a_voice_that_fails_is_replaced_without_a_word_to_clients_and_the_state_says_it() -> None:
    async def main() -> None:
        async with FakeProvider() as far_end:
            far_end.status = 401
            given = speaking_with("openai_tts", ["tone_tts"], base_url=far_end.base_url)
            async with serving(given) as live, Client.connect(live.ws()) as client:
                assert live.parts.providers["tts"] == EngineStatus(engine="openai_tts")
                messages = [message for _ in range(2) for message in await turn(client)]
                assert all(m["audio"] for m in messages if m["type"] == "audio")
                assert not [m for m in messages if m["type"] == "error"]
                status = live.parts.providers["tts"]
                assert status.engine == "tone_tts"
                assert "openai_tts keeps failing: The voice at 127.0.0.1" in status.note
                answer = await asyncio.to_thread(health, live)
                assert answer["providers"]["tts"]["engine"] == "tone_tts"

    asyncio.run(main())


def health(live: Serving) -> dict[str, Any]:
    with urlopen(f"{live.http}/health", timeout=5) as answer:  # noqa: S310  our own server
        found: dict[str, Any] = json.load(answer)
        return found


@pytest.mark.parametrize(
    ("name", "spares", "chain"),
    [
        ("openai_tts", None, ["openai_tts", "embedded_tts", "tone_tts"]),
        ("openai_tts", [], ["openai_tts"]),
        ("openai_tts", ["tone_tts", "openai_tts"], ["openai_tts", "tone_tts"]),
        ("embedded_tts", None, ["embedded_tts"]),
        ("embedded_tts", ["tone_tts"], ["embedded_tts", "tone_tts"]),
    ],
)
def test_who_stands_in_for_a_voice(
    monkeypatch: pytest.MonkeyPatch, name: str, spares: list[str] | None, chain: list[str]
) -> None:
    rows = dict.fromkeys(("openai_tts", "embedded_tts", "tone_tts"), "open_llm_vtuber.tts.tone:ToneTTS")
    monkeypatch.setattr(app, "TTS_ENGINES", EngineTable("voice", rows))
    made: list[list[str]] = []

    class Noted(FallbackVoice):
        def __init__(self, voices: Mapping[str, SpeechSynthesizer], on_change: OnChange) -> None:
            made.append(list(voices))
            super().__init__(voices, on_change)

    monkeypatch.setattr(app, "FallbackVoice", Noted)
    started(speaking_with(name, spares))
    assert made == [chain]


def test_a_spare_voice_that_cannot_start_is_told_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "PACKAGE", "no_such_package")
    providers, told = started(speaking_with("openai_tts"))
    assert providers["tts"] == EngineStatus(engine="openai_tts")
    assert len(told) == 1
    assert "embedded_tts cannot stand in for openai_tts: The embedded voice needs the package" in told[0]


def test_a_spare_voice_that_we_do_not_have_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'tone_tts'"):
        started(speaking_with("openai_tts", ["tone_tt"]))


def on_channel(server: IrcServer, channel: str, **features: bool) -> Settings:
    twitch = {"channel": channel, "endpoints": {"irc": server.url}}
    return settings(live_config={"twitch": twitch}, features=features)


async def connected(live: Serving) -> None:
    """Wait until chat is read; the cue that says so may have come before any client."""
    async with asyncio.timeout(10):
        while True:
            (answer,) = await live.parts.shows.ask("main", TakeSnapshot(client="test"))
            if (
                isinstance(answer, Snapshot)
                and answer.state.twitch
                and answer.state.twitch.state == "connected"
            ):
                return
            await asyncio.sleep(0.02)


def test_chat_of_the_configured_channel_is_answered_on_the_main_show() -> None:
    line = "@id=m1;display-name=Ana;tmi-sent-ts=1 :ana!ana@ana.tmi.twitch.tv PRIVMSG #somechannel :Do you like kittens?"

    async def main() -> list[dict[str, Any]]:
        async with (
            IrcServer(channels={"somechannel"}) as server,
            serving(on_channel(server, "#SomeChannel")) as live,
            Client.connect(live.ws("main")) as client,
        ):
            await client.send("client-hello", capabilities=["chat", "state"])
            await server.joined("somechannel")  # its cue may have gone out before this client came
            await server.send(line)
            return await client.until("control", text="conversation-chain-end")

    messages = asyncio.run(main())
    decisions = [
        m["decision"]["outcome"] for m in messages if m["type"] == "chat-decision" and m["id"] == "m1"
    ]
    assert decisions == ["answered"]
    assert any("kittens" in m["display_text"]["text"] for m in messages if m["type"] == "audio")


def followed_by(studio: FakeVTubeStudio, **given: Any) -> Settings:
    return settings(live_config={"vtube_studio": {"enabled": True, "url": studio.url, **given}})


def test_vtube_studio_moves_its_mouth_with_the_show_on_air_and_is_never_its_primary_client() -> None:
    async def main() -> None:
        model = Model(files=("Neutral.exp3.json",))
        async with FakeVTubeStudio(model) as studio, serving(followed_by(studio)) as live:
            await studio.until(lambda s: s.active == {"Neutral.exp3.json"}, limit_s=10)
            (before,) = await live.parts.shows.ask("main", TakeSnapshot(client="test"))
            assert isinstance(before, Snapshot)
            assert before.state.primary is None
            async with Client.connect(live.ws("main")) as client:
                await client.send("client-hello", capabilities=["expression"])  # a page that came later
                await client.send("text-input", text="Hello")
                await client.until("audio")
                (now,) = await live.parts.shows.ask("main", TakeSnapshot(client="test"))
                assert isinstance(now, Snapshot)
                assert now.state.primary is not None
                await studio.until(lambda s: max(s.mouth, default=0) > 0)
                await client.send("frontend-playback-complete")
                await client.until("control", text="conversation-chain-end")
            await studio.until(lambda s: s.mouth[-1] == 0)

    asyncio.run(main())


def test_a_reply_is_not_held_up_by_a_vtube_studio_that_is_the_only_one_there() -> None:
    async def main() -> None:
        async with FakeVTubeStudio() as studio, serving(followed_by(studio)) as live:
            await studio.until(lambda s: s.of("HotkeysInCurrentModelRequest"), limit_s=10)
            studio.is_deaf = True
            event = ChatMessage(
                id="m1", platform="twitch", channel="c", username="ana", display_name="Ana", text="Mika, hi"
            )
            await live.parts.shows.tell("main", ChatHappened(event))
            async with asyncio.timeout(10):
                while not await answered(live):  # noqa: ASYNC110  a client that waits would be there as well
                    await asyncio.sleep(0.05)
            studio.is_deaf = False

    asyncio.run(main())


async def answered(live: Serving) -> bool:
    (answer,) = await live.parts.shows.ask("main", TakeSnapshot(client="test"))
    assert isinstance(answer, Snapshot)
    return bool(answer.chat) and answer.chat[-1].decision.outcome == "answered" and answer.turn is None


@pytest.mark.parametrize("enabled", [False, True])
def test_vtube_studio_is_left_alone_unless_it_is_enabled(enabled: bool) -> None:
    async def main() -> tuple[int, bool]:
        async with FakeVTubeStudio() as studio:
            given = followed_by(studio, enabled=enabled)
            async with serving(given):
                with suppress(TimeoutError):
                    await studio.until(lambda s: s.asked, limit_s=5 if enabled else 0.3)
            return studio.connections, any("vts" in str(task.get_coro()) for task in asyncio.all_tasks())

    assert asyncio.run(main()) == (int(enabled), False)


def test_an_address_of_vtube_studio_that_is_none_stops_the_start() -> None:
    with pytest.raises(ConfigError, match=r"vtube_studio[.]url"):
        started(
            settings(live_config={"vtube_studio": {"enabled": True, "url": "ws://vtube.example.com:8001"}})
        )


def test_with_twitch_switched_off_no_channel_is_read() -> None:
    async def main() -> int:
        async with IrcServer(channels={"somechannel"}) as server:
            async with serving(on_channel(server, "somechannel", twitch=False)):
                await asyncio.sleep(0.2)
            return server.connections

    assert asyncio.run(main()) == 0


def test_a_token_that_cannot_be_one_stops_the_start_without_repeating_it() -> None:
    with pytest.raises(ConfigError) as raised:
        started(
            settings(live_config={"twitch": {"channel": "somechannel", "token": "oauth:my secret\ntoken"}})
        )
    assert "secret" not in str(raised.value)


def test_a_channel_name_that_cannot_be_one_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="no Twitch channel"):
        started(settings(live_config={"twitch": {"channel": "not a channel!"}}))


def test_a_character_file_that_cannot_be_used_is_told_at_the_start_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "characters").mkdir()
    (tmp_path / "characters" / "broken.yaml").write_bytes(b"\xff")
    _, told = started(settings(folder=tmp_path))
    assert ["broken.yaml" in note for note in told] == [True]


@pytest.mark.slow
def test_a_tool_of_a_real_server_is_used_in_a_turn_and_clients_see_it(tmp_path: Path) -> None:
    pytest.importorskip("mcp")
    program = str(Path(__file__).parent / "mcp_server.py")
    servers = {
        "small": {"command": sys.executable, "args": [program]},
        "lost": {"command": "no-such-program"},
    }
    (tmp_path / "mcp_servers.json").write_text(json.dumps({"mcp_servers": servers}), encoding="utf-8")

    async def main() -> None:
        async with FakeProvider() as far_end:
            character = brain("openai_compatible_llm", base_url=far_end.base_url, model="m")
            own = character["agent_config"]["agent_settings"]["basic_memory_agent"]
            own |= {"use_mcpp": True, "mcp_enabled_servers": ["small", "lost", "unknown"]}
            given = settings(character, folder=tmp_path)
            async with serving(given) as live, Client.connect(live.ws()) as client:
                await _until_offered_tools(far_end, client)
                far_end.wishes = [
                    [{"index": 0, "id": "c", "function": {"name": name, "arguments": arguments}}]
                    for name, arguments in (("echo", '{"text": "five"}'), ("dying", "{}"))
                ]
                messages = await turn(client)
        told = [message for message in messages if message["type"] == "tool_call_status"]
        assert [(each["tool_name"], each["status"]) for each in told] == [
            ("echo", "running"),
            ("echo", "completed"),
            ("dying", "running"),
            ("dying", "error"),
        ]
        assert told[1]["content"] == "five"
        assert [message for message in messages if message["type"] == "audio"], (
            "it costs the tool, not the turn"
        )
        assert not [message for message in messages if message["type"] == "error"]

    asyncio.run(main())


async def _until_offered_tools(far_end: FakeProvider, client: Client) -> None:
    async with asyncio.timeout(30):
        await turn(client)
        while "tools" not in far_end.requests[-1].body:
            await turn(client)
