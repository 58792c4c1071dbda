"""The section `autonomous` of a configuration, with every fault at once and its line."""

import re
from pathlib import Path

import pytest

from open_llm_vtuber import config
from open_llm_vtuber.autonomous.settings import (
    AutonomousSettings,
    read,
    trigger_from,
)
from open_llm_vtuber.errors import ConfigError, ProtocolError

FAULTY = """\
system_config: {port: 8000}
autonomous:
  enabled: true
  timezone: Europe/Berlln
  personality: {traits: {warmth: 7}, topics_file: nothing.txt}
  triggers:
    - {kind: interval, interval_s: -3, action: {say: "x"}}
    - kind: cron
      cron: "99 * * * *"
      action:
        prompt: "hi {username.__class__}"
    - {kind: nope, action: {say: x}}
    - {kind: idle, after_s: 3, action: {say: "x {"}}
  rundown:
    segments:
      - {name: hello, minutes: 0}
"""


def settings_of(tmp_path: Path, text: str) -> AutonomousSettings:
    file = tmp_path / "conf.yaml"
    file.write_text(text, encoding="utf-8")
    loaded = config.load(file, {})
    return read(loaded.autonomous, loaded.folder, loaded.source)


def test_every_fault_is_named_at_once_with_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        settings_of(tmp_path, FAULTY)
    sentence = str(raised.value)
    assert sentence.startswith("conf.yaml: ")
    for part in (
        "autonomous.timezone (line 4): there is no time zone",
        "autonomous.personality.traits.warmth (line 5): ",
        "autonomous.personality.topics_file (line 5): ",
        "autonomous.triggers.0.interval_s (line 7): must be more than 0",
        "autonomous.triggers.1.cron (line 9): '99 * * * *' is not a cron line",
        "autonomous.triggers.1.action.prompt (line 11): a template's field is a plain name",
        "autonomous.triggers.2 (line 12): kind is none of interval, ",
        "autonomous.triggers.3.action.say (line 13): the template is broken",
        "autonomous.rundown.segments.0.minutes (line 16): ",
    ):
        assert part in sentence


def test_every_example_of_the_page_about_it_can_be_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "topics.txt").write_text("cats\n")
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "autonomous-show.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        settings_of(tmp_path, example)


def test_an_empty_topic_file_is_a_fault_on_its_line(tmp_path: Path) -> None:
    (tmp_path / "topics.txt").write_text("# none yet\n")
    text = "autonomous:\n  personality:\n    topics_file: topics.txt\n"
    with pytest.raises(
        ConfigError, match=r"conf.yaml: autonomous.personality.topics_file \(line 3\): .*no topic"
    ):
        settings_of(tmp_path, text)
    (tmp_path / "topics.txt").write_text("cats\ndogs\n")
    assert settings_of(tmp_path, text).personality.topics == ("cats", "dogs")


def test_without_a_section_it_is_off_and_has_its_usual_triggers(tmp_path: Path) -> None:
    usual = settings_of(tmp_path, "system_config: {}\n")
    assert not usual.enabled
    assert [trigger.name for trigger in usual.triggers] == ["silence", "gesture", "face"]
    assert usual.personality.topics


def test_triggers_get_names_and_a_name_given_twice_is_a_fault(tmp_path: Path) -> None:
    one = "{kind: idle, after_s: 5, action: {say: hi}, name: a}"
    with pytest.raises(ConfigError, match=r"autonomous.triggers \(line 2\): two triggers are named 'a'"):
        settings_of(tmp_path, f"autonomous:\n  triggers: [{one}, {one}]\n")
    with pytest.raises(ConfigError, match="is not a key that we know"):
        settings_of(tmp_path, "autonomous: {enabeld: true}\n")


def test_a_clients_trigger_is_read_under_its_name_or_refused_in_words() -> None:
    trigger = trigger_from("tick", {"kind": "idle", "after_s": 5, "action": {"say": "hi"}, "name": "other"})
    assert trigger.name == "tick"
    with pytest.raises(ProtocolError, match="kind"):
        trigger_from("tick", {"action": {"say": "hi"}})
    with pytest.raises(ProtocolError, match="after_s: Field required"):
        trigger_from("tick", {"kind": "idle", "action": {"say": "hi"}})
