"""The text of `conf.yaml`: what was chosen, each key with a remark, and a few examples to go on from. Pure."""

from collections.abc import Iterator
from datetime import date

import yaml

from open_llm_vtuber.first_run.choices import Choices, Engine, persona_prompt, uid
from open_llm_vtuber.settings.file import literally

_HEAD = """\
# Settings of Open-LLM-VTuber live, written by the set-up page on {day}. They are yours: change what you like.
# `open-llm-vtuber check` reads this file and tries everything once; they are in force with the next start.
# A line with "#: " in front is an example: take those characters away, and it counts.
"""
_REMARKS = {
    "base_url": "where it is asked",
    "model": "which one of those that are there",
    "llm_api_key": "stands in keys.env beside this file, or in the environment",
    "api_key": "stands in keys.env beside this file, or in the environment",
    "voice": "which of its voices",
}
_WITHOUT_BRAIN = """\
      #: openai_compatible_llm:              # for Ollama; set llm_provider above to openai_compatible_llm
      #:   base_url: http://127.0.0.1:11434/v1
      #:   model: llama3.2
"""
_REST = """\

#: cue_sheets:                              # what she does about raids, gifts, rewards: docs/how-to/cue-sheets.md
#:   big-raid:
#:     on: raid
#:     min_amount: 20
#:     steps:
#:       - motion: [Wave, 0]
#:       - prompt: "Welcome {username} and {amount} raiders."

#: autonomous:                              # what she does when nobody writes: docs/how-to/autonomous-show.md
#:   enabled: true

#: budget:                                  # what remote language models may cost: docs/how-to/providers.md
#:   per_stream: 1.00
"""


def conf_yaml(choices: Choices, brain: Engine, voice: Engine, day: date, system: str = "") -> str:
    """Return the file. `system` is the section `system_config` of a file before, as it was written there."""
    parts = [
        _HEAD.format(day=day.isoformat()),
        "character_config:",
        *_who(choices),
        *_brain(brain),
        *_voice(voice),
        *_channel(choices.channel),
        *_system(system),
    ]
    return "\n".join(parts) + "\n" + _REST


def _who(choices: Choices) -> Iterator[str]:
    yield _key("  conf_name", choices.name, "the character's name")
    yield _key("  conf_uid", uid(choices.name), "what her conversations are kept under")
    yield _key("  live2d_model_name", "mika", "the avatar; mika is the one that comes along")
    yield "  # Who she is. This is told to the language model in front of every answer."
    yield _block("persona_prompt", persona_prompt(choices.name, choices.persona), "  ")


def _brain(engine: Engine) -> Iterator[str]:
    yield ""
    yield "  agent_config:"
    yield "    agent_settings:"
    yield "      basic_memory_agent:"
    yield _key("        llm_provider", engine.name, "the language model, by its name below")
    if engine.options:
        yield "    llm_configs:"
        yield f"      {engine.name}:"
        yield from _options(engine, "        ")
    else:
        yield "    # embedded_llm is a demo: tiny, and no personality. Any of these takes its place:"
        yield "    #: llm_configs:"
        yield _WITHOUT_BRAIN.rstrip("\n")


def _voice(engine: Engine) -> Iterator[str]:
    yield ""
    yield "  tts_config:"
    yield _key("    tts_model", engine.name, "the voice; `open-llm-vtuber engines` lists all")
    if engine.options:
        yield f"    {engine.name}:"
        yield from _options(engine, "      ")


def _options(engine: Engine, indent: str) -> Iterator[str]:
    for name, value in engine.options.items():
        if name == engine.key_option:
            yield _line(f"{indent}{name}: ${{{engine.variable}}}", _REMARKS[name])
        else:
            yield _key(indent + name, value, _REMARKS[name])


def _channel(channel: str) -> Iterator[str]:
    yield ""
    yield "live_config:"
    yield "  twitch:"
    remark = "read without a login; `open-llm-vtuber twitch login` hears more"
    yield _key("    channel", channel, remark if channel else "your channel's name: then she reads its chat")


def _system(text: str) -> Iterator[str]:
    yield ""
    if text:
        yield text.rstrip()
        return
    yield "#: system_config:"
    yield "#:   port: 12393                            # where the pages are"
    yield "#:   access_token: ${ACCESS_TOKEN}          # needed before `host` may be another than localhost"


def _key(name: str, value: str, remark: str) -> str:
    return _line(f"{name}: {_scalar(value)}", remark)


def _line(text: str, remark: str) -> str:
    return f"{text:<44}# {remark}" if len(text) < 44 else f"{text}  # {remark}"  # noqa: PLR2004  a column


def _scalar(text: str) -> str:
    """Return a text between double quotes, whatever is in it."""
    written: str = yaml.safe_dump(literally(text), default_style='"', allow_unicode=True, width=10**9)
    return written.strip()


def _block(name: str, text: str, indent: str) -> str:
    """Return a text as a block that is easily read, or between quotes where YAML has no block for it."""
    written: str = yaml.dump({name: literally(text)}, Dumper=_Blocks, allow_unicode=True, width=10**9)
    return "\n".join(indent + line if line else line for line in written.rstrip("\n").split("\n"))


class _Blocks(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Blocks.add_representer(str, _as_block)


def section_of(text: str, name: str) -> str:
    """Return a section of a file as it is written there, "" when there is none or the file cannot be read."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return ""
    if not isinstance(tree, yaml.MappingNode) or tree.flow_style:
        return ""
    for key, value in tree.value:
        if key.value == name:
            return text[key.start_mark.index : value.end_mark.index].rstrip()
    return ""
