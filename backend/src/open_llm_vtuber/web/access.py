"""Who is let in with what, for how long, and who is here now."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from open_llm_vtuber.config import SystemConfig
from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.protocol.envelope import AccessRole
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.web.guesses import Guesses
from open_llm_vtuber.web.key_file import KeyFile
from open_llm_vtuber.web.key_ring import KeyRing, Link, Pass

log = logging.getLogger(__name__)


class TooManyGuesses(Exception):
    """This address was wrong too often; for `wait` seconds none of its tokens is looked at."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


class SignedOut(Exception):
    """What somebody came in with opens nothing any more."""


class Access:
    """The access token, the links and the sign-ins of a server.

    Without an access token nothing is asked for: everybody is a developer, and links wait until there is one.
    """

    def __init__(self, system: SystemConfig, clock: Callable[[], Seconds] = time.time) -> None:
        """Read what is stored. Raises ConfigError. `clock` tells seconds since 1970."""
        token = system.access_token.get_secret_value() if system.access_token else ""
        self.is_locked = bool(token)
        self._clock = clock
        self._file = KeyFile(system.data_dir)
        self._ring = KeyRing(token, self._file.load())
        self._guesses = Guesses()
        self._visits: dict[asyncio.Timeout, Pass] = {}
        self._writing = asyncio.Lock()

    @property
    def links(self) -> Sequence[Link]:
        """Every link, the oldest first."""
        return self._ring.links

    def examine(self, token: str, cookie: str, address: str) -> Pass | None:
        """Return what somebody may do who brings these; a token counts before a cookie. Raises TooManyGuesses."""
        if not self.is_locked:
            return Pass("developer")
        if token:
            return self._by_token(token, address)
        return self._ring.session_of(cookie, self._clock()) if cookie else None

    def visitors(self, link: str) -> int:
        """Return how many connections are open that came with that link."""
        return sum(each.link == link for each in self._visits.values())

    @asynccontextmanager
    async def visit(self, by: Pass) -> AsyncGenerator[None]:
        """Be here for as long as the context lasts; it is cut, and SignedOut raised, once that opens nothing any more."""
        stay = asyncio.timeout(None if by.until is None else max(0.0, by.until - self._clock()))
        try:
            async with stay:
                self._visits[stay] = by
                try:
                    yield
                finally:
                    del self._visits[stay]
        except TimeoutError:
            if stay.expired():
                raise SignedOut from None
            raise

    async def note_use(self, by: Pass) -> None:
        """Note that a link was used."""
        if by.link and self._ring.note_use(by.link, self._clock()):
            try:
                await self._save()
            except ConfigError as error:  # that must keep nobody out
                log.warning("%s", error)

    async def sign_in(self, by: Pass) -> str:
        """Return what is to be in the cookie of a new sign-in. Raises ConfigError."""
        cookie = self._ring.sign_in(by, self._clock())
        await self._save()
        return cookie

    async def sign_out(self, by: Pass) -> None:
        """End a sign-in and whatever is open with it. Raises ConfigError."""
        if by.session:
            self._ring.sign_out(by.session)
            self._show_out(lambda each: each.session == by.session)
            await self._save()

    async def add_link(self, name: str, role: AccessRole) -> tuple[Link, str]:
        """Return a new link and its token. Raises ProtocolError when there are too many, and ConfigError."""
        made = self._ring.add(name, role, self._clock())
        await self._save()
        return made

    async def revoke(self, link: str) -> None:
        """End a link and whatever is open with it. Raises ProtocolError when there is none, and ConfigError."""
        if not self._ring.revoke(link):
            raise ProtocolError("There is no such link.", code="not-found")
        self._show_out(lambda each: each.link == link)
        await self._save()

    def _by_token(self, token: str, address: str) -> Pass | None:
        if link := self._ring.link_of(
            token
        ):  # too long to be guessed: a stage is not kept out by a guesser beside it
            return Pass(link.role, link.id)
        now = time.monotonic()
        if wait := self._guesses.wait(address, now):
            raise TooManyGuesses(wait)
        if self._ring.is_access_token(token):
            return Pass("developer")
        self._guesses.note(address, now)
        return None

    def _show_out(self, is_meant: Callable[[Pass], bool]) -> None:
        now = asyncio.get_running_loop().time()
        for stay, by in self._visits.items():
            if is_meant(by) and not stay.expired():
                stay.reschedule(now)

    async def _save(self) -> None:
        async with self._writing:  # what is written last is what there was last
            await asyncio.to_thread(self._file.save, self._ring.kept)
