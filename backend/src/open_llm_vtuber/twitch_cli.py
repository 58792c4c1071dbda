"""The commands about Twitch: logging in, and finding out what works."""

import asyncio

from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.stimulus import LoginCode
from open_llm_vtuber.terminal import console, fault, plain, remark
from open_llm_vtuber.twitch.checkup import Step, checkup
from open_llm_vtuber.twitch.login_file import LoginFile
from open_llm_vtuber.twitch.platform import NO_CLIENT_ID, TwitchPlatform
from open_llm_vtuber.twitch.scopes import features
from open_llm_vtuber.twitch.tokens import Tokens
from open_llm_vtuber.twitch.web import HttpWeb


def log_in(settings: Settings) -> int:
    """Show a code and where to enter it, wait for that, store the login, and show what it allows."""
    if not settings.live_config.twitch.client_id:
        raise ConfigError(NO_CLIENT_ID)
    try:
        asyncio.run(_log_in(settings))
    except EngineError as error:
        raise ConfigError(str(error)) from error
    return 0


def examine(settings: Settings) -> int:
    """Say what works with the configured token and channel; 2 when chat cannot be read."""
    store = LoginFile(settings.system_config.data_dir)
    is_fine = asyncio.run(checkup(settings.live_config.twitch, store, _show))
    if is_fine:
        console.print(
            "[green]✓[/] Write a line into the chat while the character is on air: it should be answered."
        )
    return 0 if is_fine else 2


async def _log_in(settings: Settings) -> None:
    twitch, data_dir = settings.live_config.twitch, settings.system_config.data_dir
    platform = TwitchPlatform(twitch, data_dir)
    _show_code(await platform.begin_login())
    with console.status("Waiting for the code to be entered …"):
        await platform.finish_login()
    store = LoginFile(data_dir)
    login = store.load()
    if login is None:
        raise ConfigError("The login was stored, but cannot be read again.")
    async with HttpWeb() as web, Tokens(web, twitch.endpoints.id, login, store) as tokens:
        grant = await tokens.validate()
    console.print(f"[green]✓[/] Logged in as {plain(grant.login)}; from now on the login refreshes itself.")
    for feature, scope in features(grant.scopes).items():
        _show(Step(feature, not scope, f"not allowed ({scope})" if scope else "allowed", is_needed=False))


def _show_code(code: LoginCode) -> None:
    console.print(f"Open [link={plain(code.verification_uri)}]{plain(code.verification_uri)}[/]")
    console.print(f"and enter [bold]{plain(code.user_code)}[/] there, logged in as who is to read the chat.")


def _show(step: Step) -> None:
    if step.is_fine:
        console.print(f"[green]✓[/] {plain(step.what)}: {plain(step.says)}")
    else:
        (fault if step.is_needed else remark)(f"{step.what}: {step.says}")
