"""The command line. Faults of the operator's are one sentence and exit code 2, never a traceback."""

import argparse
import asyncio
import math
import os
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from rich.prompt import Confirm
from rich.table import Table

from open_llm_vtuber import (
    __version__,
    app,
    checkup,
    clip_cli,
    config,
    live2d_cli,
    reference_cli,
    replay_cli,
    report_cli,
    traces,
    trial,
    twitch_cli,
)
from open_llm_vtuber.announcements import again, live
from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.config import Settings
from open_llm_vtuber.counted_loop import counting_loop
from open_llm_vtuber.doctor import report
from open_llm_vtuber.errors import ConfigError, EngineError, Fault
from open_llm_vtuber.first_run.desk import SetUpDesk
from open_llm_vtuber.first_run.runs import Run, Runs
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.rehearsals import rehearsal
from open_llm_vtuber.rehearse_cli import add_options, rehearse_profile
from open_llm_vtuber.remote_brain import JOB as REMOTE
from open_llm_vtuber.serving import listening_socket, serve
from open_llm_vtuber.storage.chat_history_files import Outcome, import_folder
from open_llm_vtuber.storage.sql_store import sql_store
from open_llm_vtuber.terminal import (
    RehearsalScreen,
    console,
    faults,
    log_here,
    out,
    plain,
    remark,
    remarks_about,
    tried,
)
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.tts.fallback_voice import FallbackVoice
from open_llm_vtuber.vad import VAD_ENGINES
from open_llm_vtuber.vts import output as vts

