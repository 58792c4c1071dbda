"""The HTTP addresses about access: who am I, and the links. They are the server's, not a show's: no message has them."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Path, Request
from pydantic import BaseModel, Field

from open_llm_vtuber.errors import VTuberError
from open_llm_vtuber.protocol.codec import problem
from open_llm_vtuber.protocol.envelope import AccessRole
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.web.access import Access
from open_llm_vtuber.web.api import Problem, Refusal
from open_llm_vtuber.web.doorkeeper import pass_of
from open_llm_vtuber.web.key_ring import Link, LinkName

LINK_PAGES: dict[AccessRole, str] = {"stage": "/stage", "operator": "/control"}
"""Where a link leads."""
LinkId = Annotated[str, Path(description="The id of a link.", max_length=40)]
REFUSALS: dict[int | str, dict[str, object]] = {
    401: {"model": Problem},
    403: {"model": Problem},
    404: {"model": Problem},
    409: {"model": Problem},
    422: {"model": Problem},
}


class AccessAnswer(BaseModel):
    """Who asks."""

    role: AccessRole
    locked: bool
    """Whether a token is asked for at all (`access_token`)."""
    signed_in: bool
    """Whether it is known by a cookie, and can sign out."""


class LinkAnswer(BaseModel):
    """A link, without its token: nobody can be told that again. Times are ISO 8601."""

    id: str
    name: str
    role: AccessRole
    made_at: str
    used_at: str | None
    """Within a minute; None: never."""
    open: int
    """How many connections are open with it now."""


class Links(BaseModel):
    """All links, the oldest first."""

    locked: bool
    links: tuple[LinkAnswer, ...]


class NewLink(BaseModel):
    """A link to be made."""

    name: LinkName
    role: Literal["stage", "operator"] = "stage"


class MadeLink(LinkAnswer):
    """A link that was made, with its address below this server's: it holds the token, and is told this once."""

    address: str = Field(repr=False)


def add_access_routes(app: FastAPI, access: Access) -> None:
    """Add the addresses."""

    def links() -> Links:
        return Links(locked=access.is_locked, links=tuple(_answer(access, link) for link in access.links))

    @app.get("/api/access", tags=["access"], responses=REFUSALS)
    async def who(request: Request) -> AccessAnswer:
        """Say who asks."""
        by = pass_of(request)
        return AccessAnswer(role=by.role, locked=access.is_locked, signed_in=bool(by.session))

    @app.get("/api/links", tags=["access"], responses=REFUSALS)
    async def list_links() -> Links:
        """List the links and when each was last used."""
        return links()

    @app.post("/api/links", tags=["access"], status_code=201, responses=REFUSALS)
    async def make_link(wanted: NewLink) -> MadeLink:
        """Make a link with a token of its own."""
        try:
            link, token = await access.add_link(wanted.name, wanted.role)
        except VTuberError as error:
            raise _refused(error) from error
        address = f"{LINK_PAGES[link.role]}?token={token}"
        return MadeLink(**_answer(access, link).model_dump(), address=address)

    @app.delete("/api/links/{link}", tags=["access"], responses=REFUSALS)
    async def revoke_link(link: LinkId) -> Links:
        """Revoke a link: at once, and what is open with it is closed."""
        try:
            await access.revoke(link)
        except VTuberError as error:
            raise _refused(error) from error
        return links()


def _answer(access: Access, link: Link) -> LinkAnswer:
    return LinkAnswer(
        id=link.id,
        name=link.name,
        role=link.role,
        made_at=_iso(link.made_at),
        used_at=None if link.used_at is None else _iso(link.used_at),
        open=access.visitors(link.id),
    )


def _refused(error: VTuberError) -> Refusal:
    return Refusal(problem(error, request_type="links", request_id=None))


def _iso(at: Seconds) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
