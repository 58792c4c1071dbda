"""The login of a program without a secret: it shows a code, somebody enters it in a browser, and it waits for that.

Source: https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/#device-code-grant-flow
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.twitch.fields import line, number, raw
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.scopes import LOGIN_SCOPES
from open_llm_vtuber.twitch.tokens import MOST_TOKEN, OK, SERVER_FAULT, login_in
from open_llm_vtuber.twitch.web import ENGINE, Unreachable, Web
from open_llm_vtuber.units import Seconds

_USUAL_INTERVAL_S = 5
_SLOWER_S = 5
_MOST_CODE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What the user has to enter where, and how long it is good for."""

    user_code: str
    verification_uri: str
    expires_in_s: Seconds
    interval_s: Seconds
    device_code: str = field(repr=False)


class LoginFailed(EngineError):
    """The login did not come about."""

    def __init__(self, why: str) -> None:
        super().__init__(why, engine=ENGINE, retryable=True)


async def begin(web: Web, id_url: str, client_id: str, scopes: Sequence[str] = LOGIN_SCOPES) -> DeviceCode:
    """Ask Twitch for a code. Raises LoginFailed, Unreachable."""
    form = {"client_id": client_id, "scopes": " ".join(scopes)}
    answer = await web.send("POST", f"{id_url}/device", form=form)
    user_code = line(answer.body, "user_code", _MOST_CODE)
    uri, device_code = raw(answer.body, "verification_uri", 500), raw(answer.body, "device_code", MOST_TOKEN)
    if answer.status != OK or not user_code or not device_code or not uri.startswith(("https://", "http://")):
        raise LoginFailed(f"Twitch did not begin the login ({answer.reason}): is the client id right?")
    return DeviceCode(
        user_code=user_code,
        verification_uri=uri,
        expires_in_s=float(number(answer.body, "expires_in") or 1800),
        interval_s=float(number(answer.body, "interval") or _USUAL_INTERVAL_S),
        device_code=device_code,
    )


async def finish(
    web: Web, id_url: str, client_id: str, code: DeviceCode, scopes: Sequence[str] = LOGIN_SCOPES
) -> Login:
    """Wait until the code was entered, and return the login. Raises LoginFailed when that does not happen."""
    form = {
        "client_id": client_id,
        "scopes": " ".join(scopes),
        "device_code": code.device_code,
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
    }
    interval = code.interval_s
    try:
        async with asyncio.timeout(code.expires_in_s):
            while True:
                await asyncio.sleep(interval)
                try:
                    answer = await web.send("POST", f"{id_url}/token", form=form)
                except Unreachable:  # a network that is away for a moment does not end a login
                    continue
                if answer.status == OK and (login := login_in(answer.body, client_id)):
                    return login
                if "slow_down" in answer.reason:
                    interval += _SLOWER_S
                elif answer.status < SERVER_FAULT and "authorization_pending" not in answer.reason:
                    raise LoginFailed(f"Twitch refused the login ({answer.reason}).")
    except TimeoutError:
        raise LoginFailed("Nobody has entered the code in time.") from None
