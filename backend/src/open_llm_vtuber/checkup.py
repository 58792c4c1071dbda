"""Everything that can be found wrong in a configuration before an engine starts, all of it at once."""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from open_llm_vtuber import config
from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.autonomous.settings import SECTION, AutonomousSettings
from open_llm_vtuber.autonomous.settings import read as read_autonomous
from open_llm_vtuber.casting import is_humes
from open_llm_vtuber.chat.cue_sheets import claims
from open_llm_vtuber.config import Character, Settings
from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.errors import ConfigError, Fault, ProtocolError
from open_llm_vtuber.live2d.reading import avatar
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.settings.chat import ExpressionStep
from open_llm_vtuber.settings.explained import nearest
from open_llm_vtuber.settings.file import read
from open_llm_vtuber.settings.keys import environment_of
from open_llm_vtuber.settings.source import Place, Source
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.unasked import missing_sheets
from open_llm_vtuber.vad import VAD_ENGINES

E = TypeVar("E")
NEAR = 0.8
"""How alike a key that nobody reads must be to one that is read before it is taken for a slip of the pen."""
NONE = "none"
EXTRAS: Mapping[str, str] = {
    "anthropic_llm": "anthropic",
    "edge_tts": "edge",
    "elevenlabs_tts": "elevenlabs",
    "embedded_asr": "ears",
    "embedded_llm": "embedded",
    "embedded_tts": "embedded",
    "kokoro_tts": "kokoro",
    "piper_tts": "piper",
    "silero_vad": "ears",
}
"""Engine → what brings its packages, as pyproject.toml calls it."""
_AGENT: Place = ("character_config", "agent_config")


