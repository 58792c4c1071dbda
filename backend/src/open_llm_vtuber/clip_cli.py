"""The command `clip`: a part of a show as subtitles, sound and data."""

import argparse
import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from open_llm_vtuber import config
from open_llm_vtuber.casting import EMBEDDED_VOICES
from open_llm_vtuber.clips.clip import Clip, SoundTold, as_json, clip_of_span, clip_of_turn
from open_llm_vtuber.clips.cues import srt, vtt
from open_llm_vtuber.clips.sound import laid_out, wav
from open_llm_vtuber.config import Settings
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.show.spoken_text import SpokenText
from open_llm_vtuber.show_log.heard import Line
from open_llm_vtuber.show_log.reader import ShowLog, read_log
from open_llm_vtuber.stimulus import EngineStatus
from open_llm_vtuber.terminal import console, plain, remark
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.tts.fallback_voice import FallbackVoice
from open_llm_vtuber.tts.pcm import speakable
from open_llm_vtuber.units import Seconds

_TIME = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,7}(?:\.\d{1,6})?)", re.ASCII)


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_config: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the command; `add_config` adds the option for the configuration."""
    command = commands.add_parser("clip", help="a turn or a part of a show as subtitles, sound and data")
    add_config(command)
    command.add_argument("log", type=Path, metavar="LOG", help="a .showlog file of the data folder")
    command.add_argument("--turn", metavar="ID", help="a turn, by its id, the beginning of that, or `last`")
    command.add_argument("--from", dest="begin", metavar="T", help="second of the show, or minutes:seconds")
    command.add_argument("--to", dest="end", metavar="T", help="the same; without it, the end of the show")
    command.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="where the files go (default: here)"
    )
    command.add_argument("--no-sound", action="store_true", help="make no WAV: no voice is started")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    """Write the files of a clip. Raises ConfigError."""
    log = read_log(options.log)
    clip = _wanted(log, options)
    name = f"{_plain(options.log.stem)}-{clip.name}"
    told = None
    files = {
        f"{name}.srt": srt(clip.cues()).encode(),
        f"{name}.vtt": vtt(clip.cues(), clip.character).encode(),
    }
    if not options.no_sound:
        settings = config.load(options.config)
        files[f"{name}.wav"], told = asyncio.run(_spoken(settings, log, clip, f"{name}.wav"))
        _say_of_sound(told)
    files[f"{name}.json"] = as_json(clip, told).encode()
    _write(options.out, files)
    console.print(
        f"[green]✓[/] {len(clip.lines)} sentences, {clip.length:.1f} s, from {clip.begin:.1f} s on: "
        f"{plain(str(options.out / name))}.{{{','.join(file.rsplit('.', 1)[1] for file in files)}}}"
    )
    return 0


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write these files into a folder, which is made if it is not there. Raises ConfigError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise ConfigError(f"The files cannot be written to {folder}: {error.strerror}.") from error


def second(text: str, option: str) -> Seconds:
    """Return the second of a show that is written as seconds, m:s or h:m:s. Raises ConfigError."""
    found = _TIME.fullmatch(text)
    if not found:
        raise ConfigError(f"{option} must be a number of seconds, or like 12:30 or 1:12:30.")
    hours, minutes, seconds = found.groups()
    return int(hours or 0) * 3600.0 + int(minutes or 0) * 60.0 + float(seconds)


def _wanted(log: ShowLog, options: argparse.Namespace) -> Clip:
    is_span = options.begin is not None or options.end is not None
    if is_span == (options.turn is not None):
        raise ConfigError("Say which part it is to be: --turn ID, or --from T and --to T.")
    if options.turn is not None:
        return clip_of_turn(log, options.turn)
    begin = second(options.begin or "0", "--from")
    return clip_of_span(log, begin, None if options.end is None else second(options.end, "--to"))


async def _spoken(settings: Settings, log: ShowLog, clip: Clip, file: str) -> tuple[bytes, SoundTold]:
    """Return the clip's WAV, spoken anew, and what there is to tell of it. Raises ConfigError."""
    shown = log.plan.role.spoken or SpokenText()
    sounds: dict[Line, bytes] = {}
    with console.status("Speaking …"):
        async with _voice(settings) as (voice, status):
            for line in clip.lines:
                words = shown(line.whole)
                if not line.sounds or not speakable(words):
                    continue
                try:
                    async with aclosing(voice.synthesize(words)) as chunks:
                        sounds[line] = b"".join([chunk async for chunk in chunks])
                except EngineError as error:
                    raise ConfigError(
                        f"The voice cannot speak this: {error} --no-sound leaves it out."
                    ) from error
            rate = voice.sample_rate
    pcm, cut = laid_out(clip, sounds, rate)
    silent = sum(not sounds.get(line) for line in clip.lines)
    told = SoundTold(file=file, voice=status.engine, rate=rate, cut=cut, silent=silent)
    return wav(pcm, rate), told


@asynccontextmanager
async def _voice(settings: Settings) -> AsyncGenerator[tuple[FallbackVoice, EngineStatus], None]:
    """Start the voice of the configuration's character, as a show has it, without any that stand in for it."""
    wanted = settings.character_config.tts_config
    async with EnginePool(TTS_ENGINES, EMBEDDED_VOICES) as pool:
        lease = await pool.take(wanted.tts_model, wanted.options(wanted.tts_model))
        if lease.status.note:
            remark(lease.status.note)
        yield FallbackVoice({lease.status.engine: lease.engine}, lambda *_: None), lease.status


def _say_of_sound(told: SoundTold) -> None:
    console.print(
        f"The log keeps no sound: {plain(told.voice)} has spoken it anew, each sentence at its time."
    )
    if told.cut:
        remark(f"{told.cut} sentences are longer than they were, and are cut where the next one begins.")


def _plain(text: str) -> str:
    """Return what of a file's name is fit for another one."""
    return (
        "".join(char for char in text if char.isascii() and (char.isalnum() or char in "-_"))[:60] or "show"
    )
