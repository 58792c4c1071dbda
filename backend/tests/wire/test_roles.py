"""Every role at every address and with every message, over real sockets."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import websockets

from live_server import SCRIPTED, Client, Serving, serving
from open_llm_vtuber.config import Settings
from open_llm_vtuber.protocol.envelope import AccessRole, Request
from open_llm_vtuber.rights import ADDRESSES, MESSAGES, PAGES, ROLES, may
from wire.test_golden import SENT

TOKEN = "the-owners-own-token"
NOBODY = "nobody"
WHO = (NOBODY, *ROLES)
ENDS = {"stop", "text-generation-request", "twitch-connect", "switch-config"}
"""Messages that are not tried where they are allowed: what they do is tested elsewhere, and takes its time."""
SECRET_OF_OPERATORS = ("waiting", "held", "providers", "spend", "twitch", "autonomous", "reacting_to")


@dataclass(frozen=True)
class House:
    """A server that asks for a token, and a token for each role."""

    server: Serving
    http: httpx2.AsyncClient
    tokens: dict[str, str]

    def headers(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[who]}"} if who != NOBODY else {}

    def ws(self, path: str, who: str) -> str:
        url = f"ws://127.0.0.1:{self.server.port}{path}"
        mark = "&" if "?" in path else "?"
        return url if who == NOBODY else f"{url}{mark}token={self.tokens[who]}"

    async def link(self, role: str) -> dict[str, Any]:
        answer = await self.http.post(
            "/api/links", json={"name": f"a {role}", "role": role}, headers=self.headers("developer")
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@asynccontextmanager
async def house(**system: Any) -> AsyncIterator[House]:
    settings = Settings.model_validate(
        {
            "character_config": SCRIPTED,
            "system_config": {"access_token": TOKEN, "enable_proxy": True, **system},
        }
    )
    async with serving(settings) as server, httpx2.AsyncClient(base_url=server.http) as http:
        built = House(server, http, {"developer": TOKEN})
        for role in ("stage", "operator"):
            built.tokens[role] = (await built.link(role))["address"].partition("token=")[2]
        yield built


def is_let_in(who: str, needed: AccessRole | None) -> bool:
    return needed is None or (who != NOBODY and may(who, needed))  # type: ignore[arg-type]  # who is a role then


async def opens(url: str) -> bool:
    try:
        async with websockets.connect(url, proxy=None):
            return True
    except websockets.InvalidStatus as refused:
        return refused.response.status_code != 403


async def close_code(client: Client) -> int | None:
    """Read to the end and return the code that it was closed with."""
    try:
        while True:
            await client.receive(5)
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


@pytest.mark.parametrize("who", WHO)
def test_each_address_lets_in_whom_the_table_says_and_tells_others_why(who: str) -> None:
    async def main() -> None:
        async with house() as at:
            for address, needed in ADDRESSES.items():
                method, _, path = address.partition(" ")
                path = re.sub(r"\{\w+\}|\*", "x", path)
                if method == "WS":
                    joins = path.replace("?show", "?show=main")
                    assert await opens(at.ws(joins, who)) is is_let_in(who, needed), address
                    continue
                answer = await at.http.request(method, path, headers=at.headers(who))
                if is_let_in(who, needed):
                    is_refused = answer.status_code in (401, 403) and "json" in answer.headers["content-type"]
                    assert not is_refused, address
                elif path in PAGES:
                    assert answer.status_code == 303, address
                    assert answer.headers["location"].startswith("/sign-in?next=%2F"), address
                else:
                    code = "not-signed-in" if who == NOBODY else "forbidden"
                    assert (answer.status_code, answer.json()["code"]) == (
                        401 if who == NOBODY else 403,
                        code,
                    ), address

    asyncio.run(main())


@pytest.mark.parametrize("role", ROLES)
def test_each_message_is_taken_from_whom_the_table_says_and_refused_to_others(role: AccessRole) -> None:
    frames: dict[type, Any] = {type(message): json.loads(frame) for frame, message in SENT}

    async def refuses(client: Client, message: type[Request]) -> bool:
        """Return whether it was forbidden. A heartbeat behind it is answered after it."""
        frame = {name: each for name, each in frames[message].items() if name != "requestId"}
        await client.connection.send(json.dumps({**frame, "request_id": "tried"}))
        await client.send("heartbeat", request_id="behind")
        told = await client.until("heartbeat-ack", request_id="behind")
        return any(each.get("code") == "forbidden" and each["request_id"] == "tried" for each in told)

    async def main() -> None:
        async with house() as at:
            for message, needed in MESSAGES.items():
                is_allowed = may(role, needed)
                if is_allowed and frames[message]["type"] in ENDS:
                    continue
                async with Client.connect(at.ws("/client-ws?show=main", role)) as client:
                    assert await refuses(client, message) is not is_allowed, message.__name__

    asyncio.run(main())


@pytest.mark.parametrize("role", ROLES)
def test_the_welcome_tells_the_role_and_a_stage_is_shown_what_the_audience_may_notice(
    role: AccessRole,
) -> None:
    async def main() -> None:
        async with house() as at, Client.connect(at.ws("/client-ws?show=main", role)) as client:
            await client.send("client-hello", capabilities=["state", "primary"])
            *_, welcome = await client.until("client-welcome")
            *_, snapshot = await client.until("snapshot")
            assert welcome["role"] == role
            await at.http.post("/api/say", json={"text": "Hello."}, headers=at.headers("developer"))
            *_, pushed = await client.until("character-state")
            await client.send("get-character-state", request_id="r")
            *_, answered = await client.until("character-state", request_id="r")
            rest = (await at.http.get("/api/state", headers=at.headers(role))).json()
            for state in (snapshot["state"], pushed, answered, rest):
                assert state["primary"] is not None
                told = [name for name in SECRET_OF_OPERATORS if state.get(name)]
                assert told == [] if role == "stage" else "providers" in told

    asyncio.run(main())


def test_a_private_show_is_not_had_by_a_stage_under_any_spelling() -> None:
    async def main() -> None:
        async with house() as at:
            for query in ("", "?show=", "?Show=main", "?show=main&show=", "?a=show", "?show"):
                assert not await opens(at.ws(f"/client-ws{query}", "stage")), query
            for path in ("/proxy-ws?show=main", "/client-ws%3Fshow", "/client-ws/?show=main"):
                assert not await opens(at.ws(path, "stage")), path

    asyncio.run(main())


def test_through_the_proxy_each_client_has_its_own_rights() -> None:
    async def main() -> None:
        async with (
            house() as at,
            Client.connect(at.ws("/proxy-ws", "developer")) as owner,
            Client.connect(at.ws("/proxy-ws", "operator")) as other,
        ):
            for client, code in ((owner, "not-configured"), (other, "forbidden")):
                await client.send("twitch-login", request_id="r")
                *_, told = await client.until("error", request_id="r")
                assert told["code"] == code

    asyncio.run(main())


def test_a_revoked_link_is_closed_at_once_and_opens_nothing_any_more() -> None:
    async def main() -> None:
        async with house() as at:
            made = await at.link("operator")
            at.tokens["mod"] = made["address"].partition("token=")[2]
            async with (
                Client.connect(at.ws("/client-ws?show=main", "mod")) as leaving,
                Client.connect(at.ws("/tts-ws", "mod")) as speaking,
                Client.connect(at.ws("/client-ws", "mod")) as private,
                Client.connect(at.ws("/client-ws?show=main", "operator")) as staying,
            ):
                listed = (await at.http.get("/api/links", headers=at.headers("developer"))).json()["links"]
                assert next(each for each in listed if each["id"] == made["id"])["open"] == 3
                answer = await at.http.delete(f"/api/links/{made['id']}", headers=at.headers("developer"))
                assert made["id"] not in answer.text
                for client in (leaving, speaking, private):
                    assert await close_code(client) == 4401
                await staying.send("heartbeat")
                await staying.until("heartbeat-ack")
            assert not await opens(at.ws("/client-ws?show=main", "mod"))
            refused = await at.http.post("/api/stop", headers=at.headers("mod"))
            assert (refused.status_code, refused.json()["code"]) == (401, "not-signed-in")

    asyncio.run(main())


def test_who_does_not_answer_the_close_of_a_revoked_link_is_heard_no_more() -> None:
    async def main() -> None:
        async with house() as at:
            made = await at.link("operator")
            at.tokens["mod"] = made["address"].partition("token=")[2]
            reader, writer = await asyncio.open_connection("127.0.0.1", at.server.port)
            path = at.ws("/client-ws?show=main", "mod").partition(f":{at.server.port}")[2]
            writer.write(
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            await at.http.delete(f"/api/links/{made['id']}", headers=at.headers("developer"))
            stop = b'{"type":"stop"}'
            writer.write(
                bytes([0x81, 0x80 | len(stop), 0, 0, 0, 0]) + stop
            )  # a text frame, masked with zeros
            await writer.drain()
            state = (await at.http.get("/api/state", headers=at.headers("developer"))).json()
            assert not state["is_stopped"]
            writer.close()

    asyncio.run(main())
