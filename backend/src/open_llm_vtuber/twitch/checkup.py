"""What works with this token and this channel, step by step, with the code that runs on air."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from open_llm_vtuber.config import TwitchConfig
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.stimulus import ChannelStatus
from open_llm_vtuber.twitch.channel_name import channel_name
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.scopes import features
from open_llm_vtuber.twitch.tokens import LoginStore, Tokens
from open_llm_vtuber.twitch.twitch_client import TwitchClient, as_login
from open_llm_vtuber.twitch.twitch_router import Routed
from open_llm_vtuber.twitch.web import HttpWeb
from open_llm_vtuber.units import Seconds

SETTLING_S: Seconds = 10.0
"""How long the events beside the chat may take to be subscribed to."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried; `is_needed` is False for what only some features want."""

    what: str
    is_fine: bool
    says: str
    is_needed: bool = True


async def checkup(settings: TwitchConfig, store: LoginStore, report: Callable[[Step], None]) -> bool:
    """Try everything and report each step; return whether all that is needed works. Raises ConfigError."""
    if not settings.channel:
        raise ConfigError("Say which channel: --channel NAME, or live_config.twitch.channel.")
    channel = channel_name(settings.channel)
    stored = await asyncio.to_thread(store.load)
    login = as_login(settings.token.get_secret_value()) or stored
    fine = True

    def tell(step: Step) -> None:
        nonlocal fine
        fine = fine and (step.is_fine or not step.is_needed)
        report(step)

    if login is None:
        tell(
            Step(
                "login",
                is_fine=True,
                says="none: chat is read anonymously, and other events only as IRC has them",
            )
        )
    elif await _check_login(settings, login, store if login is stored else None, tell):
        await _read(settings, login, channel, store if login is stored else None, tell)
    await _read(settings, None, channel, None, tell)
    return fine


async def _check_login(
    settings: TwitchConfig, login: Login, store: LoginStore | None, tell: Callable[[Step], None]
) -> bool:
    try:
        async with (
            HttpWeb() as web,
            Tokens(web, settings.endpoints.id, login, store, settings.client_id) as tokens,
        ):
            grant = await tokens.validate()
    except EngineError as error:
        tell(Step("login", is_fine=False, says=str(error)))
        return False
    lasts = "it refreshes itself" if login.refresh_token else "it ends in a few hours, for it was only pasted"
    tell(Step("login", is_fine=True, says=f"{grant.login}; {lasts}"))
    for feature, scope in features(grant.scopes).items():
        says = f"the token lacks the scope {scope}" if scope else "allowed"
        tell(Step(feature, is_fine=not scope, says=says, is_needed=False))
    return True


async def _read(
    settings: TwitchConfig,
    login: Login | None,
    channel: str,
    store: LoginStore | None,
    tell: Callable[[Step], None],
) -> None:
    """Read the channel for a moment, with a login or anonymously."""
    heard = 0

    async def hear(_: Routed) -> None:
        nonlocal heard
        heard += 1

    async def note(_: ChannelStatus) -> None:
        pass

    client = TwitchClient(
        login,
        channel,
        hear,
        status_callback=note,
        store=store,
        client_id=settings.client_id,
        endpoints=settings.endpoints,
    )
    who = "chat, with the login" if login else "chat, anonymously"
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.run())
        try:
            access = await client.connect()
            took = round((time.monotonic() - began) * 1000)
            tell(Step(who, is_fine=True, says=f"{channel} is read over {access.via} after {took} ms"))
            await _settled(client)
            for each in client.standings:
                says = "subscribed" if each.state == "enabled" else each.reason or "Twitch has not answered"
                tell(Step(each.wanted.kind, each.state == "enabled", says, is_needed=False))
        except EngineError as error:
            tell(Step(who, is_fine=False, says=str(error)))
        finally:
            await client.disconnect()


async def _settled(client: TwitchClient) -> None:
    """Wait until every subscription was answered."""
    try:
        async with asyncio.timeout(SETTLING_S):
            while any(each.state == "pending" for each in client.standings):  # noqa: ASYNC110  nobody announces it
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass
