"""The set-up page and what it asks for. That is between the two of them and no part of the API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel, ValidationError

from open_llm_vtuber.errors import ConfigError, EngineError, ErrorCode
from open_llm_vtuber.first_run.choices import (
    LABELS,
    MODELS,
    BrainTrial,
    Choices,
    ServedBrain,
    VoiceTrial,
)
from open_llm_vtuber.first_run.desk import SetUpDesk, Unfit
from open_llm_vtuber.provider_table import PROVIDERS
from open_llm_vtuber.routes import PAGE_HEADERS
from open_llm_vtuber.web.api import STATUS, Problem

T = TypeVar("T", bound=BaseModel)

KINDS = frozenset(("embedded", "served", "edge", "openai"))
"""Parts of a fault's place that stand for an alternative, and not for a field."""
SENTENCES: Mapping[str, str] = {
    "missing": "Something is missing here.",
    "string_too_short": "Fill this in.",
    "string_too_long": "This is too long.",
    "union_tag_invalid": "There is no such choice.",
    "union_tag_not_found": "Choose one.",
    "extra_forbidden": "There is no such setting.",
    "json_invalid": "This is not JSON.",
}
"""A validation's type of fault → what a person is told."""


class SetUpProblem(Problem):
    """Why it was refused, and which field of the page puts it right; "" for none in particular."""

    field: str = ""


class ProviderOffer(BaseModel):
    """A provider that can be chosen with a key."""

    name: str
    label: str
    model: str
    """One to begin with."""
    variable: str
    has_key: bool


class SetUpState(BaseModel):
    """What the page begins with, and how a new run is coming along."""

    run: int
    """Grows with every run that is on air."""
    is_set_up: bool
    file: str
    is_rehearsing: bool
    problem: str
    """Why the settings that were written last could not be put on air; "" when they are."""
    name: str
    is_demo: bool
    has_edge: bool
    providers: tuple[ProviderOffer, ...]


class Invitation(BaseModel):
    """Whether the pages invite to the set-up."""

    is_first_run: bool


class FoundServer(BaseModel):
    """A server of language models on this machine."""

    provider: str
    label: str
    address: str
    models: tuple[str, ...]


class Servers(BaseModel):
    """What was found."""

    servers: tuple[FoundServer, ...]


class BrainAnswer(BaseModel):
    """What a brain said when it was tried."""

    said: str


class Applied(BaseModel):
    """What was written, and the run that was on air then: the next one has the new settings."""

    file: str
    copy_of_before: str
    keys: tuple[str, ...]
    run: int


class Rehearsal(BaseModel):
    """Whether the next run is a rehearsal."""

    rehearse: bool


class _Refused(Exception):
    def __init__(self, detail: str, code: ErrorCode, field: str = "", status: int | None = None) -> None:
        super().__init__(detail)
        self.problem = SetUpProblem(detail=detail, code=code, retryable=code == "busy", field=field)
        self.status = status or STATUS.get(code, 500)


def add_set_up(app: FastAPI, desk: SetUpDesk, frontend: Path) -> None:
    """Add the page and its routes to a web application."""
    _add_refusals(app)
    _add_page(app, desk, frontend)
    _add_trials(app, desk)

    @app.post("/api/setup", status_code=202, include_in_schema=False)
    async def apply(request: Request) -> Applied:
        """Write the configuration and begin again with it. Keys go into a file of their own, and never come back."""
        choices = await _body(request, Choices)
        with _explained():
            written = await desk.apply(choices)
        return Applied(
            file=written.file, copy_of_before=written.copy, keys=written.keys, run=desk.runs.number
        )

    @app.post("/api/setup/rehearsal", status_code=202, include_in_schema=False)
    async def rehearsal(request: Request) -> SetUpState:
        """Begin again with the same settings, with simulated viewers or without."""
        wish = await _body(request, Rehearsal)
        desk.go_live(rehearses=wish.rehearse)
        return _state(desk)


