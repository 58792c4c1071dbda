"""What a server says of itself in the terminal once it is on air."""

from collections.abc import Mapping

from rich.panel import Panel
from rich.table import Table

from open_llm_vtuber.config import Settings
from open_llm_vtuber.first_run.runs import Run
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.terminal import console, plain


def live(address: str, settings: Settings, providers: Mapping[str, EngineStatus], *, is_set_up: bool) -> None:
    """Say that she is live, and where everything is."""
    table = Table.grid(padding=(0, 2))
    if not is_set_up:
        table.add_row("[bold cyan]Make her yours[/]", f"{_link(address, '/setup')}  three steps, any time")
    table.add_row("Talk to her", _link(address, "/"))
    table.add_row("Stage for OBS", _link(address, "/stage"))
    table.add_row("Control room", _link(address, "/control"))
    if settings.system_config.access_token:
        table.add_row("", "OBS and moderators get a link of their own: control room, Settings")
    if settings.system_config.web_client_dir:
        table.add_row("Web client", _link(address, "/client/"))
    table.add_row("API", _link(address, "/docs"))
    channel = settings.live_config.twitch.channel
    table.add_row(
        "Chat", f"will read {plain(channel)}" if channel else "no channel (start with --channel NAME)"
    )
    engines = ", ".join(f"{job}: {status.engine}" for job, status in providers.items())
    table.add_row("Engines", engines)
    if providers["llm"].is_demo:
        hint = "The demo brain proves the pipeline; a real one is chosen at /setup."
        table.add_row("", f"[yellow]{hint}[/]")
    name = plain(settings.character_config.name)
    console.print(Panel(table, title=f"[bold]{name} is live[/]", border_style="green", expand=False))


def again(address: str, run: Run, problem: str) -> None:
    """Say that another run has begun at the same address."""
    name = plain(run.settings.character_config.name)
    if problem:
        console.print(f"[yellow]![/] {name} is live again with the settings from before, at {address}/")
    elif run.rehearses:
        console.print(
            f"[green]●[/] {name} rehearses with simulated viewers: {address}/stage. Nothing of it is kept."
        )
    else:
        console.print(f"[green]●[/] {name} is live: {address}/")


def _link(address: str, path: str) -> str:
    return f"[link={address}{path}]{address}{path}[/]"
