"""`make eval`: what a language model answers to real chat lines, scored by rules, compared with a baseline.

The lines come from the folder that OLV_TEST_DATA names and stay there: neither they nor the replies are written down.
"""

import argparse
import asyncio
import json
import os
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.reply_rules import Reply, scores
from open_llm_vtuber import config
from open_llm_vtuber.agent.agents.basic_memory_agent import BasicMemoryAgent
from open_llm_vtuber.bookkeeping import Bookkeeping
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.llm.external import Hooks, budget_of, external_model
from open_llm_vtuber.ports import LanguageModel
from open_llm_vtuber.rehearsals.rehearsal import recorded
from open_llm_vtuber.show.guard import Guard
from open_llm_vtuber.stimulus import CHAT, ChatMessage, PromptMessage, Stimulus, TextOptions
from open_llm_vtuber.storage.memory_store import MemoryStore

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / "benchmarks" / "eval_baseline.json"
LINES = 200
SEED = 20_261_124
EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "smirk", "surprise")
PERSONAS: Mapping[str, str] = {
    "Mika": config.PERSONA,
    "Captain Rook": (
        "You are Captain Rook, a grumpy old sea captain who streams from his ship and secretly loves his crew of viewers. "
        "You are live. Answer in one or two short, salty sentences."
    ),
}
WORSE = 0.03
"""A rule that falls by more than this below its baseline is shown in red; below it is the noise of sampling."""
JUDGE = (
    "You rate replies of a streamer's character to chat. Persona: {persona}\nChat line: {line}\nReply: {text}\n"
    "How well does the reply fit the line and the persona? Answer with one digit from 1 (not at all) to 5 (very well)."
)
_COMMANDS = re.compile(r"\A\W{0,2}[?!$+\-/](?=\w)")
_PLAIN = re.compile(r"(?<!\S)[A-Za-z]?[a-z']+(?=[.,!?]*(?:\s|\Z))")
"""A word as people write it; emotes have capitals inside, names have figures."""


def chat_lines(folder: Path, count: int) -> list[ChatMessage]:
    """Return so many lines that one can answer, always the same ones: no commands, no bots, three words at least."""
    found: dict[str, ChatMessage] = {}
    for each in recorded(folder / "chat_2022.irc"):
        event = each.event
        if not isinstance(event, ChatMessage) or event.is_action or _COMMANDS.match(event.text):
            continue
        if len(set(_PLAIN.findall(event.text))) >= 3:
            found.setdefault(event.text.lower(), event)
    lines = list(found.values())
    return random.Random(SEED).sample(lines, min(count, len(lines)))


@asynccontextmanager
async def language_model(options: argparse.Namespace) -> AsyncIterator[tuple[str, LanguageModel]]:
    """Start the model that the command line names."""
    settings = config.load(options.config)
    if options.external:
        if settings.external_api is None:
            sys.exit("The configuration has no section external_api.")
        external = settings.external_api
        async with (
            Bookkeeping(budget_of(settings.budget), MemoryStore()) as books,
            external_model(external, books, Hooks(on_change=print)) as model,
        ):
            yield f"{external.provider} {external.model}", model
            print(books.shown().model_dump_json())
        return
    name, engine_options = settings.character_config.agent_config.language_model()
    if options.llm:
        name, engine_options = options.llm, {}
    async with LLM_ENGINES.build(name, engine_options) as model:
        yield f"{name} {model.abilities.model}".strip(), model


async def evaluate(llm: LanguageModel, options: argparse.Namespace) -> dict[str, float]:
    """Let each persona answer each line, and return the mean of every rule."""
    lines = chat_lines(options.data, options.lines)
    results: list[dict[str, float]] = []
    guard = Guard()
    for name, persona in PERSONAS.items():
        agent = BasicMemoryAgent(llm, persona, EMOTIONS)
        earlier: list[Reply] = []
        for message in lines:
            began = time.monotonic()
            text = await _reply(agent, message)
            result = scores(
                Reply(line=message.text, author=message.display_name, text=text), earlier, EMOTIONS, guard
            )
            result["seconds"] = time.monotonic() - began
            if options.judge:
                result["judged"] = await _judged(llm, persona, message.text, text)
            earlier.append(Reply(line=message.text, author=message.display_name, text=text))
            results.append(result)
            if options.show:
                print(f"{name} | {message.text[:80]!r} → {text}  {_broken(result)}")
    return {rule: fmean(result[rule] for result in results) for rule in results[0]}