NO_FILE = "[cyan]i[/] There is no conf.yaml: the engines that come along are used. `run` shows the address of the set-up."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name, and exit."""
    options = _parser().parse_args(arguments)
    log_here(as_json=getattr(options, "log", "text") == "json")
    try:
        sys.exit(options.run(options))
    except ConfigError as error:
        faults(error.faults)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="open-llm-vtuber", description="The backend that puts an AI character on air."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="start the server")
    _add_config(run)
    run.add_argument("--host", help="address to listen on (default: from the configuration, else localhost)")
    run.add_argument("--port", type=int, help="port to listen on (default: 12393)")
    run.add_argument("--data-dir", type=Path, metavar="D", help="folder for what is kept")
    run.add_argument("--channel", metavar="NAME", help="Twitch channel whose chat is read (no login needed)")
    run.add_argument("--no-browser", action="store_true", help="do not open the talk page")
    run.add_argument("--yes", action="store_true", help="let the demo brain onto a real channel")
    run.add_argument("--log", choices=("text", "json"), default="text", help="how lines of the log look")
    run.set_defaults(run=_run)

    check = commands.add_parser("check", help="check the configuration and use every engine once")
    _add_config(check)
    check.set_defaults(run=_check)

    rehearse = commands.add_parser("rehearse", help="play a show to nobody, without an account")
    _add_config(rehearse)
    add_options(rehearse)
    rehearse.set_defaults(run=_rehearse)

    _add_logs(commands)
    take_in = commands.add_parser("import-history", help="take in conversations of the earlier program")
    _add_config(take_in)
    take_in.add_argument(
        "folder", type=Path, metavar="DIR", help="its chat_history folder, which is only read"
    )
    take_in.set_defaults(run=_import_history)

    engines = commands.add_parser("engines", help="list the engines that can be chosen")
    engines.set_defaults(run=_engines)

    _add_twitch(commands)
    live2d_cli.add_commands(commands, _add_config_and_data, _settings_and_data)
    protocol = commands.add_parser("protocol", help="print the reference of all messages or addresses")
    reference_cli.add_options(protocol)
    protocol.set_defaults(run=_protocol)
    return parser


def _add_logs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = commands.add_parser(
        "replay", help="replay the log of a show, or see what a configuration would change"
    )
    replay_cli.add_options(replay)
    replay.set_defaults(run=replay_cli.run)
    clip_cli.add_command(commands, _add_config)
    report_cli.add_command(commands)


def _add_twitch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    twitch = commands.add_parser("twitch", help="log in to Twitch").add_subparsers(
        required=True, metavar="WHAT"
    )
    login = twitch.add_parser("login", help="log in with a code that you enter in a browser")
    _add_config(login)
    _add_data_dir(login)
    login.set_defaults(run=_twitch_login)

    doctor = commands.add_parser("doctor", help="print a report for whoever helps, without secrets")
    _add_config(doctor)
    _add_data_dir(doctor)
    doctor.add_argument("--twitch", action="store_true", help="find out what this token and channel can do")
    doctor.add_argument("--port", type=int, help="where the server runs that is asked how it is")
    doctor.add_argument("--channel", metavar="NAME", help="Twitch channel (default: from the configuration)")
    doctor.set_defaults(run=_doctor)


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config", type=Path, metavar="F", help="configuration file (default: conf.yaml if there)"
    )


def _add_data_dir(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data-dir", type=Path, metavar="D", help="folder for what is kept")


def _add_config_and_data(command: argparse.ArgumentParser) -> None:
    _add_config(command)
    _add_data_dir(command)


def _settings_and_data(options: argparse.Namespace) -> Settings:
    return config.overridden(_settings(options), data_dir=options.data_dir)


def _settings(options: argparse.Namespace) -> Settings:
    settings = config.load(options.config)
    for note in settings.notes:
        remark(note)
    return settings


def _run(options: argparse.Namespace) -> int:
    written = _settings(options)
    for each in checkup.body_faults_of(written, app.frontend_folder()):
        remark(f"{each}. {each.fix}")
    settings = config.overridden(
        written,
        host=options.host,
        port=options.port,
        data_dir=options.data_dir,
        channel=options.channel,
    )
    _ask_before_going_live(settings, yes=options.yes)
    runs = Runs(Run(settings))
    with listening_socket(settings.system_config.host, settings.system_config.port) as listener:
        address = f"http://{_shown_host(settings.system_config.host)}:{listener.getsockname()[1]}"
        desk = SetUpDesk(options.config or config.DEFAULT_FILE, runs)

        def announce(run: Run, parts: app.OnAir) -> None:
            if runs.number > 1:
                again(address, run, runs.problem)
                return
            live(address, run.settings, parts.providers, is_set_up=desk.is_set_up)
            if not options.no_browser and _has_display():
                webbrowser.open(address)

        send_the_last = traces.begin()
        try:
            with asyncio.Runner(loop_factory=counting_loop) as runner:
                runner.run(serve(runs, listener, desk, announce))
        finally:
            send_the_last()
    return 0


def _ask_before_going_live(settings: Settings, *, yes: bool) -> None:
    channel = settings.live_config.twitch.channel
    if not channel or yes or not app.is_demo(settings):
        return
    warning = f"The demo brain is a tiny model and no personality, and would now answer the chat of {channel} aloud."
    if not sys.stdin.isatty():
        raise ConfigError(
            f"{warning} If you want that, say --yes; for a better brain open /setup while she runs."
        )
    remark(warning)
    if not Confirm.ask("Go on?", console=console, default=False):
        raise ConfigError("Not started. For a better brain open /setup while she runs.")


def _check(options: argparse.Namespace) -> int:
    found = checkup.examine(options.config, app.frontend_folder())
    for each in found.remarks:
        remark(each)
    if found.faults or found.settings is None:
        return _faulty(found.faults)
    settings = config.overridden(found.settings, channel="")
    remarks = found.remarks
    if options.config is None and not config.DEFAULT_FILE.exists():
        console.print(NO_FILE)

    def note(sentence: str) -> None:
        remarks.append(sentence)
        remark(sentence)

    for sentence in live2d_cli.remarks(settings):
        note(sentence)
    try:
        outcomes = asyncio.run(_use_everything_once(settings, note))
    except ConfigError as error:
        return _faulty(error.faults)
    if any(outcome.fault and not outcome.is_spare for outcome in outcomes):
        return 1
    number = len(remarks) + sum(bool(outcome.fault) for outcome in outcomes)
    how = (
        f", with {number} {'remark' if number == 1 else 'remarks'}." if number else " and every engine works."
    )
    console.print(f"[green]✓[/] The configuration is fine{how}")
    return 0


def _faulty(found: Sequence[Fault]) -> int:
    """Say what has to be put right, and return the exit code of a check."""
    faults(found)
    told = "One fault" if len(found) == 1 else f"{len(found)} faults"
    console.print(f"[bold]{told}.[/] Engines are tried once everything above is put right.")
    return 1


async def _use_everything_once(settings: Settings, note: app.Report) -> list[trial.Outcome]:
    vtube_studio = settings.live_config.vtube_studio
    async with app.on_air(settings, note, drives_outputs=False) as parts:
        engines = {job: status.engine for job, status in parts.providers.items()}
        chain = (
            parts.voice.voices if isinstance(parts.voice, FallbackVoice) else {engines["tts"]: parts.voice}
        )
        trials = [trial.brain(engines["llm"], parts.brain)]
        if parts.remote:
            is_spare = all(show.mode != "external-api" for show in settings.shows.values())
            trials.append(trial.remote_brain(engines[REMOTE], parts.remote, is_spare=is_spare))
        trials += [trial.voice(*each, is_spare=place > 0) for place, each in enumerate(chain.items())]
        if parts.ear:
            trials.append(trial.ear(engines["asr"], parts.ear))
        if vtube_studio.enabled:
            trials.append(trial.output("VTube Studio", vts.try_out(vtube_studio.url)))
        outcomes = []
        for each in trials:  # one after the other, so that each has the machine to itself
            outcomes.append(await each)
            tried(outcomes[-1])
        return outcomes


def _rehearse(options: argparse.Namespace) -> int:
    settings = config.overridden(_settings(options), channel="")
    if not (math.isfinite(options.speed) and options.speed > 0):
        raise ConfigError("--speed must be more than 0.")
    if options.profile:
        return rehearse_profile(settings, options)
    lines = rehearsal.recorded(options.file)
    with tempfile.TemporaryDirectory() as folder:  # a rehearsal leaves no trace, and may be repeated
        asyncio.run(_play(config.without_traces(settings, Path(folder)), lines, options.speed))
    return 0


async def _play(settings: Settings, lines: Sequence[rehearsal.Recorded], speed: float) -> None:
    async with AsyncExitStack() as stack:
        with console.status("Waking the character up …"):
            parts = await stack.enter_async_context(app.on_air(settings, remark, drives_outputs=False))
        screen, summary = RehearsalScreen(console, out), rehearsal.Summary(total=len(lines))
        with screen.showing(summary):
            await rehearsal.play(parts.shows, lines, speed, summary, screen.say)
        remarks_about(parts.providers)


def _import_history(options: argparse.Namespace) -> int:
    system = _settings(options).system_config

    async def run() -> list[Outcome]:
        async with sql_store(system.storage_url.get_secret_value(), system.data_dir) as store:
            return await import_folder(options.folder, store)

    try:
        outcomes = asyncio.run(run())
    except EngineError as error:
        raise ConfigError(str(error)) from error
    table = Table("character", "imported", "imported before", "empty", "unreadable", title="Conversations")
    for each in outcomes:
        counts = (each.imported, each.known, each.empty, len(each.unreadable))
        table.add_row(plain(each.conf_uid), *map(str, counts))
        for file, why in each.unreadable:
            remark(f"{each.conf_uid}/{file} was left out: {why}")
    out.print(table)
    return int(any(each.unreadable for each in outcomes))


def _engines(_: argparse.Namespace) -> int:
    table = Table("kind", "name", title="Engines")
    for kind, names in (
        ("llm_provider", LLM_ENGINES),
        ("tts_model", TTS_ENGINES),
        ("asr_model", ASR_ENGINES),
        ("vad_model", VAD_ENGINES),
    ):
        for name in names:
            table.add_row(kind, name)
    out.print(table)
    return 0


def _twitch_login(options: argparse.Namespace) -> int:
    return twitch_cli.log_in(config.overridden(_settings(options), data_dir=options.data_dir))


def _doctor(options: argparse.Namespace) -> int:
    settings = config.overridden(_settings(options), data_dir=options.data_dir, channel=options.channel)
    if options.twitch:
        return twitch_cli.examine(settings)
    for line in report(settings, options.port or settings.system_config.port):
        out.print(line, markup=False, soft_wrap=True)
    return 0


def _protocol(options: argparse.Namespace) -> int:
    sys.stdout.write(reference_cli.printed(options.format))
    return 0


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host in ("localhost", "0.0.0.0") else f"[{host}]" if ":" in host else host  # noqa: S104


def _has_display() -> bool:
    has_screen = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return has_screen and sys.stdout.isatty()
