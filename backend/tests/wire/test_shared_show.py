"""Clients on main share a show; clients without a name are alone in theirs."""

import asyncio
from typing import Any

import pytest
import websockets

from live_server import Client, serving
from virtual_time import run_virtual
from wire.existing_client import length_of
from wire.set_of_shows import set_of_shows
from wire.tab import browser_tab, kinds
from wire.test_text_turn import saying

ALL = ["expression", "motion", "chat", "state", "interrupted"]


async def hello(client: Client, *capabilities: str) -> list[dict[str, Any]]:
    """Say hello; return welcome and snapshot."""
    await client.send("client-hello", client="test", capabilities=capabilities, request_id="h")
    return (await client.until("snapshot"))[-2:]


async def whole_turn(client: Client) -> list[dict[str, Any]]:
    return await client.until("control", text="conversation-chain-end")


def test_a_second_client_sees_what_was_asked_and_every_cue_once() -> None:
    async def main() -> None:
        async with (
            serving(saying("Yes.")) as server,
            browser_tab(server.ws("main")) as typing,
            browser_tab(server.ws("main")) as other,
        ):
            before = len(other.frames)
            await typing.type_text("hello")
            await typing.until_turns(1)
            await other.until_turns(1)
            seen = other.frames[before:]
            asked = [frame for frame in seen if frame["type"] == "user-input-transcription"]
            assert asked == [{"type": "user-input-transcription", "text": "hello"}]
            rest = [frame for frame in seen if frame not in asked]
            assert rest == typing.frames[before:]
            assert other.client.bubbles == typing.client.bubbles

    asyncio.run(main())


def test_a_client_that_said_hello_gets_numbers_on_its_cues_and_an_existing_one_none() -> None:
    async def main() -> None:
        async with (
            serving(saying("[joy] One. Two.")) as server,
            browser_tab(server.ws("main")) as existing,
            Client.connect(server.ws("main")) as modern,
        ):
            welcome, snapshot = await hello(modern, *ALL)
            assert welcome["show"] == "main"
            assert (welcome["type"], welcome["request_id"], welcome["protocol"]) == ("client-welcome", "h", 1)
            await existing.type_text("hello")
            cues = await whole_turn(modern)
            numbers = [cue["seq"] for cue in cues]
            assert numbers == list(range(snapshot["seq"] + 1, snapshot["seq"] + 1 + len(cues)))
            turn = [
                cue for cue in cues if cue["type"] not in ("character-state", "set-expression", "claim-ended")
            ]
            assert len({cue["turn_id"] for cue in turn}) == 1
            audio = [cue for cue in turn if cue["type"] == "audio"]
            assert [cue["index"] for cue in audio] == [0, 1]
            assert not any("index" in cue for cue in turn if cue["type"] != "audio")
            await existing.until_turns(1)
            plain = [{k: v for k, v in cue.items() if k not in ("seq", "turn_id", "index")} for cue in audio]
            assert plain == [frame for frame in existing.frames if frame["type"] == "audio"]
            assert not any({"seq", "turn_id", "index"} & set(frame) for frame in existing.frames)

    asyncio.run(main())


def test_cues_behind_a_capability_go_to_those_who_have_it() -> None:
    async def main() -> None:
        async with (
            serving(saying("Yes.")) as server,
            Client.connect(server.ws("main")) as modern,
            Client.connect(server.ws("main")) as modest,
            browser_tab(server.ws("main")) as existing,
        ):
            await hello(modern, *ALL)
            await hello(modest)
            await existing.type_text("hello")
            behind = {"character-state", "set-expression", "claim-ended"}
            assert behind <= set(kinds(await whole_turn(modern)))
            assert not behind & set(kinds(await whole_turn(modest)))
            await existing.until_turns(1)
            assert not behind & set(kinds(existing.frames))

    asyncio.run(main())


def test_a_hello_in_mid_turn_counts_from_the_next_cue_on() -> None:
    async def main() -> None:
        async with (
            serving(saying("One. Two. Three. Four.")) as server,
            browser_tab(server.ws("main")) as existing,
            Client.connect(server.ws("main")) as late,
        ):
            await existing.type_text("hello")
            before = await late.until("audio")
            assert "seq" not in before[-1]
            _, snapshot = await hello(late)
            assert snapshot["turn"]
            assert snapshot["state"]["speaking"]
            cues = await whole_turn(late)
            assert [cue["seq"] for cue in cues] == [snapshot["seq"] + 1 + n for n in range(len(cues))]
            assert {cue["turn_id"] for cue in cues} == {snapshot["turn"]}

    asyncio.run(main())


