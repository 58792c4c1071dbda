"""From a typed line to the first sound: the backend's own share of it, and the whole with the engines that come along."""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.instant import FIRST_SENTENCE, REPLY, instant_character, instant_engines, sound_of
from benchmarks.measure import Measured, milliseconds, skipped
from benchmarks.server import AUDIO, CHAIN_END, EMBEDDED, INSTANT, INSTANT_PROGRAM, Client, Server, serving
from open_llm_vtuber import app, config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.codec import decode, encode
from open_llm_vtuber.protocol.parts import Actions, DisplayText
from open_llm_vtuber.show.commands import Interrupt, Perform
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.show.sentences import SentenceSplitter
from open_llm_vtuber.show.speech import SLICE, speech
from open_llm_vtuber.stimulus import Stimulus
from open_llm_vtuber.tts.pcm import RATE

WARM_UP = 60
"""Turns. After 50 the character's memory is as long as it gets."""
TURNS = 400
EMBEDDED_TURNS = 12
QUESTIONS = (
    "What game are we playing tonight?",
    "You just died to the tutorial boss, how does that feel?",
    "I adopted a kitten today!",
    "What is your favorite food?",
)


def measure() -> Iterator[Measured]:
    """Measure every way in."""
    yield milliseconds("core, in process", asyncio.run(_in_process()), "ask → first audio in the outbox")
    with serving(INSTANT, INSTANT_PROGRAM) as server:
        begun, ended = asyncio.run(_over_websocket(server, warm_up=WARM_UP, turns=TURNS))
    yield milliseconds(
        "WebSocket, instant engines", begun, "text-input → first audio frame, server in its own process"
    )
    yield milliseconds("WebSocket, cut short", ended, "interrupt-signal → end of the chain")
    yield from _parts()
    yield _embedded()


def _embedded() -> Measured:
    what = "WebSocket, embedded engines"
    with serving(EMBEDDED) as server:
        if reason := server.lacks(llm="embedded_llm", tts="embedded_tts"):
            return skipped(what, reason)
        begun, _ = asyncio.run(_over_websocket(server, warm_up=2, turns=EMBEDDED_TURNS))
    return milliseconds(what, begun, "one conversation, each reply interrupted at its first sound")


async def _in_process() -> list[float]:
    settings = Settings.model_validate({"character_config": instant_character()})
    samples: list[float] = []
    with instant_engines(), TemporaryDirectory() as folder:
        async with (
            app.on_air(config.without_traces(settings, Path(folder)), print) as parts,
            parts.shows.subscribe(None, "bench") as place,
        ):
            for _ in range(WARM_UP + TURNS):
                began = time.perf_counter()
                line = Stimulus(text=QUESTIONS[0], source="typed", author="Human", client="bench")
                await parts.shows.ask(place.show, Perform(line))
                while not (await place.outbox.get()).startswith(AUDIO):
                    pass
                samples.append(time.perf_counter() - began)
                await parts.shows.ask(place.show, Interrupt("bench", None))
                while not (await place.outbox.get()).startswith(CHAIN_END):
                    pass
    return samples[WARM_UP:]


async def _over_websocket(server: Server, *, warm_up: int, turns: int) -> tuple[list[float], list[float]]:
    """Return the times to the first sound, and those from its interruption to the end of the chain."""
    begun: list[float] = []
    ended: list[float] = []
    async with Client.connect(server.ws()) as client:
        for turn in range(warm_up + turns):
            began = time.perf_counter()
            await client.send("text-input", text=QUESTIONS[turn % len(QUESTIONS)])
            await client.until(AUDIO)
            begun.append(time.perf_counter() - began)
            cut = time.perf_counter()
            await client.send("interrupt-signal", text="")
            await client.until(CHAIN_END)
            ended.append(time.perf_counter() - cut)
    return begun[warm_up:], ended[warm_up:]


def _parts() -> Iterator[Measured]:
    """Measure the parts of the core's share that work on more than a handful of bytes."""
    pcm = sound_of(FIRST_SENTENCE)
    length = f"{len(FIRST_SENTENCE)} characters, {len(pcm) / 2 / RATE:.1f} s of sound"
    said = speech(pcm, RATE)
    message = Audio(
        audio=said.wav_base64,
        volumes=said.volumes,
        slice_length=SLICE,
        display_text=DisplayText(text=FIRST_SENTENCE, name="Mika", avatar=""),
        actions=Actions(expressions=(1,)),
    )
    yield _timed("· of it: cut the whole reply into sentences", _cut, f"{len(REPLY)} characters")
    yield _timed("· of it: guard the first clause", partial(Guard().objection, FIRST_SENTENCE))
    yield _timed("· of it: samples → WAV, base64, volumes", partial(speech, pcm, RATE), length)
    yield _timed("· of it: encode the audio cue", partial(encode, message), f"{len(encode(message)):,} bytes")
    line = '{"type":"text-input","text":"What game are we playing tonight?"}'
    yield _timed("· of it: decode the typed line", partial(decode, line))


def _cut() -> None:
    splitter = SentenceSplitter(("joy", "surprise", "smirk"))
    for piece in REPLY.split(" "):
        splitter.feed(piece + " ")
    splitter.finish()


def _timed(what: str, work: Callable[[], object], note: str = "", *, times: int = 300) -> Measured:
    samples: list[float] = []
    for _ in range(times + 30):
        began = time.perf_counter()
        work()
        samples.append(time.perf_counter() - began)
    return milliseconds(what, samples[30:], note)
