"""The section `autonomous` of a configuration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from open_llm_vtuber.autonomous.moments import ZoneName
from open_llm_vtuber.autonomous.personality import MoodSettings, Traits
from open_llm_vtuber.autonomous.rundown import Rundown
from open_llm_vtuber.autonomous.templates import Template
from open_llm_vtuber.autonomous.topics import REST, read_topics
from open_llm_vtuber.autonomous.triggers import (
    Action,
    IdleTrigger,
    RandomTrigger,
    TriggerConfig,
    named,
)
from open_llm_vtuber.autonomous.written_lines import LINES
from open_llm_vtuber.engines import faults
from open_llm_vtuber.errors import ConfigError, Fault, ProtocolError
from open_llm_vtuber.modes import Style
from open_llm_vtuber.settings.source import Source

SECTION = "autonomous"
MOST_TRIGGERS = 500
USUAL_TRIGGERS: tuple[TriggerConfig, ...] = named(
    (
        IdleTrigger(
            name="silence",
            after_s=45,
            action=Action(prompt="It has been quiet for a while. Say something worth hearing about {topic}."),
        ),
        RandomTrigger(name="gesture", mean_s=60, action=Action(motion="any")),
        RandomTrigger(name="face", mean_s=120, action=Action(expression="{mood}")),
    )
)
"""Where a file names none."""
USUAL_TOPICS = (
    "the weather outside",
    "a snack that deserves more fame",
    "a song that will not leave your head",
    "what the perfect lazy Sunday looks like",
    "a small thing that made you smile lately",
    "a game that you would like to replay for the first time",
    "an animal that looks made up",
    "a skill that you would like to learn overnight",
    "a word with a funny sound",
    "the best seat in any room",
    "a place that you would like to see",
    "whether breakfast is worth getting up for",
)


class PersonalitySettings(BaseModel):
    """What she is like, and what she likes to talk about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    traits: Traits = Traits()
    mood: MoodSettings = MoodSettings()
    style: Style = "casual"
    topics: tuple[Annotated[str, Field(min_length=1, max_length=120)], ...] = USUAL_TOPICS
    topics_file: Path | None = None
    """A topic a line, instead of `topics`; beside the configuration."""
    topic_rest_s: float = Field(default=REST, ge=0)
    """How long a topic rests once it was used."""
    propose_topics: bool = False
    """Ask the language model for topics when all are resting."""


class AutonomousSettings(BaseModel):
    """What she does when nobody asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False
    """Also in other backend modes than `autonomous`."""
    timezone: ZoneName = "UTC"
    """Of cron lines, dates and quiet hours that name none."""
    personality: PersonalitySettings = PersonalitySettings()
    triggers: Annotated[tuple[TriggerConfig, ...], Field(max_length=MOST_TRIGGERS), AfterValidator(named)] = (
        USUAL_TRIGGERS
    )
    rundown: Rundown | None = None
    lines: tuple[Template, ...] = Field(default=LINES, min_length=1)
    """What she says when no language model answers."""


def read(given: Mapping[str, object], folder: Path, source: Source) -> AutonomousSettings:
    """Return the settings of a section as it was written, and the topics of its file.

    Raises ConfigError that names every fault at once, with its line.
    """
    faulty: list[Fault] = []
    settings = AutonomousSettings()
    try:
        settings = AutonomousSettings.model_validate(given)
    except ValidationError as error:
        faulty.extend(source.faults(error, AutonomousSettings, (SECTION,)))
    personality = settings.personality
    if file := _topics_file(given):
        try:
            personality = personality.model_copy(update={"topics": tuple(read_topics(folder / file))})
        except ConfigError as error:
            faulty.append(source.fault(str(error), (SECTION, "personality", "topics_file")))
    if faulty:
        raise source.wrong(faulty)
    return settings.model_copy(update={"personality": personality})


def _topics_file(given: Mapping[str, object]) -> str | None:
    """Return the name of the topic file, also where something else in the section is wrong."""
    personality = given.get("personality")
    file = personality.get("topics_file") if isinstance(personality, Mapping) else None
    return file if isinstance(file, str) and file else None


_TRIGGER: TypeAdapter[TriggerConfig] = TypeAdapter(TriggerConfig)


def triggers_from(given: Sequence[Mapping[str, object]]) -> tuple[TriggerConfig, ...]:
    """Return triggers as a configuration has them that was checked, each with its name."""
    return named(tuple(_TRIGGER.validate_python(each) for each in given))


def trigger_from(name: str, given: Mapping[str, object]) -> TriggerConfig:
    """Return the trigger that a client describes. Raises ProtocolError that says what is wrong with it."""
    try:
        return _TRIGGER.validate_python({**given, "name": name})
    except ValidationError as error:
        raise ProtocolError(faults(error), code="bad-message") from None