@dataclass(slots=True)
class Findings:
    """What was found. Without settings the file could not be read as a whole."""

    settings: Settings | None = None
    faults: list[Fault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What is not wrong, but not as it was meant either."""


def examine(path: Path | None, frontend: Path, environment: Mapping[str, str] = os.environ) -> Findings:
    """Read a configuration as `config.load` does and look at each part of it, also where another one is faulty."""
    found = Findings()
    try:
        found.settings = config.load(path, environment)
        found.remarks.extend(found.settings.notes)
    except ConfigError as error:
        found.faults.extend(error.faults)
    written, source = _written(path or config.DEFAULT_FILE, environment)
    if not found.settings:
        found.remarks.extend(config.unknown_keys(written))
    own = written.get("character_config")
    found.remarks.extend(
        _slips(own if isinstance(own, Mapping) else {}, Character, source, ("character_config",))
    )
    right = found.settings or _what_is_right(written, path or config.DEFAULT_FILE, source, found.faults)
    character = found.settings.character_config if found.settings else _character(written)
    if character:
        _engines(character, source, found)
    autonomous = _autonomous(written, (path or config.DEFAULT_FILE).parent, source, found)
    if right:
        if autonomous and _is_right("cue_sheets", found.faults):
            found.faults.extend(missing_sheets(autonomous, right))
        if _is_right("character_config", found.faults):
            found.faults.extend(_body(right, autonomous or AutonomousSettings(), frontend))
    found.faults.sort(key=lambda each: each.line or 0)
    return found


def _what_is_right(
    written: Mapping[str, object], file: Path, source: Source, faults: Sequence[Fault]
) -> Settings | None:
    """Return the settings without the sections that are faulty; None where that is nothing."""
    own = {key: value for key, value in written.items() if _is_right(key, faults)}
    try:
        return Settings.model_validate({**own, "folder": file.parent, "source": source}) if own else None
    except ValidationError:
        return None


def _is_right(section: str, faults: Iterable[Fault]) -> bool:
    return all(each.place.partition(".")[0] != section for each in faults)


def _body(settings: Settings, autonomous: AutonomousSettings, frontend: Path) -> Iterator[Fault]:
    try:
        yield from body_faults(settings, autonomous, avatar(settings, frontend))
    except ConfigError as error:
        place = ("character_config", "live2d_model_name")
        yield settings.source.fault(str(error).rstrip("."), place)


def _written(path: Path, environment: Mapping[str, str]) -> tuple[dict[str, object], Source]:
    try:
        return read(path, environment_of(path.parent, environment, []), [])
    except ConfigError:  # it is said already
        return {}, Source()


def _character(written: Mapping[str, object]) -> Character | None:
    try:
        return Character.model_validate(written.get("character_config") or {})
    except ValidationError:
        return None


def _autonomous(
    written: Mapping[str, object], folder: Path, source: Source, found: Findings
) -> AutonomousSettings | None:
    section = written.get(SECTION)
    try:
        return read_autonomous(section if isinstance(section, Mapping) else {}, folder, source)
    except ConfigError as error:
        found.faults.extend(error.faults)
        return None


def _engines(character: Character, source: Source, found: Findings) -> None:
    """Look at the options of every engine that was chosen, and of those that stand in."""
    if not is_humes(character):
        agent = character.agent_config
        chosen = agent.agent_settings.basic_memory_agent.llm_provider
        name, options = agent.language_model()
        _options(LLM_ENGINES, name, options, (*_AGENT, "llm_configs", chosen), source, found)
    tts, asr, vad = character.tts_config, character.asr_config, character.vad_config
    for name in (tts.tts_model, *(tts.fallback or ())):
        place = ("character_config", "tts_config", name)
        _options(TTS_ENGINES, name, tts.options(name), place, source, found)
    for name in (asr.asr_model, *(asr.fallback or ())):
        place = ("character_config", "asr_config", name)
        _options(ASR_ENGINES, name, asr.options(name), place, source, found)
    place = ("character_config", "vad_config", vad.vad_model)
    _options(VAD_ENGINES, vad.vad_model, vad.options(), place, source, found)


def _options(
    table: EngineTable[E],
    name: str,
    options: Mapping[str, object],
    place: Place,
    source: Source,
    found: Findings,
) -> None:
    if name not in table:
        if name != NONE and (near := nearest(name, table)):
            found.remarks.append(f"There is no {name} here. {near}")
        return
    try:
        kind = table.options_of(name)
    except ConfigError as error:
        fix = (
            f"Install it: .venv/bin/pip install '.[{EXTRAS[name]}]', or choose another."
            if name in EXTRAS
            else ""
        )
        found.faults.append(source.fault(str(error).rstrip("."), place, fix))
        return
    found.remarks.extend(_slips(options, kind, source, place))
    try:
        kind.model_validate(options)
    except ValidationError as error:
        found.faults.extend(source.faults(error, kind, place))


def _slips(
    options: Mapping[str, object], kind: type[BaseModel], source: Source, place: Place
) -> Iterator[str]:
    """Yield a remark for each key that is not read and looks like one that is and was not given."""
    free = [name for name in kind.model_fields if name not in options]
    for name in options:
        if name not in kind.model_fields and (near := difflib.get_close_matches(name, free, 1, NEAR)):
            yield f"{source.fault('nobody reads this', (*place, name))}. Did you mean {near[0]}?"


def body_faults_of(settings: Settings, frontend: Path) -> Sequence[Fault]:
    """Return the same for settings whose parts are right; nothing where one of them is not, which is said elsewhere."""
    try:
        autonomous = read_autonomous(settings.autonomous, settings.folder, settings.source)
        return [*body_faults(settings, autonomous, avatar(settings, frontend))]
    except ConfigError:
        return []


def body_faults(settings: Settings, autonomous: AutonomousSettings, model: Live2dModel) -> Iterator[Fault]:
    """Yield what cue sheets and triggers ask of the avatar's face and body that it does not have."""
    source = settings.source
    for name, sheet in settings.cue_sheets.items():
        for step in claims(sheet.steps):
            place: Place = ("cue_sheets", name, *_steps_of(sheet.steps, step))
            if isinstance(step, ExpressionStep):
                yield from _face(step.expression, (*place, "expression"), model, source)
            else:
                yield from _gesture(step.motion, (*place, "motion"), model, source)
    if SECTION not in settings.model_fields_set:
        return
    for number, trigger in enumerate(autonomous.triggers):
        place = (SECTION, "triggers", number, "action")
        face, motion = trigger.action.expression, trigger.action.motion
        if face is not None and "{" not in str(face):
            yield from _face(face, (*place, "expression"), model, source)
        if isinstance(motion, tuple):
            yield from _gesture(motion, (*place, "motion"), model, source)


def _steps_of(steps: Sequence[object], step: object) -> Place:
    """Return where a step stands: sheets that are only a list have no key `steps`; the source finds both."""
    return ("steps", next(number for number, each in enumerate(steps) if each is step))


def _face(asked: int | str, place: Place, model: Live2dModel, source: Source) -> Iterator[Fault]:
    known = [*model.expressions, *model.emotions]
    if isinstance(asked, str) and asked.casefold() in {name.casefold() for name in known}:
        return
    try:
        model.expression(asked)
    except ProtocolError:
        there = f"There are: {', '.join(dict.fromkeys(known)) or 'none'}."
        sentence = f"the avatar {model.name} has no face {asked!r}"
        yield source.fault(sentence, place, nearest(asked, known) or there)


def _gesture(asked: tuple[str, int], place: Place, model: Live2dModel, source: Source) -> Iterator[Fault]:
    group, index = asked
    if group not in model.motions:
        there = f"There are: {', '.join(model.motions) or 'none'}."
        sentence = f"the avatar {model.name} has no gesture {group!r}"
        yield source.fault(sentence, place, nearest(group, model.motions) or there)
    elif index >= len(model.motions[group]):
        last = len(model.motions[group]) - 1
        sentence = f"the avatar {model.name} has no gesture {group} {index}"
        there = f"{group} goes from 0 to {last}." if last else f"There is only {group} 0."
        yield source.fault(sentence, place, there)
