"""The page that asks for the token once, the cookie that remembers it, and the way out."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import HTTPConnection

from open_llm_vtuber.rights import PAGES, may
from open_llm_vtuber.web.access import Access, TooManyGuesses
from open_llm_vtuber.web.key_ring import SIGNED_IN_FOR

SIGN_IN = "/sign-in"
COOKIE = "olv_session"
Trouble = Literal["token", "role", "busy"]
TROUBLES: Mapping[str, str] = {
    "token": "That token opens nothing here, or no longer does.",
    "role": "You came in by a link that does not open that page. Another token may.",
    "busy": "Too many wrong tokens came from your address. Try again in a few minutes.",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers then hide the form's origin as well, and it would be taken for somebody else's.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LONGEST_NEXT = 500


def session_cookie(value: str, scheme: str) -> str:
    """Return the header that lets a browser keep a sign-in; an empty value ends it."""
    age = int(SIGNED_IN_FOR) if value else 0
    cookie = f"{COOKIE}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict"
    return cookie + ("; Secure" if scheme in ("https", "wss") else "")


def address_of(asked: HTTPConnection) -> str:
    """Return where a request comes from."""
    return asked.client.host if asked.client else ""


def destination(given: str) -> str:
    """Return the page that somebody wants to go on to: one of ours, whatever was given."""
    try:
        parts = urlsplit(given[:_LONGEST_NEXT])
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path not in PAGES:
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(body.decode(errors="replace"), max_num_fields=10))
    except ValueError:  # there are more of them than our form has
        return {}


class Form:
    """The page itself."""

    def __init__(self, frontend: Path) -> None:
        self._page = Template((frontend / "sign-in.html").read_text(encoding="utf-8"))

    def shown(
        self, onward: str, problem: str, status: int = 200, *, wait: int = 0, knock_again: str = ""
    ) -> HTMLResponse:
        """Return it; `wait` in seconds. `knock_again` is an address that the page leads to by itself."""
        refresh = (
            f'<meta http-equiv="refresh" content="0; url={escape(knock_again)}" />' if knock_again else ""
        )
        text = self._page.substitute(next=escape(onward), problem=escape(problem), refresh=refresh)
        return HTMLResponse(text, status, {**HEADERS, "Retry-After": str(wait)} if wait else HEADERS)


def add_sign_in(app: FastAPI, access: Access, frontend: Path) -> None:
    """Add the page, its form's address, and the way out."""
    form = Form(frontend)

    @app.get(SIGN_IN, include_in_schema=False)
    async def ask(request: Request, next: str = "/", problem: str = "") -> Response:  # noqa: A002  its name in the address
        onward = destination(next)
        by = access.examine("", request.cookies.get(COOKIE, ""), "")
        if by and may(by.role, PAGES[urlsplit(onward).path]):
            return RedirectResponse(onward, 303)
        # A strict cookie is not sent to a page that somebody else's page has led to. Ours leads to it once more.
        # Where the way is not encrypted, browsers do not say whose page it was.
        is_led_here = request.headers.get("sec-fetch-site") in {None, "cross-site"}
        again = urlencode({"next": onward, "problem": problem, "again": 1})
        knock_again = f"{SIGN_IN}?{again}" if is_led_here and "again" not in request.query_params else ""
        return form.shown(onward, TROUBLES.get(problem, ""), knock_again=knock_again)

    @app.post(SIGN_IN, include_in_schema=False)
    async def enter(request: Request) -> Response:
        fields = _fields(await request.body())
        token, onward = fields.get("token", "").strip(), destination(fields.get("next", "/"))
        try:
            by = access.examine(token, "", address_of(request))
        except TooManyGuesses as error:
            return form.shown(onward, TROUBLES["busy"], 429, wait=error.wait)
        if by is None:
            return form.shown(onward, TROUBLES["token"] if token else "", 401)
        response = RedirectResponse(onward if may(by.role, PAGES[urlsplit(onward).path]) else "/stage", 303)
        if access.is_locked:
            cookie = session_cookie(await access.sign_in(by), request.scope["scheme"])
            response.headers.append("Set-Cookie", cookie)
        return response

    @app.post("/sign-out", include_in_schema=False)
    async def leave(request: Request) -> Response:
        await access.sign_out(request.state.access)
        response = RedirectResponse(SIGN_IN, 303)
        response.headers.append("Set-Cookie", session_cookie("", request.scope["scheme"]))
        return response
