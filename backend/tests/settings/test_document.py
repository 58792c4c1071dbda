"""An edit puts one value into a configuration's text and leaves the rest as its author wrote it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.settings.document import text_at, value_at, with_text, with_value
from open_llm_vtuber.settings.file import parsed

PERSONA = ("character_config", "persona_prompt")
WORDS = ("live_config", "chat", "moderation", "banned_words")
SHEETS = ("cue_sheets",)
TEXT = """\
# What she is on air with.
system_config:
    host: 'localhost'      # only here
    tool_prompts:
        # the first
        live2d_expression_prompt: 'live2d_expression_prompt'

# === her ===
character_config:
  persona_prompt: |
    You are Mili.
    You like ${GAME}.
  agent_config:
      llm_configs: {ollama_llm: {model: "qwen", temperature: 1.0}}   # fast
  tts_config:
    tts_model:   edge_tts
live_config:
  chat:
    moderation:
      banned_words:
        - spoiler   # until the release
        - "no"
        # names
        - Voldemort
      topics: [politics]
cue_sheets:  # what she does when
  # raids
  welcome:
    on: raid
    steps:
    - {motion: [Wave, 0]}
    - prompt: "Welcome {username}."   # short
"""


def said(text: str) -> dict[str, object]:
    return parsed(text.encode(), "")[0]


def differing(before: str, after: str) -> list[str]:
    """Return the lines that only one of the texts has."""
    old, new = before.splitlines(), after.splitlines()
    return [f"-{line}" for line in old if line not in new] + [f"+{line}" for line in new if line not in old]


def test_only_the_lines_of_the_value_change_however_the_rest_is_indented() -> None:
    after = with_value(TEXT, PERSONA, "You are Mili.\nYou like chess.\n")
    assert differing(TEXT, after) == ["-    You like ${GAME}.", "+    You like chess."]
    assert value_at(said(after), PERSONA) == "You are Mili.\nYou like chess.\n"


def test_a_list_keeps_its_comments_and_a_word_that_is_a_truth_in_yaml_stays_a_word() -> None:
    after = with_value(TEXT, WORDS, ["spoiler", "no", "Voldemort", "yes", "1:30", "on"])
    added = ['+        - "yes"', '+        - "1:30"', '+        - "on"']
    assert differing(TEXT, after) == added
    assert "# until the release" in after
    fewer = with_value(TEXT, WORDS, ["no", "Voldemort"])
    assert "spoiler" not in fewer
    assert "# names" in fewer


def test_what_was_not_there_is_put_in_and_nothing_is_taken_out() -> None:
    after = with_value(TEXT, ("live_config", "chat", "commands", "say", "enabled"), False)
    assert value_at(said(after), ("live_config", "chat", "commands")) == {"say": {"enabled": False}}
    assert [line for line in differing(TEXT, after) if line.startswith("-")] == []
    gone = with_value(after, ("live_config", "chat", "commands"), None)
    assert said(gone) == said(TEXT)


def test_a_file_that_is_empty_or_holds_comments_only_gets_its_first_section() -> None:
    for text in ("", "# mine\n", "---\n"):
        after = with_value(text, PERSONA, "You are Mili.")
        assert said(after) == {"character_config": {"persona_prompt": "You are Mili."}}
        assert "# mine" not in text or "# mine" in after


def test_a_section_is_read_and_written_as_yaml_with_its_comments() -> None:
    inner = text_at(TEXT, SHEETS)
    assert inner.startswith("# raids\nwelcome:\n  on: raid\n")
    assert with_text(TEXT, SHEETS, inner) == TEXT
    after = with_text(TEXT, SHEETS, inner + "bye:  # at the end\n- say: Bye!\n")
    assert value_at(said(after), ("cue_sheets", "bye")) == [{"say": "Bye!"}]
    assert "# raids" in after
    assert "bye:  # at the end" in after
    assert "cue_sheets:  # what she does when" in after
    assert text_at(after, ("autonomous", "triggers")) == ""


@pytest.mark.parametrize(
    ("inner", "sentence"),
    [
        ("a:\n  - say: x\n b: 1", "line 3"),
        ("a: *b", "References"),
        ("a: &b [1]\nc: *b", "References"),
        ("x" * 300_000, "longer"),
    ],
)
def test_a_text_that_cannot_be_read_says_where(inner: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        with_text(TEXT, SHEETS, inner)


def test_what_several_places_share_is_left_to_the_file() -> None:
    text = "a: &shared {x: 1}\nlive_config: *shared\n"
    with pytest.raises(ConfigError, match="by hand"):
        with_value(text, ("live_config", "x"), 2)


plain = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn")), max_size=30)
values = st.recursive(
    st.one_of(plain, st.text("a \n:#'\"-", max_size=20), st.integers(-9, 9), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("abcon:é1 ", min_size=1, max_size=5), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from([PERSONA, WORDS, SHEETS, ("autonomous", "triggers"), ("live_config", "chat")]),
    value=values,
)
def test_whatever_is_put_in_is_read_again_and_nothing_else_has_changed(
    path: tuple[str, ...], value: object
) -> None:
    try:
        after = with_value(TEXT, path, value)
    except ConfigError as error:
        assert "by hand" in str(error)  # noqa: PT017  a value that YAML cannot hold as a line is refused, never spoilt
        return
    assert value_at(said(after), path) == value
    back = with_value(after, path, value_at(said(TEXT), path))
    assert said(back) == said(TEXT)
