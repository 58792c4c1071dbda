"""`python -m benchmarks [NAME …] [--json FILE] [--compare FILE]`."""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from benchmarks import (
    body,
    chat,
    clients,
    compare,
    control,
    desk,
    exports,
    fanout,
    features,
    first_audio,
    history,
    memory,
    microphone,
    providers,
    replays,
    startup,
    stop_now,
    texts,
    triggers,
    turns,
    twitch,
)
from benchmarks.measure import Measured, as_json, machine, table

BENCHMARKS: dict[str, Callable[[], Iterator[Measured]]] = {
    "body": body.measure,
    "first_audio": first_audio.measure,
    "chat": chat.measure,
    "clients": clients.measure,
    "control": control.measure,
    "desk": desk.measure,
    "exports": exports.measure,
    "fanout": fanout.measure,
    "features": features.measure,
    "history": history.measure,
    "memory": memory.measure,
    "microphone": microphone.measure,
    "providers": providers.measure,
    "replays": replays.measure,
    "startup": startup.measure,
    "stop_now": stop_now.measure,
    "texts": texts.measure,
    "triggers": triggers.measure,
    "turns": turns.measure,
    "twitch": twitch.measure,
}


def main() -> None:
    """Run what was named, or everything."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the backend on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every sample here")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="a file that --json wrote before")
    options = parser.parse_args()
    before = json.loads(options.compare.read_text(encoding="utf-8")) if options.compare else None
    if unknown := set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; known: {', '.join(BENCHMARKS)}")
    console = Console(highlight=False)
    console.print(", ".join(f"{key} {value}" for key, value in machine().items()))
    results: dict[str, list[Measured]] = {}
    for name in options.names or BENCHMARKS:
        began = time.monotonic()
        with console.status(f"{name} …"):
            results[name] = list(BENCHMARKS[name]())
        console.print(table(name, results[name]))
        console.print(f"[dim]{name} took {time.monotonic() - began:.0f} s[/]\n")
    if before:
        console.print(compare.table(before, compare.compared(before, results)))
    if options.json:
        options.json.write_text(json.dumps(as_json(results), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
