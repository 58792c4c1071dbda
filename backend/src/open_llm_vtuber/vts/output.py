"""Keeps a running VTube Studio in step with a show, for as long as it is let."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from random import Random, SystemRandom

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.settings.vtube_studio import VTubeStudioSettings
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.vts.address import checked_address
from open_llm_vtuber.vts.api import Answer, AskForToken, GetState, Request, State
from open_llm_vtuber.vts.driver import PACE, Driver, Pace
from open_llm_vtuber.vts.exchange import Exchange
from open_llm_vtuber.vts.link import RUBBISH, SILENT, Limits, Link
from open_llm_vtuber.vts.login import CLICK_ALLOW, SWITCH_ON, Ended, LoggedIn, Login
from open_llm_vtuber.vts.matching import Matching
from open_llm_vtuber.vts.pauses import Pauses
from open_llm_vtuber.vts.puppet import Puppet
from open_llm_vtuber.vts.token_file import TokenFile

NAME = "VTube Studio"
CONNECTED = "VTube Studio is connected."
NOBODY_ALLOWED = "Nobody has clicked Allow in VTube Studio yet; it will be asked again."
NOT_STORED = "The permission of VTube Studio could not be stored: it will ask again next time."
LIMITS = Limits()
MOST_FRAME_BYTES = 1024 * 1024
MOST_SAID = 200
"""Sentences that are remembered, so that none is said twice."""

# The library's own logger writes every frame at DEBUG, and with it the token.
_frames_logger = logging.getLogger(f"{__name__}.frames")
_frames_logger.setLevel(logging.WARNING)

Join = Callable[[], AbstractAsyncContextManager[AsyncIterator[str]]]
"""Joins the show as a client that only listens: what it is sent, until the context ends."""


class VTubeStudioOutput:
    """Follows one show and drives one VTube Studio. Whatever that does, the show does not notice."""

    def __init__(
        self,
        settings: VTubeStudioSettings,
        join: Join,
        report: Callable[[str], None],
        data_dir: Path,
        *,
        limits: Limits = LIMITS,
        pace: Pace = PACE,
        rng: Random | None = None,
    ) -> None:
        """`report` tells the operator one sentence. Raises ConfigError for an address that it may not have."""
        self._url = checked_address(settings.url)
        self._join = join
        self._report = report
        self._token = TokenFile(data_dir)
        self._matching = Matching(settings.expressions, settings.motions)
        self._parameter = settings.mouth_parameter
        self._limits = limits
        self._pace = pace
        self._pauses = Pauses(limits.first_pause_s, limits.longest_pause_s, rng or SystemRandom())
        self._news: set[str] = set()
        """What was said of the connection since it was last a good one."""
        self._said: set[str] = set()
        self._ours: set[str] = set()
        self._was_of_use: Seconds = 0.0
        """How long the last connection was."""

    async def run(self) -> None:
        """Drive it until cancelled, connecting anew whenever it is gone; ends when the user does not allow it."""
        while True:
            self._was_of_use = 0.0
            ended = await self._connection()
            if self._was_of_use >= self._limits.stable_s:
                self._pauses.reset()
                self._news.clear()
            self._say_once(ended.reason, self._news)
            if ended.why == "refused":
                return
            await asyncio.sleep(self._pauses.next())

    async def _connection(self) -> Ended:
        exchange = Exchange()
        try:
            async with _opened(self._url, self._limits) as socket:
                return await self._log_in(socket, exchange) or await self._play(socket, exchange)
        except (OSError, WebSocketException) as error:
            return Ended("lost", f"{_unreachable(self._url, error)} It is tried again until it is.")

    async def _play(self, socket: ClientConnection, exchange: Exchange) -> Ended:
        puppet = Puppet()
        driver = Driver(puppet, self._matching, self._parameter, self._ours, self._pace)
        self._say_once(CONNECTED, self._news)
        began = _now()
        try:
            async with self._join() as frames:
                return await Link(socket, exchange, puppet, driver, self._limits, self._note).drive(frames)
        except ProtocolError as error:
            return Ended("lost", f"There is nobody whom VTube Studio could follow: {error}")
        finally:
            self._was_of_use = _now() - began

    async def _log_in(self, socket: ClientConnection, exchange: Exchange) -> Ended | None:
        login = Login(self._token.read())
        step: AskForToken | Request | LoggedIn | Ended = login.begin()
        while not isinstance(step, LoggedIn | Ended):
            is_up_to_user = isinstance(step, AskForToken)
            if is_up_to_user:
                self._say_once(CLICK_ALLOW, self._news)
            limit = self._limits.allow_s if is_up_to_user else self._limits.answer_s
            answer = await _ask(socket, exchange, step, limit)
            if answer is None:
                return Ended("lost", NOBODY_ALLOWED if is_up_to_user else SILENT)
            step = login.heard(answer)
        if isinstance(step, Ended):
            return step
        if step.token != self._token.read() and not self._token.write(step.token):
            self._note(NOT_STORED)
        return None

    def _note(self, sentence: str) -> None:
        self._say_once(sentence, self._said)

    def _say_once(self, sentence: str, said: set[str]) -> None:
        if sentence not in said and len(said) < MOST_SAID:
            said.add(sentence)
            self._report(sentence)


async def try_out(url: str, limits: Limits = LIMITS) -> None:
    """Ask whether a VTube Studio is there with its API on; needs no permission. Raises EngineError, ConfigError."""
    fault = SILENT
    try:
        async with _opened(checked_address(url), limits) as socket:
            answer = await _ask(socket, Exchange(), GetState(), limits.answer_s)
            if isinstance(answer, State):
                if answer.data.active:
                    return
                fault = SWITCH_ON
            elif answer is not None:
                fault = RUBBISH
    except (OSError, WebSocketException) as error:
        fault = _unreachable(url, error)
    raise EngineError(fault, engine=NAME, retryable=True)


class _Straight(connect):
    """Opens a connection to the very address that was checked: no redirect leads the token elsewhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Follow none."""
        return exc


def _opened(url: str, limits: Limits) -> connect:
    return _Straight(
        url,
        proxy=None,
        open_timeout=limits.open_s,
        close_timeout=limits.close_s,
        ping_interval=None,  # we ask every few seconds, and notice when nothing is answered
        compression=None,
        max_size=MOST_FRAME_BYTES,
        logger=_frames_logger,
    )


async def _ask(
    socket: ClientConnection, exchange: Exchange, request: Request, limit: Seconds
) -> Answer | None:
    """Ask and return the answer; None when there was none in time. Raises WebSocketException."""
    try:
        async with asyncio.timeout(limit):
            await socket.send(exchange.ask(request, deadline=_now() + limit))
            while not exchange.is_rubbish:
                if found := exchange.heard(await socket.recv(decode=False)):
                    return found[1]
    except TimeoutError:
        pass
    return None


def _unreachable(url: str, error: Exception) -> str:
    why = bounded(one_line(str(error)), 100) or type(error).__name__
    return f"VTube Studio cannot be reached at {url} ({why}); is it running, with its plugin API switched on?"


def _now() -> Seconds:
    return asyncio.get_running_loop().time()
