"""Calls of Twitch's API: what passes by itself is tried again, everything else is an error with Twitch's own reason."""

import asyncio
import time
from collections.abc import Callable, Sequence
from random import Random, SystemRandom

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.twitch.fields import Json
from open_llm_vtuber.twitch.tokens import SERVER_FAULT, UNAUTHORIZED, AuthLost, Tokens
from open_llm_vtuber.twitch.web import ENGINE, Answer, Unreachable, Web
from open_llm_vtuber.units import Seconds

TOO_MANY = 429
REFUSED = 400
MOST_TRIES = 4
"""Of a call that Twitch could not answer."""
MOST_WAITS = 8
"""Of a call that Twitch wants to have later."""
LONGEST_WAIT_S: Seconds = 60.0
FIRST_PAUSE_S: Seconds = 0.25


class HelixError(EngineError):
    """Twitch refused a call, or could not do it. `status` is the HTTP status."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(
            f"Twitch refused it: {reason}."
            if status < SERVER_FAULT
            else f"Twitch could not do it ({reason}).",
            engine=ENGINE,
            retryable=status >= SERVER_FAULT or status == TOO_MANY,
        )
        self.status = status
        self.reason = reason


class Helix:
    """Calls with the tokens of one account."""

    def __init__(
        self,
        web: Web,
        base: str,
        tokens: Tokens,
        *,
        rng: Random | None = None,
        clock: Callable[[], Seconds] = time.time,
    ) -> None:
        """`clock` gives the seconds of the epoch, in which Twitch says when to come again."""
        self._web = web
        self._base = base
        self._tokens = tokens
        self._rng = rng or SystemRandom()
        self._clock = clock

    async def call(
        self, method: str, path: str, *, params: Sequence[tuple[str, str]] = (), json: Json | None = None
    ) -> Json:
        """Return what Twitch answers. Raises HelixError, Unreachable and AuthLost; none of them names an address."""
        tries = waits = 0
        is_renewed = False
        while True:
            token = self._tokens.access_token
            try:
                answer = await self._send(method, path, token, params, json)
            except Unreachable:
                tries += 1
                if tries >= MOST_TRIES:
                    raise
                await self._pause(tries)
                continue
            if answer.status < REFUSED:
                return answer.body
            if answer.status == UNAUTHORIZED:
                if is_renewed:
                    raise AuthLost(answer.reason)
                await self._tokens.refresh(token, answer.reason)
                is_renewed = True
            elif answer.status == TOO_MANY and waits < MOST_WAITS and "transports" not in answer.reason:
                # Too many *connections* is no matter of waiting a minute.
                waits += 1
                await asyncio.sleep(self._until_reset(answer))
            elif answer.status >= SERVER_FAULT and tries < MOST_TRIES - 1:
                tries += 1
                await self._pause(tries)
            else:
                raise HelixError(answer.status, answer.reason)

    async def _send(
        self, method: str, path: str, token: str, params: Sequence[tuple[str, str]], json: Json | None
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Client-Id": self._tokens.client_id}
        return await self._web.send(method, f"{self._base}/{path}", headers=headers, params=params, json=json)

    def _until_reset(self, answer: Answer) -> Seconds:
        try:
            wait = float(answer.headers.get("ratelimit-reset", "")) - self._clock()
        except ValueError:
            wait = 1.0
        # A little later each, so that all who wait do not come at once.
        return min(LONGEST_WAIT_S, max(0.1, wait)) + self._rng.uniform(0.0, 0.2)

    async def _pause(self, tries: int) -> None:
        await asyncio.sleep(FIRST_PAUSE_S * 2.0 ** (tries - 1) * self._rng.uniform(0.5, 1.5))
