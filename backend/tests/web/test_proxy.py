"""`/proxy-ws` over real sockets: all its clients are one, and none of the faults that such a proxy once had."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import websockets

import fakes
from fakes import FakeAdapter, FakeEar
from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.groups import Groups
from open_llm_vtuber.protocol.client_messages import MicAudioData, MicAudioEnd, RawAudioData, TextInput
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import audience
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.commands import (
    AddToGroup,
    AnyCommand,
    ChatHappened,
    Perform,
)
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.show.sound import pcm
from open_llm_vtuber.shows import LocalShows, Subscription
from open_llm_vtuber.vad.energy import EnergyVAD
from open_llm_vtuber.web import proxy
from open_llm_vtuber.web.proxy import LONGEST_CHAIN, Party, _Member
from virtual_time import run_virtual

GREETING = ["group-update", "full-text", "set-model-and-conf", "group-update", "control"]
CHAIN_END = {"type": "control", "text": "conversation-chain-end"}


def with_proxy(character: dict[str, Any] | None = None, **system: Any) -> Settings:
    character = {**SCRIPTED, **(character or {})}
    return Settings.model_validate(
        {"character_config": character, "system_config": {"enable_proxy": True, **system}}
    )


def address(live: Serving, query: str = "") -> str:
    return f"ws://127.0.0.1:{live.port}/proxy-ws{query}"


@asynccontextmanager
async def joined(live: Serving, number: int = 1) -> AsyncIterator[list[Client]]:
    """Let clients join, and read their greetings."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client.connect(address(live))) for _ in range(number)]
        for client in clients:
            assert [(await client.receive())["type"] for _ in GREETING] == GREETING
        yield clients


async def until_chain_end(client: Client) -> list[dict[str, Any]]:
    return await client.until(type_="control", text="conversation-chain-end")


async def performed(clients: Sequence[Client], text: str) -> list[list[dict[str, Any]]]:
    """Let the first type a line, and return what each got of the turn."""
    first, *_ = clients
    await first.send("text-input", text=text)
    seen = [await client.until("backend-synth-complete") for client in clients]
    await first.send("frontend-playback-complete")
    return [each + await until_chain_end(client) for each, client in zip(seen, clients, strict=True)]


async def settled(client: Client) -> list[dict[str, Any]]:
    """Return what is on its way to a client."""
    await client.send("heartbeat")
    return (await client.until("heartbeat-ack"))[:-1]


def types(messages: Sequence[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


def test_without_the_setting_there_is_no_proxy() -> None:
    async def main() -> None:
        async with serving() as live:
            with pytest.raises(websockets.InvalidStatus):
                async with websockets.connect(address(live)):
                    pass

    asyncio.run(main())


def test_the_proxy_asks_for_the_token_too() -> None:
    async def main() -> None:
        async with serving(with_proxy(access_token="right")) as live:
            with pytest.raises(websockets.InvalidStatus):
                async with websockets.connect(address(live)):
                    pass
            async with Client.connect(address(live, "?token=right")) as client:
                await client.until("set-model-and-conf")

    asyncio.run(main())


def test_all_clients_are_one_and_hear_everything_and_only_the_others_are_shown_the_line() -> None:
    async def main() -> None:
        async with serving(with_proxy()) as live, joined(live, 3) as clients:
            for client in clients:
                await client.send("request-init-config")
            uids = {(await each.until("set-model-and-conf"))[-1]["client_uid"] for each in clients}
            assert len(uids) == 1
            first, *others = await performed(clients, "hello")
            assert first.count(CHAIN_END) == 1
            assert "audio" in types(first)
            for other in others:
                shown = [each["text"] for each in other if each["type"] == "user-input-transcription"]
                assert shown == ["hello"]
                assert [each for each in other if each["type"] != "user-input-transcription"] == first

    asyncio.run(main())


def test_lines_of_several_clients_are_performed_one_after_the_other() -> None:
    async def main() -> None:
        async with serving(with_proxy()) as live, joined(live, 2) as (one, two):
            await one.send("text-input", text="first")
            await one.until("control", text="conversation-chain-start")
            await two.send("text-input", text="second")
            assert "user-input-transcription" not in types(await settled(one))
            await one.send("interrupt-signal", text="")
            rest = await until_chain_end(one)
            assert "user-input-transcription" not in types(rest)
            assert (await one.until("user-input-transcription"))[-1]["text"] == "second"
            await one.until("control", text="conversation-chain-start")

    asyncio.run(main())


def test_too_many_lines_are_refused_as_busy_and_the_others_wait_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "WAITING_LINES", 2)

    async def main() -> None:
        async with serving(with_proxy()) as live, joined(live) as (client,):
            await client.send("text-input", text="performed")
            await client.until("control", text="conversation-chain-start")
            await client.send("text-input", text="next")
            await settled(client)
            for number in range(3):
                await client.send("text-input", text=f"waits {number}", request_id=str(number))
            error = (await client.until("error"))[-1]
            assert (error["code"], error["request_id"]) == ("busy", "2")
            assert CHAIN_END not in await settled(client), "the chain that runs has its own end"

    asyncio.run(main())


def test_a_silent_sentence_reaches_everybody() -> None:  # fault 65
    mute = {
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "scripted_llm"}},
            "llm_configs": {"scripted_llm": {"lines": ["🎉"]}},
        }
    }

    async def main() -> None:
        async with serving(with_proxy(mute)) as live, joined(live, 2) as clients:
            for seen in await performed(clients, "hello"):
                assert [each["audio"] for each in seen if each["type"] == "audio"] == [None]

    asyncio.run(main())