def _add_page(app: FastAPI, desk: SetUpDesk, frontend: Path) -> None:
    @app.get("/setup", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(frontend / "setup.html", headers=PAGE_HEADERS)

    @app.get("/setup/invitation", include_in_schema=False)
    async def invitation() -> Invitation:
        return Invitation(is_first_run=not desk.is_set_up)

    @app.get("/api/setup", include_in_schema=False)
    async def state() -> SetUpState:
        """Say what can be chosen, and how the last choice is coming along."""
        return _state(desk)


def _add_trials(app: FastAPI, desk: SetUpDesk) -> None:
    @app.post("/api/setup/servers", include_in_schema=False)
    async def servers(request: Request) -> Servers:
        """Look for language models on this machine (Ollama, LM Studio, llama.cpp, vLLM at their usual ports)."""
        _from_our_page(request)
        there = [
            FoundServer(
                provider=each.provider,
                label="vLLM or the like" if each.provider == "custom" else LABELS[each.provider],
                address=each.address,
                models=tuple(each.models),
            )
            for each in await desk.servers()
        ]
        return Servers(servers=tuple(there))

    @app.post("/api/setup/brain", include_in_schema=False)
    async def brain(request: Request) -> BrainAnswer:
        """Let a brain answer one short request."""
        trial = await _body(request, BrainTrial)
        if not isinstance(trial.brain, ServedBrain):
            return BrainAnswer(said="")
        with _explained("brain"):
            return BrainAnswer(said=await desk.try_brain(trial.brain))

    @app.post("/api/setup/voice", include_in_schema=False)
    async def voice(request: Request) -> Response:
        """Return a WAV of what a voice sounds like."""
        trial = await _body(request, VoiceTrial)
        with _explained("voice"):
            sound = await desk.sample(trial.voice, trial.name)
        return Response(sound, media_type="audio/wav", headers={"Cache-Control": "no-store"})


def _state(desk: SetUpDesk) -> SetUpState:
    settings = desk.runs.present.settings
    offers = [
        ProviderOffer(
            name=name,
            label=LABELS[name],
            model=MODELS.get(name, ""),
            variable=row.key_variable,
            has_key=_has_key(desk, row.key_variable),
        )
        for name, row in PROVIDERS.items()
        if row.needs_key
    ]
    agent = settings.character_config.agent_config.agent_settings.basic_memory_agent
    return SetUpState(
        run=desk.runs.number,
        is_set_up=desk.is_set_up,
        file=desk.file.name,
        is_rehearsing=desk.runs.present.rehearses,
        problem=desk.runs.problem,
        name=settings.character_config.name,
        is_demo=agent.llm_provider == "embedded_llm",
        has_edge=desk.has_edge,
        providers=tuple(offers),
    )


def _has_key(desk: SetUpDesk, variable: str) -> bool:
    try:
        return desk.has_key(variable)
    except ConfigError:
        return False


async def _body(request: Request, kind: type[T]) -> T:
    """Return what the page sent. Raises _Refused, without a word of what was sent: it may be a key."""
    _from_our_page(request)
    try:
        return kind.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"] if part not in KINDS)
        sentence = SENTENCES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise _Refused(sentence, "bad-message", field) from None


def _from_our_page(request: Request) -> None:
    """Raise _Refused for a request that a page of somebody else's has sent: what is set here is the operator's."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    is_ours = origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    if not is_ours or site not in ("same-origin", "none"):
        raise _Refused("Only the set-up page of this server may ask for this.", "bad-message", status=403)


@contextmanager
def _explained(field: str = "") -> Iterator[None]:
    try:
        yield
    except Unfit as error:
        raise _Refused(str(error), error.code, error.field) from None
    except (EngineError, ConfigError) as error:
        raise _Refused(str(error), error.code, field, status=502 if field else 422) from None


def _add_refusals(app: FastAPI) -> None:
    @app.exception_handler(_Refused)
    async def refused(_: Request, refusal: _Refused) -> JSONResponse:
        return JSONResponse(refusal.problem.model_dump(), refusal.status)
