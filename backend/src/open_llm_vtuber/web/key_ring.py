"""Pure: what opens this server beside the access token: links, each with a token, and sign-ins.

Neither is kept as it is, only what it can be recognised by: who reads the file gets in with nothing of it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.envelope import AccessRole
from open_llm_vtuber.units import Seconds

MOST_LINKS = 100
MOST_SESSIONS = 20
"""By one token; beyond that the oldest of them ends, and nobody else's."""
SIGNED_IN_FOR: Seconds = 30 * 24 * 3600.0
USE_NOTED_EVERY: Seconds = 60.0
"""How exact it is when a link was last used: each note is a write."""
_TOKEN_BYTES = 24

LinkName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class Link(BaseModel):
    """An address with a token of its own. Times are seconds since 1970."""

    model_config = ConfigDict(frozen=True)
    id: str
    name: LinkName
    role: AccessRole
    digest: str
    """SHA-256 of its token; that is random and long, so nobody finds it by trying."""
    made_at: Seconds
    used_at: Seconds | None = None


class Session(BaseModel):
    """A sign-in of one browser."""

    model_config = ConfigDict(frozen=True)
    digest: str
    """HMAC of what is in the cookie, with the access token as the key: another access token ends them all."""
    link: str
    """The id of the link whose token it was; empty for the access token."""
    until: Seconds
    """Seconds since 1970."""


class Kept(BaseModel):
    """All of it, as it is stored."""

    model_config = ConfigDict(frozen=True)
    links: tuple[Link, ...] = ()
    sessions: tuple[Session, ...] = ()


@dataclass(frozen=True, slots=True)
class Pass:
    """What somebody came in with, and what it allows."""

    role: AccessRole
    link: str = ""
    """The id of the link; empty for the access token, and where no token is asked for."""
    session: str = ""
    """Which sign-in it is, if it came as a cookie."""
    until: Seconds | None = None
    """Seconds since 1970."""


class KeyRing:
    """Links and sign-ins. Times are seconds since 1970."""

    def __init__(self, access_token: str, kept: Kept) -> None:
        self._access_token = access_token.encode()
        self._links = {link.id: link for link in kept.links}
        self._sessions = {session.digest: session for session in kept.sessions}

    @property
    def kept(self) -> Kept:
        """What is to be stored."""
        return Kept(links=tuple(self._links.values()), sessions=tuple(self._sessions.values()))

    @property
    def links(self) -> Sequence[Link]:
        """Every link, the oldest first."""
        return tuple(self._links.values())

    def is_access_token(self, token: str) -> bool:
        """Return whether it is the operator's own; it takes as long whatever is wrong about it."""
        return bool(self._access_token) and secrets.compare_digest(token.encode(), self._access_token)

    def link_of(self, token: str) -> Link | None:
        """Return the link that has that token. How long it takes tells something of a digest, not of the token."""
        digest = _digest(token)
        return next((link for link in self._links.values() if link.digest == digest), None)

    def session_of(self, cookie: str, now: Seconds) -> Pass | None:
        """Return what a cookie is good for."""
        session = self._sessions.get(self._recognised(cookie))
        if session is None or session.until <= now:
            return None
        if not session.link:
            return Pass("developer", session=session.digest, until=session.until)
        link = self._links.get(session.link)
        return Pass(link.role, link.id, session.digest, session.until) if link else None

    def sign_in(self, by: Pass, now: Seconds) -> str:
        """Begin a sign-in and return what is to be in its cookie."""
        cookie = secrets.token_urlsafe(_TOKEN_BYTES)
        self._sessions = {d: each for d, each in self._sessions.items() if each.until > now}
        same = [digest for digest, each in self._sessions.items() if each.link == by.link]
        for digest in same[: max(0, len(same) - MOST_SESSIONS + 1)]:
            del self._sessions[digest]
        session = Session(digest=self._recognised(cookie), link=by.link, until=now + SIGNED_IN_FOR)
        self._sessions[session.digest] = session
        return cookie

    def sign_out(self, session: str) -> None:
        """End a sign-in."""
        self._sessions.pop(session, None)

    def add(self, name: str, role: AccessRole, now: Seconds) -> tuple[Link, str]:
        """Return a new link and its token, which nobody can be told again. Raises ProtocolError."""
        if len(self._links) >= MOST_LINKS:
            raise ProtocolError(
                f"There are {MOST_LINKS} links already: revoke one first.", code="wrong-state"
            )
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        link = Link(id=secrets.token_hex(4), name=name, role=role, digest=_digest(token), made_at=now)
        self._links[link.id] = link
        return link, token

    def revoke(self, link: str) -> bool:
        """Let a link and every sign-in with it open nothing any more; return whether it was there."""
        self._sessions = {d: each for d, each in self._sessions.items() if each.link != link}
        return self._links.pop(link, None) is not None

    def note_use(self, link: str, now: Seconds) -> bool:
        """Note that a link was used; return whether that is news."""
        found = self._links.get(link)
        if found is None or (found.used_at is not None and now - found.used_at < USE_NOTED_EVERY):
            return False
        self._links[link] = found.model_copy(update={"used_at": now})
        return True

    def _recognised(self, cookie: str) -> str:
        return hmac.new(self._access_token, cookie.encode(errors="replace"), hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