@pytest.mark.slow
def test_a_turn_that_failed_does_not_stop_the_next() -> None:  # fault 66
    broken = {
        "agent_config": {
            "agent_settings": {"basic_memory_agent": {"llm_provider": "openai_compatible_llm"}},
            "llm_configs": {"openai_compatible_llm": {"base_url": "http://127.0.0.1:9/v1", "model": "m"}},
        }
    }

    async def main() -> None:
        async with serving(with_proxy(broken)) as live, joined(live, 2) as (one, two):
            for client, other in ((one, two), (two, one), (one, two)):
                await client.send("text-input", text="hello")
                assert "error" in types(await until_chain_end(client))
                assert "error" in types(await until_chain_end(other))

    asyncio.run(main())


def test_when_all_have_left_the_next_one_finds_everything_working() -> None:  # fault 67
    async def main() -> None:
        async with serving(with_proxy()) as live:
            for _ in range(3):
                async with joined(live, 2) as clients:
                    for client in clients:
                        assert await settled(client) == []
                    for seen in await performed(clients, "hello"):
                        assert "audio" in types(seen)

    asyncio.run(main())


def test_who_joins_is_greeted_and_the_others_notice_nothing() -> None:  # fault 68
    async def main() -> None:
        async with serving(with_proxy()) as live, joined(live) as (one,):
            await one.send("create-new-history")
            history = (await one.until("new-history-created"))[-1]["history_uid"]
            await one.send("text-input", text="hello")
            await one.until("audio")
            async with joined(live) as (two,):
                for request in ("fetch-backgrounds", "fetch-configs", "fetch-history-list"):
                    await two.send(request)
                await two.send("create-new-history", request_id="mine")
                made = (await two.until("new-history-created"))[-1]
                assert (made["history_uid"], made["request_id"]) == (history, "mine")
                seen = types(await one.until("backend-synth-complete"))
                assert set(seen) <= {"audio", "backend-synth-complete"}, "nothing of hers was cut or reset"
                await two.send("create-new-history")  # now somebody presses the button
                assert (await two.until("new-history-created"))[-1]["history_uid"] != history
                await one.until("new-history-created")

    asyncio.run(main())


@pytest.mark.slow
def test_clients_that_come_and_go_in_the_middle_of_a_turn_disturb_nobody() -> None:  # fault 69
    async def main() -> None:
        async with serving(with_proxy()) as live, joined(live) as (stays,):

            async def comes_and_goes() -> None:
                for _ in range(8):
                    async with joined(live):
                        pass

            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(comes_and_goes())
                for _ in range(3):
                    (seen,) = await performed([stays], "hello")
                    assert "audio" in types(seen)

    asyncio.run(main())


def test_a_client_that_leaves_too_much_unread_is_dropped_and_nobody_else_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audience, "OUTBOX_FRAMES", 3)

    async def main() -> None:
        shows = ShowsThatHear()
        party = Party(shows, "Human")
        async with running(party), party.joined() as slow, party.joined() as quick:
            for _ in range(5):
                shows.cue('{"type":"full-text","text":"la"}')
                await asyncio.sleep(0.1)
                assert await quick.get()
            with pytest.raises(audience.OutboxClosed):
                await slow.get()

    run_virtual(main())


def test_the_end_of_playback_is_what_the_client_says_that_is_there_for_longest() -> None:
    async def main() -> None:
        async with serving(with_proxy()) as live, joined(live, 2) as (one, two):
            await one.send("text-input", text="hello")
            await one.until("backend-synth-complete")
            await two.until("backend-synth-complete")
            await two.send("frontend-playback-complete")
            assert CHAIN_END not in [*await settled(two), *await settled(one)]
            await one.send("frontend-playback-complete")
            await until_chain_end(one)

    asyncio.run(main())


def test_a_client_that_says_hello_is_told_where_to_say_it() -> None:
    async def main() -> None:
        async with serving(with_proxy()) as live, joined(live) as (client,):
            await client.send("client-hello", capabilities=["chat"])
            assert (await client.until("error"))[-1]["code"] == "wrong-state"

    asyncio.run(main())


