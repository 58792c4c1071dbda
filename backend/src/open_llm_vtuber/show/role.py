"""A role: all that makes a show one character and not another. It is taken on and laid down as a whole."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from open_llm_vtuber import course
from open_llm_vtuber.errors import ConfigError, EngineError, ProtocolError
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import Adapter, Judge, SpeechSynthesizer
from open_llm_vtuber.protocol.parts import ConfigFile
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.units import Seconds

CASTING_LIMIT: Seconds = 120.0
"""How long the engines of a new role may take to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """Who is on air: names and pictures, as the clients are told."""

    conf_name: str
    conf_uid: str
    character_name: str
    avatar: str
    model: Live2dModel
    channel: str = ""
    human_name: str = ""
    """How this character calls whoever types; "" leaves it to the connection."""


async def _nothing() -> None:
    return


def _no_judge() -> Judge | None:
    return None


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A character, ready to play. The adapters are this show's own; engines may be shared."""

    billing: Billing
    adapters: Mapping[Mode, Adapter]
    """Where the words come from in each mode that can be chosen; `orphiq` always can."""
    voice: SpeechSynthesizer
    providers: Mapping[str, EngineStatus]
    first_clause: bool = True
    spoken: Callable[[str], str] = _as_it_is
    """What the voice says of a sentence that is shown."""
    unavailable: Mapping[Mode, str] = field(default_factory=dict)
    """Why a mode cannot be chosen, in one sentence."""
    judge: Judge | None = None
    """Who reads each sentence before it is spoken."""
    reread: Callable[[], Judge | None] = _no_judge
    """Takes over what the configuration says of the character now, and returns who judges from then on."""
    leave: Callable[[], Awaitable[None]] = _nothing
    """Gives the engines back."""


class Repertoire(Protocol):
    """Every character that a show can become, and where it can play."""

    async def configs(self) -> Sequence[ConfigFile]:
        """Return the characters, by file and by name."""
        ...

    async def backgrounds(self) -> Sequence[str]:
        """Return the file names of the backgrounds."""
        ...

    async def become(self, file: str) -> Role:
        """Return the character of a file as it is listed, complete. Raises any VTuberError."""
        ...


class RoleChange:
    """Changes the role of a show, one change at a time: the new role is complete before the old one ends."""

    def __init__(self, repertoire: Repertoire, role: Role, assume: Callable[[Role], Awaitable[None]]) -> None:
        self._repertoire = repertoire
        self._role = role
        self._assume = assume
        self._changing = asyncio.Lock()

    async def become(self, file: str) -> None:
        """Take on the role of that file, or change nothing. Raises ProtocolError that says why."""
        async with self._changing:
            role = await self._complete(file)
            try:
                await self._assume(role)
            except BaseException:
                await role.leave()
                raise
            former, self._role = self._role, role
            await former.leave()

    def reread(self) -> Judge | None:
        """Let the role take over what the configuration says of the character now; return who judges."""
        return self._role.reread()

    async def end(self) -> None:
        """Give the last role's engines back."""
        await self._role.leave()

    async def _complete(self, file: str) -> Role:
        try:
            async with course.timeout(CASTING_LIMIT):
                return await self._repertoire.become(file)
        except (ConfigError, EngineError) as error:
            raise ProtocolError(str(error), code=error.code) from error
        except TimeoutError:
            raise ProtocolError("Its engines did not start in time.", code="engine-failed") from None