def test_a_snapshot_tells_all_that_a_client_may_have_missed() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab("main") as tab:
            await shows.chat("Hello Mika!")
            await tab.until_turns(1)
            await tab.send("get-snapshot", request_id="s")
            await tab.until_came("snapshot")
            snapshot = tab.frames[-1]
            assert snapshot["request_id"] == "s"
            assert snapshot["turn"] is None
            assert snapshot["expression"] == {"expression_id": 0, "name": "neutral"}
            (line,) = snapshot["chat"]
            assert (line["message"], line["decision"]["outcome"]) == ("Hello Mika!", "answered")
            state = snapshot["state"]
            assert (state["primary"], state["speaking"], state["queue"]) == (tab.client.uid, False, 0)

    run_virtual(main())


def test_an_unknown_show_closes_with_4404_and_nobody_else_notices() -> None:
    async def main() -> None:
        async with serving(saying("Yes.")) as server, browser_tab(server.ws("main")) as tab:
            async with websockets.connect(server.ws("nowhere")) as lost:
                with pytest.raises(websockets.ConnectionClosed):
                    await lost.recv()
                assert lost.close_code == 4404
                assert lost.close_reason
            await tab.type_text("hello")
            await tab.until_turns(1)

    asyncio.run(main())


def test_private_shows_do_not_hear_each_other_nor_main() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as one, shows.tab() as two, shows.tab("main") as air:
            await one.type_text("my secret")
            await one.until_turns(1)
            await two.type_text("and mine")
            await two.until_turns(1)
            assert "secret" not in str(two.frames)
            assert "my secret" not in str(shows.llm.prompts[-1])
            assert kinds(air.frames)[-1] == "new-history-created"
            assert two.client.bubbles[0] == ("human", "and mine")

    run_virtual(main())


def test_two_private_turns_run_at_the_same_time() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab() as one, shows.tab() as two:
            await one.type_text("hello")
            await two.type_text("hello")
            await one.until_turns(1)
            await two.until_turns(1)
            assert abs(one.came[-1][0] - two.came[-1][0]) < 0.2

    run_virtual(main())


def test_only_the_primary_client_ends_a_turn() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab("main") as first, shows.tab("main") as second:
            await second.type_text("hello")
            await second.until_came("backend-synth-complete")
            for _ in range(10):
                await second.send("frontend-playback-complete")
                await asyncio.sleep(0.05)
            assert second.count("control", text="conversation-chain-end") == 0
            await first.until_turns(1)
            assert len(first.client.played) == 2

    run_virtual(main())


def test_when_the_primary_leaves_in_mid_turn_another_takes_over() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.connected("main") as first, shows.tab("main") as second:
            await second.type_text("hello")
            await second.until_came("backend-synth-complete")
            await first.leave()
            await asyncio.wait([first.served])
            sounds = sum(length_of(frame) for frame in second.frames if frame["type"] == "audio")
            began = next(at for at, frame in second.came if frame["type"] == "audio")
            await second.until_turns(1)
            assert second.came[-1][0] - began < sounds + 0.1, "the second one's report counts"

    run_virtual(main())


def test_joining_main_does_not_cut_a_running_turn() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab("main") as tab:
            await tab.type_text("hello")
            await tab.until_came("audio")
            async with shows.tab("main"):
                await tab.until_turns(1)
            assert tab.count("interrupt-signal") == 0
            assert len(tab.client.played) == 2

    run_virtual(main())


def test_a_private_show_ends_with_its_connection_also_when_the_name_is_empty() -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            async with shows.tab(""):
                pass
            async with shows.tab(None):
                pass
            running = {task.get_name() for task in asyncio.all_tasks()}
            assert [name for name in running if name.startswith("show ")] == ["show main"]

    run_virtual(main())


def test_main_still_answers_after_a_thousand_private_visitors() -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "Yes.") as shows, shows.tab("main") as air:
            await air.type_text("hello")
            await air.until_turns(1)
            for number in range(1_001):
                await shows.store.create_history(f"visitor {number}")
            await air.type_text("are you still there?")
            await air.until_turns(2)
            assert air.client.bubbles[-1] == ("ai", "Yes. ")
            assert air.client.toasts == []

    run_virtual(main())
