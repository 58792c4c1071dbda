"""How long a client may take to say what it wants: whoever opens connections and never goes on holds none of them.

uvicorn waits without a limit for the end of a request's head. What is upgraded to a WebSocket has pings instead.
"""

import asyncio
from typing import cast

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from open_llm_vtuber.units import Seconds

HEAD_WITHIN: Seconds = 10.0
"""From a connection's begin, or the first byte of a further request, to the end of that request's head."""


class PatientProtocol(H11Protocol):
    """HTTP that closes a connection on which no request comes to be."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request."""
        super().connection_made(transport)
        self._look()

    def data_received(self, data: bytes) -> None:
        """Go on waiting, or not."""
        super().data_received(data)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop()
        super().connection_lost(exc)

    def _look(self) -> None:
        # Once it is a WebSocket this connection is somebody else's.
        if self._is_waited_for:
            self._due = self._due or self.loop.call_later(HEAD_WITHIN, self._give_up)
        else:
            self._stop()

    def _give_up(self) -> None:
        self._due = None
        if self._is_waited_for:
            self.transport.close()

    @property
    def _is_waited_for(self) -> bool:
        cycle = cast(
            "RequestResponseCycle | None", self.cycle
        )  # uvicorn's types leave out that there may be none
        return self in self.connections and (cycle is None or cycle.response_complete)

    def _stop(self) -> None:
        if self._due:
            self._due.cancel()
            self._due = None
