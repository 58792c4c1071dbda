"""One connection: accept, greeting, answers in order, and the ways in which it ends."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import pytest

from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show.commands import (
    AnyCommand,
    ChatHappened,
    CreateHistory,
    Perform,
)
from open_llm_vtuber.shows import Shows, Subscription
from open_llm_vtuber.websocket_handler import serve_connection
from virtual_time import run_virtual
from wire.set_of_shows import MemorySocket, set_of_shows
from wire.tab import kinds


class Buggy:
    """Shows with a bug in one command; they keep the port."""

    def __init__(self, shows: Shows) -> None:
        self._shows = shows

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        if isinstance(command, CreateHistory | Perform):
            raise ZeroDivisionError("a secret of the house")
        return await self._shows.ask(show, command)

    async def tell(self, show: str, command: ChatHappened) -> None:
        await self._shows.tell(show, command)

    def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AbstractAsyncContextManager[Subscription]:
        return self._shows.subscribe(show, client, identity, listens_only=listens_only)


def test_a_bug_while_a_line_is_handled_ends_the_chain_that_its_client_waits_for() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, asyncio.TaskGroup() as group:
            end = MemorySocket()
            group.create_task(
                serve_connection(
                    end.websocket(), Buggy(shows.shows), show=None, human_name="Human", role="developer"
                )
            )
            await end.send('{"type":"text-input","text":"hello","request_id":"r"}')
            await asyncio.sleep(0.1)
            *_, error, control = end.waiting()
            assert (error["request_type"], error["request_id"]) == ("text-input", "r")
            assert control["text"] == "conversation-chain-end"
            await end.leave()

    run_virtual(main())


def test_a_bug_costs_one_message_and_not_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with set_of_shows() as shows, asyncio.TaskGroup() as group:
            end = MemorySocket()
            serving = serve_connection(
                end.websocket(), Buggy(shows.shows), show=None, human_name="Human", role="developer"
            )
            group.create_task(serving)
            await end.send('{"type":"create-new-history"}')
            await end.send('{"type":"heartbeat"}')
            await asyncio.sleep(0.1)
            *_, error, ack = end.waiting()
            assert (error["type"], error["code"], ack["type"]) == ("error", "internal", "heartbeat-ack")
            assert "secret" not in error["message"]
            await end.leave()

    run_virtual(main())
    assert "a secret of the house" in caplog.text


def test_the_greeting_comes_first_and_answers_in_the_order_of_the_requests() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.connected() as end:
            asked = ["heartbeat", "fetch-configs", "heartbeat", "fetch-backgrounds", "request-init-config"]
            for number, kind in enumerate(asked):
                await end.send(json.dumps({"type": kind, "request_id": f"r{number}"}))
            await asyncio.sleep(0.1)
            seen = end.waiting()
            assert kinds(seen)[:4] == ["group-update", "full-text", "set-model-and-conf", "group-update"]
            assert [(each["type"], each.get("request_id")) for each in seen[4:]] == [
                ("heartbeat-ack", "r0"),
                ("config-files", "r1"),
                ("heartbeat-ack", "r2"),
                ("background-files", "r3"),
                ("set-model-and-conf", None),
            ]

    run_virtual(main())


def test_each_connection_has_a_uid_of_its_own() -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            uids = set()
            for _ in range(3):
                async with shows.connected("main") as end:
                    await asyncio.sleep(0.1)
                    uids.add(end.waiting()[2]["client_uid"])
            assert len(uids) == 3

    run_virtual(main())


def test_an_unknown_show_closes_with_4404_and_says_why() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.connected("nowhere") as end:
            assert await end.closed() == 4404

    run_virtual(main())


def test_when_a_show_ends_its_clients_are_closed_with_1013() -> None:
    async def main() -> None:
        end = MemorySocket()
        async with asyncio.TaskGroup() as group:
            async with set_of_shows() as shows:
                group.create_task(
                    serve_connection(
                        end.websocket(), shows.shows, show="main", human_name="Human", role="developer"
                    )
                )
                await asyncio.sleep(0.1)
            assert await end.closed() == 1013

    run_virtual(main())


def test_a_client_that_leaves_takes_nothing_along() -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            await asyncio.sleep(0.1)
            before = asyncio.all_tasks()
            async with shows.connected() as end, shows.connected("main") as other:
                await end.send('{"type":"text-input","text":"hello"}')
                await other.send('{"type":"text-input","text":"hello"}')
                await asyncio.sleep(0.3)
            await asyncio.sleep(60)
            assert asyncio.all_tasks() <= before

    run_virtual(main())
