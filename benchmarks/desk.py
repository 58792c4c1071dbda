"""What chat costs once a line is read: moderation, selection, the guard; and whether a whole day of it leaves anything."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from benchmarks.chat import _messages, _recording
from benchmarks.measure import Measured
from open_llm_vtuber.chat.commands import Commands
from open_llm_vtuber.chat.moderation import Moderation
from open_llm_vtuber.chat.permissions import Role
from open_llm_vtuber.chat.selection import Selection
from open_llm_vtuber.settings.chat import CommandRules, ModerationSettings
from open_llm_vtuber.show.chat_desk import ChatDesk
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.stimulus import ChatMessage

ROUNDS = 7
WARM_UP = 1
MESSAGES_A_SECOND = 20
TURN_S = 6
DAY_S = 24 * 3_600
PACE = 100
"""The day is played at one message for so many that it would have."""


def measure() -> Iterator[Measured]:
    """Measure rates, the time of one message, and memory."""
    messages = _messages(_recording().read_text(encoding="utf-8").splitlines())
    note = f"{len(messages)} recorded lines a round, one core"
    moderation = Moderation(ModerationSettings())
    yield _rate(
        "moderation",
        messages,
        lambda message, now: moderation.verdict(message, Role.EVERYONE, now),
        note,
    )
    selection = Selection(["Mika"])
    yield _rate(
        "selection (20 lines a second of stream time)",
        messages,
        selection.offer,
        note,
    )
    desk = _desk()
    yield _rate(
        "the whole desk: commands, moderation, selection, cue",
        messages,
        desk.take_in,
        note,
    )
    yield _each_one(messages)
    guard = Guard()
    yield _rate("guard, a sentence each", messages, lambda message, _: guard.objection(message.text), note)
    yield from _a_day(messages)


def _desk() -> ChatDesk:
    return ChatDesk(
        Selection(["Mika"]),
        lambda _: None,
        moderation=Moderation(ModerationSettings()),
        commands=Commands(CommandRules()),
    )


def _rate(
    what: str, messages: Sequence[ChatMessage], work: Callable[[ChatMessage, float], object], note: str
) -> Measured:
    rates: list[float] = []
    now = 0.0
    for turn in range(WARM_UP + ROUNDS):
        fresh = [replace(each, id=f"{turn}-{number}") for number, each in enumerate(messages)]
        began = time.perf_counter()
        for message in fresh:
            now += 1 / MESSAGES_A_SECOND
            work(message, now)
        rates.append(len(fresh) / (time.perf_counter() - began))
    return Measured(what=what, unit="lines/s", samples=tuple(rates[WARM_UP:]), note=note, more_is_better=True)


def _each_one(messages: Sequence[ChatMessage]) -> Measured:
    desk, took = _desk(), list[float]()
    for number, each in enumerate(messages):
        message = replace(each, id=str(number))
        began = time.perf_counter()
        desk.take_in(message, number / 500)
        took.append((time.perf_counter() - began) * 1_000)
    return Measured(
        what="one line through the desk at 500 lines a second", unit="ms", samples=tuple(took), note="see p99"
    )


def _a_day(messages: Sequence[ChatMessage]) -> Iterator[Measured]:
    """Let a day of chat go by, with an answer every few seconds."""
    desk, number, now = _desk(), 0, 0.0
    sizes: list[float] = []
    gc.collect()
    tracemalloc.start()
    for end in (DAY_S // 24, DAY_S // 2, DAY_S):
        next_turn = now
        while now < end:
            message = replace(
                messages[number % len(messages)], id=f"d{number}", username=f"v{number % 20_000}"
            )
            desk.take_in(message, now)
            number += 1
            now += PACE / MESSAGES_A_SECOND
            if now >= next_turn:
                desk.next_line(now)
                next_turn = now + TURN_S
        gc.collect()
        sizes.append(tracemalloc.get_traced_memory()[0] / 1_000_000)
    tracemalloc.stop()
    for what, size in zip(("an hour", "half a day", "a day"), sizes, strict=True):
        yield Measured(
            what=f"held by the desk after {what}", unit="MB", samples=(size,), note=f"{number} lines in all"
        )
