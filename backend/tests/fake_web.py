"""Twitch's HTTP without any: answers are planned, requests are kept."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from open_llm_vtuber.twitch.fields import Json
from open_llm_vtuber.twitch.web import Answer, Unreachable


@dataclass(frozen=True)
class Asked:
    method: str
    url: str
    headers: Mapping[str, str]
    params: Sequence[tuple[str, str]]
    form: Mapping[str, str]
    json: Json
    at: float


@dataclass
class PlannedWeb:
    """Gives the planned answers in turn, the last one for ever; None is a network that is away."""

    answers: list[Answer | None]
    takes_s: float = 0.0
    asked: list[Asked] = field(default_factory=list)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Sequence[tuple[str, str]] = (),
        form: Mapping[str, str] | None = None,
        json: Json | None = None,
    ) -> Answer:
        now = asyncio.get_running_loop().time()
        self.asked.append(Asked(method, url, headers or {}, params, form or {}, json or {}, now))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await asyncio.sleep(self.takes_s)
        if answer is None:
            raise Unreachable("ConnectError")
        return answer


def ok(body: Json) -> Answer:
    return Answer(200, body, {})


def refused(status: int, message: str, **headers: str) -> Answer:
    return Answer(status, {"status": status, "message": message}, headers)