class ShowsThatHear:
    """Shows that note what they are asked to perform, and send only what a test lets them."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._outbox = Outbox("proxy")

    def cue(self, text: str) -> None:
        self._outbox.relay(text)

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        del show
        if isinstance(command, Perform):
            self.heard.append(command.stimulus.text)
        return ()

    async def tell(self, show: str, command: ChatHappened) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def subscribe(
        self,
        show: str | None,
        client: str,
        identity: str = "",
        *,
        listens_only: bool = False,  # noqa: ARG002
    ) -> AsyncGenerator[Subscription]:
        assert (show, identity) == (None, proxy.IDENTITY)
        yield Subscription(client, self._outbox)


@asynccontextmanager
async def running(party: Party) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        party.task = group.create_task(party.run())
        yield
        party.end()


def test_a_chain_whose_end_is_never_seen_holds_the_next_line_up_for_two_minutes() -> None:  # fault 66
    async def main() -> None:
        shows = ShowsThatHear()
        party = Party(shows, "Human")
        async with running(party), party.joined() as outbox:
            for text in ("one", "two", "three"):
                party.take_in(TextInput(text=text), outbox)
            await asyncio.sleep(LONGEST_CHAIN - 1)
            assert shows.heard == ["one"]
            await asyncio.sleep(2)
            assert shows.heard == ["one", "two"]
            shows.cue(proxy.CHAIN_END)
            await asyncio.sleep(1)
            assert shows.heard == ["one", "two", "three"]

    run_virtual(main())


@asynccontextmanager
async def party_that_hears(ear: FakeEar) -> AsyncIterator[tuple[Party, Show, Groups]]:
    """Run a party in a show with an ear and a detector."""
    made: list[Show] = []

    def build(name: str) -> Show:
        made.append(
            fakes.show(
                FakeAdapter("One. ", "Two."), name=name, ears=Ears(ear, EnergyVAD(EnergyVAD.Options()))
            )
        )
        return made[-1]

    async with LocalShows(build, []) as shows, Groups(shows) as groups:
        party = Party(groups, "Human")
        async with running(party):
            await asyncio.sleep(0)
            yield party, made[0], groups


def waiting(outbox: Outbox) -> list[str]:
    """Return what a client would read next; a control is its text."""
    frames = [json.loads(frame.text) for frame in outbox._frames]
    return [frame["text"] if frame["type"] == "control" else frame["type"] for frame in frames]


def test_two_who_speak_at_once_are_heard_apart_and_who_has_left_is_forgotten() -> None:
    ear = FakeEar("Hello.")

    async def main() -> None:
        async with party_that_hears(ear) as (party, show, _):
            async with party.joined() as one, party.joined() as two:
                first, second = _Member(party, one), _Member(party, two)
                for _ in range(3):
                    await first.handle(MicAudioData(audio=(0.5,)))
                    await second.handle(MicAudioData(audio=(-0.5,)))
                await first.handle(MicAudioEnd())
                await second.handle(MicAudioEnd())
                await asyncio.sleep(60)
                assert waiting(one).count("user-input-transcription") == 2
                assert waiting(two).count("user-input-transcription") == 2
            assert show._ears._microphones == {}

    run_virtual(main())
    assert ear.heard == [pcm((0.5,) * 3), pcm((-0.5,) * 3)]


@pytest.mark.parametrize("in_group", [False, True])
def test_what_the_server_finds_is_told_to_the_one_who_speaks_and_cuts_the_turn_for_all(
    in_group: bool,
) -> None:
    loud, quiet = (0.5, -0.4) * 8_000, (0.0,) * 16_000

    async def main() -> None:
        async with (
            party_that_hears(FakeEar("Stop it.")) as (party, show, groups),
            groups.subscribe(None, "other"),
            party.joined() as one,
            party.joined() as two,
        ):
            if in_group:
                await groups.ask("other", AddToGroup("other", show.name))
            speaker = _Member(party, two)
            await _Member(party, one).handle(TextInput(text="hello"))
            await asyncio.sleep(0.5)
            await speaker.handle(RawAudioData(audio=loud))
            await speaker.handle(RawAudioData(audio=quiet))
            await asyncio.sleep(0)
            assert [text for text in waiting(two) if text in ("interrupt", "mic-audio-end")] == [
                "interrupt",
                "mic-audio-end",
            ]
            assert not {"interrupt", "mic-audio-end"} & set(waiting(one))
            for outbox in (one, two):
                seen = [each for each in waiting(outbox) if each not in ("interrupt", "mic-audio-end")]
                assert seen[-3:] == ["interrupt-signal", "force-new-message", "conversation-chain-end"]

    run_virtual(main())


def test_a_proxy_client_is_told_when_nothing_listens() -> None:
    async def main() -> list[str]:
        async with LocalShows(lambda name: fakes.show(name=name), []) as shows:
            party = Party(shows, "Human")
            async with running(party), party.joined() as one:
                answers = await _Member(party, one).handle(RawAudioData(audio=(0.5,)))
                return [answer.type for answer in answers]

    assert run_virtual(main()) == ["error"]
