"""Who may do what: every address and every message of a client, with the least role that it takes.

The one table of it. What is missing here is a developer's alone, and a test fails until it has its row.
"""

import re
from collections.abc import Iterator, Mapping
from typing import get_args

from open_llm_vtuber.protocol import autonomous_messages as unasked
from open_llm_vtuber.protocol import body_messages as body
from open_llm_vtuber.protocol import client_messages as old
from open_llm_vtuber.protocol import floor_messages as floor
from open_llm_vtuber.protocol import live_client_messages as live
from open_llm_vtuber.protocol import settings_messages as settings
from open_llm_vtuber.protocol import twitch_messages as twitch
from open_llm_vtuber.protocol.envelope import AccessRole, Request
from open_llm_vtuber.protocol.why_messages import GetTurnWhy

ROLES: tuple[AccessRole, ...] = get_args(AccessRole)
"""From the least to the most; each may do what those before it may."""
ANYBODY = None
STAGE: AccessRole = "stage"
OPERATOR: AccessRole = "operator"
DEVELOPER: AccessRole = "developer"

PAGES: Mapping[str, AccessRole] = {
    "/": OPERATOR,
    "/stage": STAGE,
    "/control": OPERATOR,
    "/model": OPERATOR,
    "/docs": OPERATOR,
    "/setup": DEVELOPER,
}
"""The pages that people open: who is not let in is asked to sign in."""
JOINS_A_SHOW = "WS /client-ws?show"
ADDRESSES: Mapping[str, AccessRole | None] = {
    **{f"GET {path}": role for path, role in PAGES.items()},
    # Pages and what they are made of. No file here is a secret, and an <img> of another program sends no token.
    "GET /sign-in": ANYBODY,
    "POST /sign-in": ANYBODY,
    "POST /sign-out": STAGE,
    "GET /static/css/*": ANYBODY,
    "GET /static/js/*": ANYBODY,
    "GET /static/icon.svg": ANYBODY,
    "GET /swagger/*": ANYBODY,
    "GET /live2d-models/info": ANYBODY,
    "GET /live2d-models/mika/*": ANYBODY,
    "GET /live2d-models/*": ANYBODY,
    "GET /live2d-addon": ANYBODY,
    "GET /live2d-addon/*": ANYBODY,
    "GET /bg/*": ANYBODY,
    "GET /avatars/*": ANYBODY,
    # Existing clients bring their token when they connect, not for their page; its calls ask for it.
    "GET /client-setup.js": ANYBODY,
    "GET /client": ANYBODY,
    "GET /client/": ANYBODY,
    "GET /client/index.html": ANYBODY,
    "GET /client/*": ANYBODY,
    "GET /web-tool": ANYBODY,
    "GET /web_tool": ANYBODY,
    "GET /web-tool/*": ANYBODY,
    "GET /cache/{name}": ANYBODY,  # its name cannot be guessed, and only the one who asked for the sound knows it
    "GET /health": ANYBODY,
    # The wire.
    JOINS_A_SHOW: STAGE,
    "WS /client-ws": OPERATOR,  # a private show takes a brain and a voice
    "WS /proxy-ws": OPERATOR,
    "WS /tts-ws": OPERATOR,
    "POST /asr": OPERATOR,
    "GET /openapi.json": OPERATOR,
    "GET /metrics": DEVELOPER,
    # REST: what the same request on the WebSocket takes.
    "GET /api/models": OPERATOR,
    "GET /api/state": STAGE,
    "GET /api/backend-mode": OPERATOR,
    "PUT /api/backend-mode": OPERATOR,
    "POST /api/expression": OPERATOR,
    "POST /api/expression/release": OPERATOR,
    "POST /api/motion": OPERATOR,
    "POST /api/motion/release": OPERATOR,
    "GET /api/autonomous": OPERATOR,
    "PUT /api/autonomous": OPERATOR,
    "PUT /api/autonomous/{trigger}": OPERATOR,
    "POST /api/autonomous/{trigger}": OPERATOR,
    "DELETE /api/autonomous/{trigger}": OPERATOR,
    "POST /api/autonomous/{trigger}/fire": OPERATOR,
    "POST /api/text-generation": OPERATOR,
    "POST /api/say": OPERATOR,
    "POST /api/interrupt": OPERATOR,
    "POST /api/stop": OPERATOR,
    "POST /api/resume": OPERATOR,
    "PUT /api/floor": OPERATOR,
    "GET /api/chat/decisions": OPERATOR,
    "GET /api/turns/{turn_id}/why": OPERATOR,
    "GET /api/settings": OPERATOR,
    "PUT /api/settings/{section}": OPERATOR,
    "POST /api/settings/undo": OPERATOR,
    "POST /api/reload": OPERATOR,
    "GET /api/twitch": OPERATOR,
    "POST /api/twitch/connect": OPERATOR,
    "POST /api/twitch/disconnect": OPERATOR,
    "POST /api/twitch/login": DEVELOPER,
    # The set-up: it writes the configuration and keys, and begins again.
    "GET /setup/invitation": ANYBODY,  # whether there is a configuration
    "GET /api/setup": DEVELOPER,
    "POST /api/setup": DEVELOPER,
    "POST /api/setup/servers": DEVELOPER,
    "POST /api/setup/brain": DEVELOPER,
    "POST /api/setup/voice": DEVELOPER,
    "POST /api/setup/rehearsal": DEVELOPER,
    # Who has access.
    "GET /api/access": STAGE,
    "GET /api/links": DEVELOPER,
    "POST /api/links": DEVELOPER,
    "DELETE /api/links/{link}": DEVELOPER,
}
"""Method and path (`WS` for a WebSocket, `*` for everything below) → role."""

