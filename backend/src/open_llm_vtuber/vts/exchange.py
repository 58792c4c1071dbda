"""Which requests of one connection have had no answer yet. Pure."""

from dataclasses import dataclass

from open_llm_vtuber.units import Seconds
from open_llm_vtuber.vts.api import Answer, Request, decode, encode, is_answer_to

MOST_STRAYS = 50
"""Frames without a meaning before a connection is given up."""


@dataclass(frozen=True, slots=True)
class _Open:
    request: Request
    deadline: Seconds


class Exchange:
    """Numbers the requests, finds the one that an answer belongs to, and knows when the far end has fallen silent."""

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._number = 0
        self._strays = 0

    @property
    def unanswered(self) -> tuple[Request, ...]:
        """What is waited for, oldest first."""
        return tuple(each.request for each in self._open.values())

    @property
    def deadline(self) -> Seconds | None:
        """When the next answer is overdue; None while none is waited for."""
        return min((each.deadline for each in self._open.values()), default=None)

    @property
    def is_rubbish(self) -> bool:
        """Whether what comes in is not what we speak."""
        return self._strays > MOST_STRAYS

    def ask(self, request: Request, *, deadline: Seconds) -> str:
        """Return the frame to send; its answer is due at `deadline`."""
        self._number += 1
        request_id = f"olv-{self._number}"
        self._open[request_id] = _Open(request, deadline)
        return encode(request, request_id)

    def heard(self, frame: str | bytes) -> tuple[Request, Answer] | None:
        """Return the answer in a frame with the request that it answers; None for a stray."""
        answer = decode(frame)
        asked = self._open.get(answer.request_id) if answer else None
        if answer is None or asked is None or not is_answer_to(asked.request, answer):
            self._strays += 1
            return None
        del self._open[answer.request_id]
        return asked.request, answer
