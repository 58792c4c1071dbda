"""The configuration file is edited, undone and read anew; what is faulty changes nothing."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.conf_file import ConfFile
from open_llm_vtuber.config import PERSONA, Settings
from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.protocol.settings_messages import SectionName
from open_llm_vtuber.settings.sections import defaults
from open_llm_vtuber.unasked import checked

KEY = "sk-not-to-be-read"
TEXT = """\
# mine
character_config:
  persona_prompt: You are ${NAME}.   # for now
  agent_config: {llm_configs: {openai_llm: {llm_api_key: "${KEY}"}}}
live_config:
  chat: {moderation: {banned_words: [spoiler]}}
cue_sheets:
  hello: [{say: "Hello!"}]   # kept
autonomous:
  triggers:
    - {kind: event, on: raid, action: {cue_sheet: hello}}
"""


def conf_file(folder: Path, text: str | None = TEXT) -> ConfFile:
    file = folder / "conf.yaml"
    if text is not None:
        file.write_bytes(text.encode())
    usual = defaults(PERSONA, ({"kind": "idle", "after_s": 45.0},))
    return ConfFile(file, folder / "data", checked, usual, {"NAME": "Mika", "KEY": KEY})


def edit(conf: ConfFile, section: SectionName, value: Any = None, text: str | None = None) -> Settings:
    change = conf.edited(section, value, text)
    conf.commit(change)
    return change.settings


def test_an_edit_is_in_the_file_with_its_comments_and_references_and_is_undone_to_the_byte(
    tmp_path: Path,
) -> None:
    conf = conf_file(tmp_path)
    before = conf.revision
    new = edit(conf, "persona", "You are ${NAME}, and a knight.")
    assert new.character_config.persona_prompt == "You are Mika, and a knight."
    written = (tmp_path / "conf.yaml").read_text()
    assert written == TEXT.replace("You are ${NAME}.", "You are ${NAME}, and a knight.").replace(
        "   # for", " # for"
    )
    assert conf.can_undo
    conf.commit(conf.undone())
    assert (tmp_path / "conf.yaml").read_text() == TEXT
    assert conf.settings.character_config.persona_prompt == "You are Mika."
    assert conf.revision == before
    with pytest.raises(ProtocolError, match="nothing to undo"):
        conf.undone()


def test_a_program_that_starts_anew_undoes_too_and_not_what_was_changed_in_between(tmp_path: Path) -> None:
    edit(conf_file(tmp_path), "persona", "A")
    again = conf_file(tmp_path, None)
    again.commit(again.undone())
    assert (tmp_path / "conf.yaml").read_text() == TEXT
    edit(again, "persona", "B")
    assert not conf_file(tmp_path, TEXT + "# by hand\n").can_undo


def test_where_there_is_no_file_one_is_made_and_undone_again(tmp_path: Path) -> None:
    conf = conf_file(tmp_path, None)
    edit(conf, "moderation", {"banned_words": ["no"]})
    assert "Written by the control room" in (tmp_path / "conf.yaml").read_text()
    assert conf.settings.live_config.chat.moderation.banned_words == ("no",)
    conf.commit(conf.undone())
    assert not (tmp_path / "conf.yaml").exists()


@pytest.mark.parametrize(
    ("section", "value", "text", "sentence"),
    [
        ("persona", "", None, "persona_prompt: is empty → Write"),
        ("persona", ["a"], None, "persona_prompt"),
        ("moderation", {"banned_wrods": []}, None, "banned_wrods"),
        ("moderation", {"air_delay_s": 99, "slurs": "?"}, None, "slurs.*air_delay_s"),
        ("commands", {"say": {"allow": "nobody"}}, None, "commands.say.allow"),
        ("selection", {"weights": {"question": -1}}, None, "weights.question"),
        (
            "cue_sheets",
            None,
            "hello:\n- say: Hi!\n- jump: 3\n",
            r"^cue_sheets\.hello\.1 \(line 3\): is nothing [^;]* → It has one of motion, [^;]*$",
        ),
        ("cue_sheets", None, "hello: [\n", "line 2"),
        ("cue_sheets", {}, None, "there is no cue sheet 'hello'"),
        ("triggers", None, "- kind: idle\n  after_s: -1\n", r"autonomous.triggers.0.*\(line 2\)"),
        ("persona", "My key is ${KEY}.", None, r"only be named in the file itself: \$\{KEY\}"),
        ("cue_sheets", None, 'hello: [{say: "${PATH}"}]', "only be named in the file itself"),
    ],
)
def test_what_is_faulty_changes_nothing_and_says_why(
    tmp_path: Path, section: SectionName, value: Any, text: str | None, sentence: str
) -> None:
    conf = conf_file(tmp_path)
    with pytest.raises(ConfigError, match=sentence):
        conf.edited(section, value, text)
    assert (tmp_path / "conf.yaml").read_text() == TEXT
    assert not conf.can_undo
    assert conf.settings.character_config.persona_prompt == "You are Mika."


def test_what_is_described_holds_no_value_of_the_environment_and_no_other_section(tmp_path: Path) -> None:
    described = conf_file(tmp_path).described()
    assert KEY not in repr(described)
    assert "Mika." not in repr(described["persona"].value)
    assert described["persona"].value == "You are ${NAME}."
    assert described["cue_sheets"].text == 'hello: [{say: "Hello!"}]   # kept\n'
    assert described["triggers"].text.startswith("- {kind: event, on: raid")
    assert described["selection"].value is None
    assert described["commands"].defaults["say"]["viewer_cooldown_s"] == 60.0
    (tmp_path / "other").mkdir()
    assert (
        conf_file(tmp_path / "other", None).described()["triggers"].text == "- kind: idle\n  after_s: 45.0\n"
    )


def test_a_change_by_hand_is_taken_over_and_can_be_undone_and_a_fault_is_kept_in_mind(tmp_path: Path) -> None:
    conf, file = conf_file(tmp_path), tmp_path / "conf.yaml"
    assert conf.is_touched()
    assert not conf.is_touched()
    assert conf.reread() is None
    file.write_text(TEXT.replace("spoiler", "{"))
    assert conf.is_touched()
    with pytest.raises(ConfigError, match=r"conf.yaml is not valid YAML in line \d"):
        conf.reread()
    assert "not valid YAML" in conf.fault
    by_hand = TEXT.replace("spoiler", "ending")
    file.write_text(by_hand)
    change = conf.reread()
    assert change is not None
    conf.commit(change)
    assert conf.fault == ""
    assert file.read_text() == by_hand
    conf.commit(conf.undone())
    assert file.read_text() == TEXT


def test_what_would_change_is_told_by_the_lines_of_its_section(tmp_path: Path) -> None:
    conf = conf_file(tmp_path)
    assert conf.diff("persona", conf.edited("persona", "You are ${NAME}.\nBe kind.", None)) == ("+Be kind.",)
    sheet = 'hello: [{say: "Hi!"}]   # kept\n'
    assert conf.diff("cue_sheets", conf.edited("cue_sheets", None, sheet)) == (
        '-hello: [{say: "Hello!"}]   # kept',
        "+" + sheet.strip(),
    )
    assert conf.diff("persona", conf.edited("persona", "You are ${NAME}.", None)) == ()
    assert (tmp_path / "conf.yaml").read_text() == TEXT


@pytest.mark.parametrize(
    "bytes_before",
    [b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("utf-16"), TEXT.replace("\n", "\r\n").encode()],
)
def test_encoding_and_line_ends_stay_the_authors(tmp_path: Path, bytes_before: bytes) -> None:
    (tmp_path / "conf.yaml").write_bytes(bytes_before)
    conf = conf_file(tmp_path, None)
    edit(conf, "persona", "You are ${NAME}.\u00e9\n2")
    after = (tmp_path / "conf.yaml").read_bytes()
    assert after[:3] == bytes_before[:3]
    assert (after.count(b"\r\n") > 5) == (bytes_before.count(b"\r\n") > 5)
    assert conf_file(tmp_path, None).settings.character_config.persona_prompt == "You are Mika.\u00e9\n2"


def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    conf = conf_file(tmp_path)
    change = conf.edited("persona", "A", None)
    (tmp_path / "conf.yaml").unlink()
    (tmp_path / "conf.yaml").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        conf.commit(change)
    assert conf.settings.character_config.persona_prompt == "You are Mika."
    assert not conf.can_undo


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=12)
edits = st.one_of(
    st.tuples(st.just("persona"), st.text(st.sampled_from("ab \n#:'\"-{}!"), max_size=30)),
    st.tuples(
        st.just("moderation"),
        st.fixed_dictionaries(
            {}, optional={"banned_words": st.lists(words, max_size=3), "air_delay_s": st.integers(-5, 40)}
        ),
    ),
    st.tuples(
        st.just("commands"), st.fixed_dictionaries({"say": st.fixed_dictionaries({"enabled": st.booleans()})})
    ),
    st.tuples(st.just("selection"), st.just({"weights": {"question": 3}})),
    st.tuples(st.just("cue_sheets"), st.dictionaries(words, st.just([{"say": "Hi!"}]), max_size=2)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(edits, min_size=1, max_size=4))
def test_any_edits_are_undone_one_by_one_to_the_same_bytes_and_the_same_settings(
    wanted: list[tuple[SectionName, Mapping[str, Any] | str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        conf, file = conf_file(Path(folder)), Path(folder, "conf.yaml")
        past = []
        for section, value in wanted:
            before = (file.read_bytes(), conf.settings)
            try:
                edit(conf, section, value)
            except ConfigError:
                assert (file.read_bytes(), conf.settings) == before, "a faulty edit changes nothing"
                continue
            if file.read_bytes() != before[0]:
                past.append(before)
        for before in reversed(past):
            conf.commit(conf.undone())
            assert file.read_bytes() == before[0]
            assert conf.settings.model_dump() == before[1].model_dump()
        assert not conf.can_undo
        assert {path.name for path in Path(folder).iterdir()} <= {"conf.yaml", "data"}
