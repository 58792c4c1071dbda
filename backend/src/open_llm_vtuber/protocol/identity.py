"""Whose browser this is: an anonymous cookie, so that a page that is loaded again finds its conversations."""

import re
import secrets
from collections.abc import Mapping

COOKIE = "olv_identity"
PATH = "/client-ws"
"""It is sent to the WebSocket and to nothing else."""
KEPT_S = 400 * 24 * 3600
"""As long as browsers keep a cookie at most; every connection renews it."""
_SHAPE = re.compile(r"[0-9a-f]{32}")


def identity_of(cookies: Mapping[str, str]) -> str:
    """Return the identity that a client brought, or a new one that nobody can guess."""
    given = cookies.get(COOKIE, "")
    return given if _SHAPE.fullmatch(given) else secrets.token_hex(16)


def set_cookie(identity: str, *, is_secure: bool) -> tuple[bytes, bytes]:
    """Return the header that lets a browser keep it, out of the reach of scripts and of other sites."""
    value = f"{COOKIE}={identity}; Path={PATH}; Max-Age={KEPT_S}; HttpOnly; SameSite=Strict"
    return b"set-cookie", (value + ("; Secure" if is_secure else "")).encode()
