"""What a language model is told about who it is."""

from pathlib import Path

import pytest

from open_llm_vtuber.persona import LONGEST_PROMPT, group_prompt, persona, speak_up_prompt


def prompt(folder: Path, stem: str, text: str) -> None:
    (folder / "prompts" / "utils").mkdir(parents=True, exist_ok=True)
    (folder / "prompts" / "utils" / f"{stem}.txt").write_text(text, encoding="utf-8")


def test_without_prompts_it_is_the_persona(tmp_path: Path) -> None:
    assert persona("You are Mika.", {}, tmp_path, ["joy"]).text == "You are Mika."


def test_prompts_are_appended_in_their_order_under_whatever_name(tmp_path: Path) -> None:
    prompt(tmp_path, "short", "Be brief.")
    prompt(tmp_path, "aloud", "Be speakable.")
    made = persona("You.", {"x_prompt": "short", "speakable_prompt": "aloud"}, tmp_path, [])
    assert made.text == "You.\n\nBe brief.\n\nBe speakable."
    assert made.notes == ()


def test_the_emotions_stand_where_the_prompt_has_a_place_for_them(tmp_path: Path) -> None:
    prompt(tmp_path, "live2d", "Use [<insert_emomap_keys>] at will.")
    made = persona("You.", {"live2d_expression_prompt": "live2d"}, tmp_path, ["joy", "anger"])
    assert made.text == "You.\n\nUse [anger], [joy],  at will."
    assert made.names_emotions


def test_prompts_for_other_occasions_are_not_appended(tmp_path: Path) -> None:
    for name in ("group_conversation_prompt", "proactive_speak_prompt", "mcp_prompt"):
        prompt(tmp_path, name, "no")
        assert persona("You.", {name: name}, tmp_path, []).text == "You."


@pytest.mark.parametrize("stem", ["missing", "../secret", "/etc/passwd", "a/b", "x\0", "n" * 300])
def test_a_prompt_that_is_not_there_is_noted_without_a_path(tmp_path: Path, stem: str) -> None:
    (tmp_path / "prompts" / "utils").mkdir(parents=True)
    (tmp_path / "prompts" / "secret.txt").write_text("secret")
    made = persona("You.", {"live_prompt": stem}, tmp_path, [])
    assert made.text == "You."
    assert "live_prompt" in made.notes[0]
    assert str(tmp_path) not in made.notes[0]


def test_a_missing_prompt_about_emotions_needs_no_note_for_ours_does_the_same(tmp_path: Path) -> None:
    made = persona("You.", {"live2d_expression_prompt": "live2d_expression_prompt"}, tmp_path, ["joy"])
    assert (made.notes, made.names_emotions) == ((), False)


def test_an_endless_prompt_is_cut(tmp_path: Path) -> None:
    prompt(tmp_path, "long", "x" * (LONGEST_PROMPT + 1))
    assert len(persona("", {"live_prompt": "long"}, tmp_path, []).text) <= LONGEST_PROMPT + 2


def test_the_prompts_for_other_occasions_are_found_under_their_own_names(tmp_path: Path) -> None:
    prompt(tmp_path, "alone", "Say something.")
    prompt(tmp_path, "together", "You are several.")
    prompts = {"proactive_speak_prompt": "alone", "group_conversation_prompt": "together"}
    said: list[str] = []
    assert speak_up_prompt(prompts, tmp_path, said.append) == "Say something."
    assert group_prompt(prompts, tmp_path, said.append) == "You are several."
    assert group_prompt({}, tmp_path, said.append) == ""
    assert said == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_prompt_that_an_editor_of_windows_has_written_is_read(tmp_path: Path, encoding: str) -> None:
    prompt(tmp_path, "short", "")
    (tmp_path / "prompts" / "utils" / "short.txt").write_bytes("Être brève.\r\nYes.\r\n".encode(encoding))
    assert persona("You.", {"x": "short"}, tmp_path, []).text == "You.\n\nÊtre brève.\nYes."


def test_a_prompt_that_is_missing_or_in_another_encoding_is_said_and_not_used(tmp_path: Path) -> None:
    prompt(tmp_path, "odd", "")
    (tmp_path / "prompts" / "utils" / "odd.txt").write_bytes("Être".encode("latin-1"))
    assert "x is not used: its file is not UTF-8" in persona("You.", {"x": "odd"}, tmp_path, []).notes[0]
    said: list[str] = []
    assert speak_up_prompt({"proactive_speak_prompt": "odd"}, tmp_path, said.append) == ""
    assert group_prompt({"group_conversation_prompt": "none"}, tmp_path, said.append) == ""
    assert ["not UTF-8" in said[0], "no text file" in said[1]] == [True, True]
