"""The web server: where it listens, and one run after the other on the same address."""

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from open_llm_vtuber import app, config
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.first_run.desk import SetUpDesk
from open_llm_vtuber.first_run.routes import add_set_up
from open_llm_vtuber.first_run.runs import Run, Runs
from open_llm_vtuber.rehearsals import live_rehearsal
from open_llm_vtuber.terminal import console, remark
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.web.patience import PatientProtocol

log = logging.getLogger(__name__)

Announce = Callable[[Run, app.OnAir], None]

LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes of one incoming message; a larger one closes its connection with 1009."""
GRACE_S = 2
"""How long connections may take to end when the server stops."""
ENDS_WITHIN: Seconds = 5.0
"""After so long from a signal to end the process ends whatever still holds it: a thread that is stuck would for ever."""


class Server(uvicorn.Server):
    """The web server, which sees to it that a signal to end is obeyed in time."""

    has_closed = False
    """Whether all parts of all runs have ended properly, which leaves nothing to be lost."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End soon."""
        if not self.should_exit:
            deadline = threading.Timer(ENDS_WITHIN, _leave)
            deadline.daemon = True
            deadline.start()
        super().handle_exit(sig, frame)


def _leave() -> None:
    """End the process as it is. It is no success where something was not closed in time."""
    main = threading.main_thread()
    held_by = sorted(each.name for each in threading.enumerate() if each is not main and not each.daemon)
    log.error(
        "not everything ended within %.0f s; at work: %s", ENDS_WITHIN, ", ".join(held_by) or "no thread"
    )
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0 if Server.has_closed else 1)


def server_config(web: FastAPI) -> uvicorn.Config:
    """Return how uvicorn is to serve the web application."""
    return uvicorn.Config(
        web,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,  # addresses hold tokens
        http=PatientProtocol,
        ws="websockets-sansio",
        ws_max_size=LARGEST_FRAME,
        # It would cost a third of a turn's CPU on audio and 350 kB a connection.
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises ConfigError when it cannot."""
    address = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # The protocol is named because asyncio only then sends small frames at once (TCP_NODELAY) instead of after 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ConfigError(_why_not_listening(error, host, port)) from error
    return listener


def _why_not_listening(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken: is the character on air already? Choose another port with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this account; choose one above 1023 with --port."
    return f"This machine cannot listen on {host}: {error.strerror}."


async def serve(runs: Runs, listener: socket.socket, desk: SetUpDesk, announce: Announce) -> None:
    """Serve one run after the other until none is planned.

    A run whose settings do not start is followed by the last one that did; without such a one ConfigError is raised.
    """
    while run := runs.take():
        try:
            await _perform(run, runs, listener, desk, announce)
        except ConfigError as error:
            if not runs.fall_back(str(error)):
                raise
            remark(f"{error} The settings from before are used again.")
    Server.has_closed = True
    console.print("Off air.")


async def _perform(
    run: Run, runs: Runs, listener: socket.socket, desk: SetUpDesk, announce: Announce
) -> None:
    async with AsyncExitStack() as stack:
        settings = run.settings
        if run.rehearses:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            settings = config.overridden(config.without_traces(settings, Path(folder)), channel="")
        with console.status("Waking the character up …"):
            parts = await stack.enter_async_context(app.on_air(settings, remark))
        web = app.web(settings, parts)
        add_set_up(web, desk, app.frontend_folder())
        server = Server(server_config(web))
        if hasattr(signal, "SIGHUP"):  # not everywhere
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, parts.reload)
        runs.works(run)
        announce(run, parts)
        async with asyncio.TaskGroup() as group:
            beside = [group.create_task(_end_with(runs, server))]
            if run.rehearses:
                beside.append(group.create_task(_rehearse(run, runs, parts)))
            await _until_over(server, runs, listener)
            for task in beside:
                task.cancel()


async def _until_over(server: uvicorn.Server, runs: Runs, listener: socket.socket) -> None:
    """Serve until a signal or another run ends it. The server raises the signal again once it has ended."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:  # by then there is only cleaning up to do
        signal.signal(number, lambda *_: runs.end())
    await server.serve(sockets=[listener.dup()])  # it closes what it is given, and the next run listens, too
    if runs.is_planned:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _end_with(runs: Runs, server: uvicorn.Server) -> None:
    await runs.changed()
    server.should_exit = True


async def _rehearse(run: Run, runs: Runs, parts: app.OnAir) -> None:
    await live_rehearsal.play(parts.shows)
    runs.plan(Run(run.settings))