async def _reply(agent: BasicMemoryAgent, message: ChatMessage) -> str:
    """Return what the agent answers; nothing where its model fails. It remembers, as it does on air."""
    stimulus = Stimulus(
        text=message.text,
        source="chat",
        author=message.display_name,
        username=message.username,
        message_id=message.id,
        priority=CHAT,
    )
    said = ""
    try:
        async with aclosing(agent.chat(stimulus)) as pieces:
            async for piece in pieces:
                said += piece if isinstance(piece, str) else ""
    except EngineError as error:
        print(f"no reply: {error}", file=sys.stderr)
    agent.remember(stimulus, said)
    return said.strip()


async def _judged(llm: LanguageModel, persona: str, line: str, text: str) -> float:
    """Return what the model thinks of a reply, from 0 to 1; its own are judged by itself, so compare like with like."""
    asked = JUDGE.format(persona=persona, line=line, text=text)
    said = ""
    async with aclosing(
        llm.stream([PromptMessage(role="user", content=asked)], TextOptions(max_tokens=8))
    ) as pieces:
        async for piece in pieces:
            said += piece if isinstance(piece, str) else ""
    digit = re.search(r"[1-5]", said)
    return (int(digit[0]) - 1) / 4 if digit else 0.0


def _broken(result: Mapping[str, float]) -> str:
    return ", ".join(rule for rule, score in result.items() if score == 0)


def shown(model: str, means: Mapping[str, float], before: Mapping[str, float]) -> Table:
    """Return the means beside those of the baseline."""
    table = Table(title=model, title_justify="left")
    for heading in ("rule", "now", "baseline"):
        table.add_column(heading)
    for rule, mean in means.items():
        was = before.get(rule)
        is_worse = rule != "seconds" and was is not None and mean < was - WORSE
        figure = f"{mean:.2f} s" if rule == "seconds" else f"{mean:.0%}"
        known = "" if was is None else (f"{was:.2f} s" if rule == "seconds" else f"{was:.0%}")
        table.add_row(rule, f"[red]{figure}[/]" if is_worse else figure, known)
    return table


def total(means: Mapping[str, float]) -> float:
    """Return the mean of all rules."""
    return fmean(mean for rule, mean in means.items() if rule not in ("seconds", "judged"))


async def run(options: argparse.Namespace) -> None:
    """Evaluate, show, and keep where that is asked for."""
    known: dict[str, Any] = json.loads(BASELINE.read_text("utf-8")) if BASELINE.is_file() else {}
    async with language_model(options) as (name, llm):
        means = await evaluate(llm, options)
    means = {**means, "all": total(means)}
    Console(highlight=False).print(shown(name, means, known.get(name, {})))
    if options.keep:
        known[name] = {rule: round(mean, 4) for rule, mean in means.items()}
        BASELINE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and evaluate."""
    parser = argparse.ArgumentParser(prog="make eval ARGS=…", description=__doc__)
    parser.add_argument(
        "--config", type=Path, help="whose language model is asked; default: conf.yaml, else the embedded one"
    )
    parser.add_argument("--external", action="store_true", help="ask its external_api instead")
    parser.add_argument("--llm", help="ask the engine of this name, without options")
    parser.add_argument("--lines", type=int, default=LINES, help=f"default: {LINES}")
    parser.add_argument("--judge", action="store_true", help="let the model judge the replies as well")
    parser.add_argument("--show", action="store_true", help="print every reply")
    parser.add_argument("--keep", action="store_true", help="make this the baseline")
    options = parser.parse_args(arguments)
    folder = os.environ.get("OLV_TEST_DATA", "")
    options.data = Path(folder)
    if not folder or not (options.data / "chat_2022.irc").is_file():
        sys.exit("OLV_TEST_DATA must name the folder with chat_2022.irc.")
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
