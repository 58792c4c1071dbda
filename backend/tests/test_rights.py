"""Who may do what: the table is whole, and says the same as the program and the documentation."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount, Route, WebSocketRoute

from live_server import SCRIPTED
from open_llm_vtuber import app
from open_llm_vtuber.config import Settings
from open_llm_vtuber.first_run.desk import SetUpDesk
from open_llm_vtuber.first_run.routes import add_set_up
from open_llm_vtuber.first_run.runs import Run, Runs
from open_llm_vtuber.protocol.client_messages import ClientMessage, Heartbeat
from open_llm_vtuber.protocol.live_client_messages import Stop
from open_llm_vtuber.protocol.twitch_messages import TwitchLogin
from open_llm_vtuber.rights import (
    ADDRESSES,
    JOINS_A_SHOW,
    MESSAGES,
    PAGES,
    ROLES,
    may,
    may_send,
    needed_for,
    table,
)

DOCUMENT = Path(__file__).parents[2] / "docs/how-to/access.md"
MARKED = re.compile(r"(<!-- rights: .*? -->\n)(.*?)(<!-- /rights -->)", re.DOTALL)
ALIKE = {
    "GET /api/state": "get-character-state",
    "GET /api/backend-mode": "get-backend-mode",
    "PUT /api/backend-mode": "set-backend-mode",
    "PUT /api/floor": "set-floor",
    "POST /api/expression": "expression-command",
    "POST /api/expression/release": "expression-release",
    "POST /api/motion": "motion-command",
    "POST /api/motion/release": "motion-release",
    "GET /api/autonomous": "autonomous-set",
    "PUT /api/autonomous": "autonomous-set",
    "PUT /api/autonomous/{trigger}": "autonomous-set",
    "POST /api/autonomous/{trigger}": "autonomous-set",
    "DELETE /api/autonomous/{trigger}": "autonomous-set",
    "POST /api/autonomous/{trigger}/fire": "autonomous-fire",
    "POST /api/text-generation": "text-generation-request",
    "POST /api/say": "say",
    "POST /api/interrupt": "skip",
    "POST /api/stop": "stop",
    "GET /api/settings": "get-settings",
    "PUT /api/settings/{section}": "edit-settings",
    "POST /api/settings/undo": "undo-edit",
    "POST /api/reload": "reload-settings",
    "POST /api/resume": "resume",
    "GET /api/chat/decisions": "get-chat-decisions",
    "GET /api/turns/{turn_id}/why": "get-turn-why",
    "GET /api/twitch": "get-twitch",
    "POST /api/twitch/connect": "twitch-connect",
    "POST /api/twitch/disconnect": "twitch-disconnect",
    "POST /api/twitch/login": "twitch-login",
}
OF_NO_SHOW = {
    "GET /api/access",
    "GET /api/models",
    "GET /api/links",
    "POST /api/links",
    "DELETE /api/links/{link}",
}
OF_NO_SHOW |= {address for address in ADDRESSES if " /api/setup" in address}


def whole_app(folder: Path) -> FastAPI:
    """Return the web application with everything that can be switched on, around shows that nobody asks."""
    for name in ("client", "web-tool"):
        (folder / name).mkdir()
        (folder / name / "index.html").write_text("<head></head>")
    settings = Settings.model_validate(
        {
            "character_config": SCRIPTED,
            "system_config": {"data_dir": folder, "web_client_dir": "client", "enable_proxy": True},
            "folder": folder,
        }
    )
    parts = app.OnAir.__new__(app.OnAir)  # routes only keep what they are given
    for name in app.OnAir.__slots__:
        object.__setattr__(parts, name, object())
    web = app.web(settings, parts)
    add_set_up(web, SetUpDesk(folder / "conf.yaml", Runs(Run(settings))), app.frontend_folder())
    return web


def addresses_of(web: FastAPI) -> Iterator[str]:
    for route in web.routes:
        match route:
            case APIWebSocketRoute() | WebSocketRoute():
                yield f"WS {route.path}"
            case APIRoute() | Route():
                yield from (f"{method} {route.path}" for method in (route.methods or ()) if method != "HEAD")
            case Mount():
                yield f"GET {route.path}/*"
            case _:
                pytest.fail(f"the table cannot name {route}")


def test_every_address_has_its_row_and_no_row_outlives_its_address(tmp_path: Path) -> None:
    assert set(addresses_of(whole_app(tmp_path))) == set(ADDRESSES) - {JOINS_A_SHOW}


def test_every_message_has_its_row_and_no_row_outlives_its_message() -> None:
    assert set(MESSAGES) == set(get_args(get_args(ClientMessage)[0]))


def test_both_doors_ask_for_the_same_role() -> None:
    roles = {message.model_fields["type"].default: role for message, role in MESSAGES.items()}
    assert {address for address in ADDRESSES if " /api/" in address} == set(ALIKE) | OF_NO_SHOW
    for address, message in ALIKE.items():
        assert ADDRESSES[address] == roles[message], address


def test_each_role_may_do_what_those_before_it_may() -> None:
    for i, role in enumerate(ROLES):
        assert [may(role, needed) for needed in ROLES] == [True] * (i + 1) + [False] * (len(ROLES) - i - 1)
    assert [may_send(role, Heartbeat()) for role in ROLES] == [True, True, True]
    assert [may_send(role, Stop()) for role in ROLES] == [False, True, True]
    assert [may_send(role, TwitchLogin()) for role in ROLES] == [False, False, True]


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("HEAD", "/stage", "stage"),
        ("GET", "/static/js/control/links.js", None),
        ("GET", "/live2d-models/mika/mika.model3.json", None),
        ("DELETE", "/api/links/1a2b", "developer"),
        ("POST", "/api/autonomous/greet/fire", "operator"),
        # What no row is about is a developer's: nothing is open because it was forgotten.
        ("GET", "/", "operator"),
        ("GET", "/nothing", "developer"),
        ("GET", "/static/other.js", "developer"),
        ("GET", "/staticX/js/a", "developer"),
        ("POST", "/health", "developer"),
        ("OPTIONS", "/api/say", "developer"),
        ("GET", "//health", "developer"),
        ("GET", "/health/", "developer"),
        ("GET", "/cache/a/b", "developer"),
        ("WS", "/client-ws/", "developer"),
        ("GET", "/api/say", "developer"),
    ],
)
def test_a_request_takes_what_its_row_says(method: str, path: str, needed: str | None) -> None:
    assert needed_for(method, path) == needed


def test_joining_a_show_takes_less_than_having_one_of_ones_own() -> None:
    assert needed_for("WS", "/client-ws", names_show=True) == "stage"
    assert needed_for("WS", "/client-ws") == "operator"
    assert needed_for("WS", "/proxy-ws", names_show=True) == "operator"


@given(st.sampled_from(["GET", "POST", "PUT", "DELETE", "WS"]), st.text())
def test_no_path_is_open_that_the_table_does_not_open(method: str, path: str) -> None:
    known = {row.partition(" ")[2].partition("*")[0] for row, role in ADDRESSES.items() if role is None}
    if needed_for(method, path) is None:
        assert any(path.startswith(each.partition("{")[0]) for each in known)


def test_what_pages_take_is_said_once() -> None:
    assert {f"GET {path}": role for path, role in PAGES.items()}.items() <= ADDRESSES.items()


def test_the_documentation_has_the_table() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    if os.environ.get("OLV_WRITE_TABLES"):
        DOCUMENT.write_text(
            MARKED.sub(lambda found: f"{found[1]}\n{table()}\n\n{found[3]}", text), encoding="utf-8"
        )
        text = DOCUMENT.read_text(encoding="utf-8")
    found = MARKED.search(text)
    assert found is not None
    assert found[2].strip() == table(), "OLV_WRITE_TABLES=1 pytest backend/tests/test_rights.py writes it"
