"""Faces and gestures: how many claims are decided in a second, and how soon a command is a cue on the wire."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from itertools import cycle

from benchmarks.measure import Measured, milliseconds
from benchmarks.server import AUDIO, CHAIN_END, INSTANT, INSTANT_PROGRAM, Client, Server, serving
from open_llm_vtuber.live2d_model import (
    ExpressionManager,
    FaceClaim,
    GestureClaim,
    Live2dModel,
    MotionFile,
    MotionManager,
)
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.body import Body
from open_llm_vtuber.stimulus import ExpressionRequest, Priority
from open_llm_vtuber.units import Milliseconds, Seconds

WATCHING = 100
TALKING = 20
COMMANDS = 300
EVERY: Seconds = 0.02
DECISIONS = 20_000
OWNERS = 32
FACES = ("neutral", "joy", "anger", "sadness")
CUE = '{"type":"set-expression"'
ACK = '{"type":"expression-ack"'
SNAPSHOT = '{"type":"snapshot"'


def measure() -> Iterator[Measured]:
    """Measure the arbiters alone, then a body with an audience, then a whole server."""
    yield _decided("claims to the face decided", _claim_faces)
    yield _decided("claims to gestures decided", _claim_gestures)
    yield asyncio.run(_in_process())
    for talking in (0, TALKING):
        with serving(INSTANT, INSTANT_PROGRAM) as server:
            yield from asyncio.run(_over_sockets(server, talking))


def _decided(what: str, decide: Callable[[], None]) -> Measured:
    samples = []
    for _ in range(5):
        began = time.perf_counter()
        decide()
        samples.append(DECISIONS / (time.perf_counter() - began))
    note = "a full arbiter: each claim takes the place of another"
    return Measured(what=what, unit="1/s", samples=tuple(samples), note=note, more_is_better=True)


def _claim_faces() -> None:
    arbiter = ExpressionManager()
    for number in range(DECISIONS):
        claim = FaceClaim(
            id=str(number),
            owner=str(number % OWNERS),
            priority=number % 30,
            expression=0,
            ends_at=number + 100,
            fade=Milliseconds(250),
        )
        arbiter.claim(claim, number)


def _claim_gestures() -> None:
    arbiter = MotionManager()
    motion = MotionFile(group="Wave", index=0, length=20)
    for number in range(DECISIONS):
        claim = GestureClaim(id=str(number), owner=str(number), priority=number % 30, motion=motion)
        arbiter.claim(claim, number)


async def _in_process() -> Measured:
    """Take the time from a request to the last of the outboxes that hold its cue."""
    audience, samples = Audience(), []
    faces = [{"Name": name, "File": name} for name in FACES]
    avatar = Live2dModel.from_json({"name": "x", "url": "/x"}, {"FileReferences": {"Expressions": faces}})
    body = Body(avatar, audience)
    with ExitStack() as stack:
        for number in range(WATCHING):
            outbox = stack.enter_context(audience.attach(str(number)))
            outbox.capabilities = frozenset(("expression",))
        for number in range(COMMANDS):
            request = ExpressionRequest(expression=number % len(FACES), owner="desk", priority=Priority(10))
            began = time.perf_counter()
            body.express(request)
            samples.append(time.perf_counter() - began)
    return milliseconds(
        f"command → cue in {WATCHING} outboxes", samples, "in process: decided, encoded once, queued for all"
    )


async def _over_sockets(server: Server, talking: int) -> list[Measured]:
    """Command faces, and take the time until whoever asked, and until everybody, has the cue."""
    own: list[float] = []
    everybody: list[float] = []
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_watching(server)) for _ in range(WATCHING)]
        await stack.enter_async_context(_talking(server, talking))
        desk, faces = clients[0], cycle(FACES[1:])
        for _ in range(COMMANDS):
            await asyncio.sleep(EVERY)
            began = time.perf_counter()
            await desk.send("expression-command", expression_id=next(faces), fade_ms=0)
            await desk.until(CUE)
            own.append(time.perf_counter() - began)
            await asyncio.gather(*(client.until(CUE) for client in clients[1:]))
            everybody.append(time.perf_counter() - began)
            await desk.until(ACK)
    what = f"{WATCHING} watching, {talking} turns at once: command → "
    note = "client and server share the machine"
    return [
        milliseconds(what + "its own cue", own, note),
        milliseconds(what + "the cue at the last of all", everybody, note),
    ]


@asynccontextmanager
async def _watching(server: Server) -> AsyncIterator[Client]:
    async with Client.connect(server.ws("main")) as client:
        await client.send("client-hello", client="benchmark", capabilities=["expression"])
        await client.until(SNAPSHOT)
        yield client


@asynccontextmanager
async def _talking(server: Server, number: int) -> AsyncIterator[None]:
    """Let private shows have turn after turn."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Client.connect(server.ws())) for _ in range(number)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_talk(client)) for client in clients]
            yield
            for task in tasks:
                task.cancel()


async def _talk(client: Client) -> None:
    while True:
        await client.send("text-input", text="What game are we playing tonight?")
        await client.until(AUDIO)
        await asyncio.sleep(1.0)
        await client.send("interrupt-signal", text="")
        await client.until(CHAIN_END)
