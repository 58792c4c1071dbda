"""The embedded model's own process: `python -m open_llm_vtuber.llm.embedded_server`.

A process of its own because a fault in native code must not end a live show. It reads one JSON line on
stdin (what to load, and the key that requests must carry), answers with one JSON line on stdout, and lives
until stdin ends: the pipe closes when the parent stops it and also when the parent is killed.
"""

import hashlib
import json
import os
import signal
import sys
from pathlib import Path
from typing import TextIO, TypedDict

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before the import: waiting threads must not spin

CONTEXT_TOKENS = 2048
BATCH_TOKENS = 64
"""A hang-up is noticed between batches: small ones keep an interrupted prompt short."""


class Order(TypedDict):
    """What the parent writes."""

    model: str
    sha256: str
    key: str
    threads: int


class Answer(TypedDict, total=False):
    """What the child writes: an address, or what stood in the way."""

    address: str
    fault: str


def digest(path: Path) -> str:
    """Return the file's sha256 in hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def serve(order: Order) -> tuple[object, Answer]:
    """Return the running server (None when there is none: it runs as long as it is held) and what to tell."""
    try:
        if digest(Path(order["model"])) != order["sha256"]:
            return None, {"fault": "wrong-model"}
        import xllamacpp  # after the cheap checks
    except OSError:
        return None, {"fault": "no-model"}
    except ImportError:
        return None, {"fault": "no-runtime"}
    params = xllamacpp.CommonParams()
    params.model.path = order["model"]
    params.api_keys = [order["key"]]
    params.n_ctx, params.n_batch, params.n_ubatch = CONTEXT_TOKENS, BATCH_TOKENS, BATCH_TOKENS
    params.n_parallel, params.ui, params.verbosity = 1, False, -1
    params.endpoint_slots = params.endpoint_props = False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    try:
        server = xllamacpp.Server(params)
    except RuntimeError:
        return None, {"fault": "not-loaded"}
    return server, {"address": server.listening_address}


def own_stdout() -> TextIO:
    """Return the pipe to the parent, and send whatever native code prints to nowhere instead."""
    pipe = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return pipe


def main() -> None:
    """Serve until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us too, but ending is the parent's decision
    order: Order = json.loads(sys.stdin.readline())
    pipe = own_stdout()
    server, answer = serve(order)
    pipe.write(json.dumps(answer) + "\n")
    pipe.flush()
    if server is not None:
        sys.stdin.read()
    os._exit(0)  # the server's own farewell can wait for requests; there is nobody left to be served


if __name__ == "__main__":
    main()
