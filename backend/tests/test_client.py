"""The client for scripts, against the program itself over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets

from fake_provider import run
from live_server import SCRIPTED, free_port, serving
from open_llm_vtuber import client as client_module
from open_llm_vtuber.client import Client, ClientError, Stamped, connect
from open_llm_vtuber.config import Settings
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.client_messages import FetchConfigs, Heartbeat
from open_llm_vtuber.protocol.live_client_messages import GenerationOptions
from open_llm_vtuber.protocol.live_server_messages import TextGenerationResponse
from open_llm_vtuber.protocol.server_messages import ConfigFiles, Control, HeartbeatAck, ServerMessage

GOLDEN = Path(__file__).parent / "wire/golden_server_messages.jsonl"


def slow(delay_ms: int) -> Settings:
    """Return settings of a language model that takes its time."""
    agent = {**SCRIPTED["agent_config"], "llm_configs": {"scripted_llm": {"delay_ms": delay_ms}}}
    return Settings.model_validate({"character_config": {**SCRIPTED, "agent_config": agent}})


async def until_chain_ends(her: Client) -> list[Stamped]:
    seen = []
    async for stamped in her.stamped_cues():
        seen.append(stamped)
        if isinstance(stamped.cue, Control) and stamped.cue.text == "conversation-chain-end":
            break
    return seen


def test_what_is_said_verbatim_comes_back_as_cues_of_its_turn() -> None:
    async def main() -> None:
        async with serving() as server, connect(server.http) as her:
            answer = await her.say("Hello chat!", verbatim=True)
            seen = await until_chain_ends(her)
            spoken = [each for each in seen if isinstance(each.cue, Audio)]
            texts = [each.cue.display_text for each in spoken if isinstance(each.cue, Audio)]
            assert [text.text.strip() for text in texts if text] == ["Hello chat!"]
            assert {each.turn_id for each in spoken} == {answer.turn_id}
            assert [each.index for each in spoken] == [0]
            numbers = [each.seq for each in seen if each.seq is not None]
            assert numbers == sorted(numbers)
            assert her.uid

    run(main())


def test_face_gesture_state_text_mode_and_the_stop_are_one_call_each() -> None:
    async def main() -> None:
        async with serving() as server, connect(server.http) as her:
            face = await her.expression("joy", duration=4000)
            assert (face.name, face.expression_id) == ("joy", face.result.expression_id)
            assert (await her.motion("Wave")).motion_group == "Wave"
            assert (await her.release("expression")).claim_id == face.result.claim_id
            assert (await her.state()).mode == "orphiq"
            text = await her.generate("A title, please.", options=GenerationOptions(max_tokens=40))
            assert text.text
            assert text.metadata.tokens
            assert (await her.set_mode("orphiq")).mode == "orphiq"
            assert not (await her.skip()).cut
            await her.stop()
            with pytest.raises(ClientError) as frozen:
                await her.say("Anybody?")
            assert frozen.value.code == "wrong-state"
            await her.resume()
            assert (await her.say("Anybody?")).status == "queued"

    run(main())


def test_requests_at_the_same_time_each_get_their_own_answer() -> None:
    async def main() -> None:
        async with serving() as server, connect(server.http) as her:
            faces = ("joy", "sadness", "anger", "surprise")
            answers = await asyncio.gather(*(her.expression(face, duration=50) for face in faces))
            assert [answer.name for answer in answers] == list(faces)
            assert isinstance(await her.ask(Heartbeat(), HeartbeatAck), HeartbeatAck)
            assert (await her.ask(FetchConfigs(), ConfigFiles)).configs

    run(main())


def test_a_refusal_is_an_error_with_the_servers_code_and_sentence() -> None:
    async def main() -> None:
        async with serving() as server, connect(server.http) as her:
            with pytest.raises(ClientError, match="no expression") as refused:
                await her.expression("no-such-face")
            assert refused.value.code == "not-found"
            with pytest.raises(ClientError, match="at least 1 character") as empty:
                await her.say("")
            assert empty.value.code == "bad-message"
            with pytest.raises(ClientError) as unknown:
                await her.set_mode("clever")
            assert unknown.value.code in ("bad-message", "not-found", "not-configured")

    run(main())


def test_a_script_does_not_become_the_one_that_the_show_waits_for() -> None:
    async def main() -> None:
        async with serving() as server, connect(server.http) as her:
            await her.say("One short line.", verbatim=True)
            await until_chain_ends(her)  # though it reports no playback
            assert (await her.state()).primary is None

    run(main())


@pytest.mark.parametrize(
    ("token", "show", "code"),
    [("wrong", "main", "refused"), (None, "main", "refused"), ("right", "nobody", "not-found")],
)
def test_who_is_not_let_in_learns_why(token: str | None, show: str, code: str) -> None:
    async def main() -> None:
        settings = Settings.model_validate(
            {"character_config": SCRIPTED, "system_config": {"access_token": "right"}}
        )
        async with serving(settings) as server:
            with pytest.raises(ClientError) as refused:
                async with connect(server.http, token=token, show=show):
                    pass
            assert refused.value.code == code
            async with connect(server.http, token="right", show=None) as her:
                assert not (await her.state()).is_stopped

    run(main())


def test_an_address_where_nobody_listens_is_unreachable() -> None:
    async def main() -> None:
        with pytest.raises(ClientError, match="Nobody listens") as failed:
            async with connect(f"http://127.0.0.1:{free_port()}"):
                pass
        assert failed.value.code == "unreachable"
        with pytest.raises(ClientError, match="is no address"):
            connect("127.0.0.1:12393")

    run(main())


def test_an_error_of_the_script_itself_leaves_the_client_as_it_is() -> None:
    async def main() -> None:
        async with serving() as server:
            with pytest.raises(KeyError, match="mine"):
                async with connect(server.http):
                    raise KeyError("mine")

    run(main())


def test_a_server_that_goes_ends_requests_and_cues_with_closed() -> None:
    async def main() -> None:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(serving(slow(5_000)))
            async with connect(server.http) as her, asyncio.TaskGroup() as group:
                text = group.create_task(code_of(her.generate("Something long.")))
                cues = group.create_task(code_of(until_chain_ends(her)))
                assert not (await her.state()).is_stopped
                await stack.aclose()
                async with asyncio.timeout(5):
                    assert (await text, await cues) == ("closed", "closed")
                assert await code_of(her.say("Hello?")) == "closed"

    run(main())


async def code_of(work: Any) -> str:
    try:
        await work
    except ClientError as error:
        return error.code
    return "answered"


def test_a_text_that_takes_too_long_is_given_up_and_its_writing_stopped() -> None:
    async def main() -> None:
        async with serving(slow(2_000)) as server, connect(server.http) as her:
            with pytest.raises(ClientError, match=r"no answer within 0\.2 s") as late:
                await her.generate("Something long.", within_s=0.2)
            assert late.value.code == "timeout"
            async with asyncio.timeout(1.5):  # long before the text itself would be complete
                ended = [cue async for cue in _until_a_text_ends(her)][-1]
            assert isinstance(ended, TextGenerationResponse)
            assert ended.metadata.finish_reason == "cancelled"

    run(main())


async def _until_a_text_ends(her: Client) -> AsyncIterator[ServerMessage]:
    async for cue in her.cues():
        yield cue
        if isinstance(cue, TextGenerationResponse):
            return


@asynccontextmanager
async def odd_server(frames: Sequence[str]) -> AsyncIterator[str]:
    """Serve what no server of ours sends: these frames after the welcome."""

    async def talk(socket: websockets.ServerConnection) -> None:
        hello = json.loads(await socket.recv())
        welcome = {"type": "client-welcome", "request_id": hello["request_id"], "show": "main"}
        await socket.send(json.dumps({**welcome, "client_uid": "u", "protocol": 9, "role": "operator"}))
        for frame in frames:
            await socket.send(frame)
        await socket.wait_closed()

    async with websockets.serve(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_types_and_fields_of_a_newer_server_do_no_harm() -> None:
    frames = ['{"type":"hologram","x":1}', '{"type":"full-text","text":"Hi","sparkle":true,"seq":4}', "[1]"]

    async def main() -> None:
        async with odd_server(frames) as url, connect(url) as her:
            cue = await anext(her.cues())
            assert cue.model_dump() == {"type": "full-text", "text": "Hi"}

    run(main())


def test_of_cues_that_nobody_reads_the_oldest_are_dropped_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "MOST_CUES", 3)
    frames = [json.dumps({"type": "full-text", "text": str(number), "seq": number}) for number in range(8)]

    async def main() -> None:
        async with odd_server(frames) as url, connect(url) as her:
            async with asyncio.timeout(5):
                while her.missed < 5:  # noqa: ASYNC110  it is a plain number
                    await asyncio.sleep(0.01)
            kept = [await anext(her.stamped_cues()) for _ in range(3)]
            assert [each.seq for each in kept] == [5, 6, 7]

    run(main())


def test_a_server_that_does_not_answer_is_given_up() -> None:
    async def main() -> None:
        async with odd_server(()) as url, connect(url, answers_within_s=0.2) as her:
            assert await code_of(her.state()) == "timeout"

    run(main())


def test_leaving_ends_the_reader_of_cues() -> None:
    async def main() -> None:
        read: list[ServerMessage] = []

        async def listen(her: Client) -> None:
            read.extend([cue async for cue in her.cues()])

        async with odd_server(()) as url, asyncio.TaskGroup() as group:
            async with connect(url) as her:
                task = group.create_task(listen(her))
                await asyncio.sleep(0.05)
            await task
        assert read == []

    run(main())


def test_every_message_of_the_server_can_be_read() -> None:
    her = connect()
    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    for line in lines:
        her._take(json.loads(line))
    assert [stamped.cue.type for stamped in her._cues] == [json.loads(line)["type"] for line in lines]