MESSAGES: Mapping[type[Request], AccessRole] = {
    # What a stage sends: who it is, what it missed, how far it has played.
    live.ClientHello: STAGE,
    live.GetSnapshot: STAGE,
    live.GetCharacterState: STAGE,
    old.RequestInitConfig: STAGE,
    old.AudioPlayStart: STAGE,
    old.FrontendPlaybackComplete: STAGE,
    old.Heartbeat: STAGE,
    # Talking with her.
    old.TextInput: OPERATOR,
    old.InterruptSignal: OPERATOR,
    old.MicAudioData: OPERATOR,
    old.MicAudioEnd: OPERATOR,
    old.RawAudioData: OPERATOR,
    old.AISpeakSignal: OPERATOR,
    old.FetchBackgrounds: OPERATOR,
    old.FetchConfigs: OPERATOR,
    old.FetchHistoryList: OPERATOR,
    old.CreateNewHistory: OPERATOR,
    old.FetchAndSetHistory: OPERATOR,
    old.DeleteHistory: OPERATOR,
    old.SwitchConfig: OPERATOR,
    old.AddClientToGroup: OPERATOR,
    old.RemoveClientFromGroup: OPERATOR,
    old.RequestGroupInfo: OPERATOR,
    # Having the show in hand.
    live.Say: OPERATOR,
    live.Stop: OPERATOR,
    live.Resume: OPERATOR,
    live.Skip: OPERATOR,
    live.PauseChat: OPERATOR,
    live.ResumeChat: OPERATOR,
    live.QueueDrop: OPERATOR,
    live.QueueMove: OPERATOR,
    live.HoldDecide: OPERATOR,
    live.ViewerBlock: OPERATOR,
    live.ViewerUnblock: OPERATOR,
    live.ViewerForget: OPERATOR,
    live.ModerationEdit: OPERATOR,
    live.GetChatDecisions: OPERATOR,
    GetTurnWhy: OPERATOR,
    live.TextGenerationRequest: OPERATOR,
    live.TextGenerationCancel: OPERATOR,
    live.SetBackendMode: OPERATOR,
    live.GetBackendMode: OPERATOR,
    floor.SetFloor: OPERATOR,
    body.ExpressionCommand: OPERATOR,
    body.ExpressionRelease: OPERATOR,
    body.MotionCommand: OPERATOR,
    body.MotionRelease: OPERATOR,
    unasked.AutonomousSet: OPERATOR,
    unasked.AutonomousFire: OPERATOR,
    settings.GetSettings: OPERATOR,
    settings.EditSettings: OPERATOR,
    settings.UndoEdit: OPERATOR,
    settings.ReloadSettings: OPERATOR,
    twitch.GetTwitch: OPERATOR,
    twitch.TwitchConnect: OPERATOR,
    twitch.TwitchDisconnect: OPERATOR,
    # In whose name this server acts.
    twitch.TwitchLogin: DEVELOPER,
}
"""Message → role."""


def may(role: AccessRole, needed: AccessRole) -> bool:
    """Return whether a role is enough."""
    return ROLES.index(role) >= ROLES.index(needed)


def may_send(role: AccessRole, message: Request) -> bool:
    """Return whether a role may send that message."""
    return may(role, MESSAGES.get(type(message), DEVELOPER))


def needed_for(method: str, path: str, *, names_show: bool = False) -> AccessRole | None:
    """Return the role that a request takes, None when it takes none. What is not in the table is a developer's."""
    method = "GET" if method == "HEAD" else method
    asked = f"{method} {path}"
    if names_show and f"{asked}?show" in ADDRESSES:
        return ADDRESSES[f"{asked}?show"]
    if asked in ADDRESSES:
        return ADDRESSES[asked]
    return next((role for shape, role in _SHAPES if shape.fullmatch(asked)), DEVELOPER)


def table() -> str:
    """Return both tables as Markdown, for the documentation."""
    return "\n".join(("| address or message | least role |", "|---|---|", *_rows()))


def _rows() -> Iterator[str]:
    for address, role in ADDRESSES.items():
        yield f"| `{address}` | {role or 'anybody'} |"
    for message, role in MESSAGES.items():
        yield f"| message `{message.model_fields['type'].default}` | {role} |"


def _shape(address: str) -> re.Pattern[str]:
    whole = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(address)).replace(r"/\*", "/.*")
    return re.compile(whole, re.DOTALL)


_SHAPES = tuple((_shape(address), role) for address, role in ADDRESSES.items() if re.search(r"[{*]", address))
