"""The character files beside the configuration: what is listed, under which name, and what is noted."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from open_llm_vtuber import characters, config
from open_llm_vtuber.characters import CharacterFiles, Listing
from open_llm_vtuber.config import Character, Settings

BASE = {"conf_name": "Mika", "conf_uid": "mika_001", "persona_prompt": "You are Mika.", "avatar": "mika.png"}


def files(folder: Path, **named: str) -> CharacterFiles:
    """Return the reader of a folder with `felix.yaml` for `felix=…`."""
    for name, text in named.items():
        write(folder, f"{name}.yaml", text)
    return CharacterFiles(Settings.model_validate({"character_config": BASE, "folder": folder}))


def write(folder: Path, file: str, text: str) -> None:
    path = folder / "characters" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def names(listing: Listing) -> dict[str, str]:
    return {each.file: each.name for each in listing.characters}


def test_without_a_folder_there_is_the_configurations_own_character(tmp_path: Path) -> None:
    listing = files(tmp_path).listing()
    assert names(listing) == {"conf.yaml": "Mika"}
    assert listing.notes == ()


def test_the_own_character_comes_first_and_nested_files_are_listed_by_their_path(tmp_path: Path) -> None:
    reader = files(tmp_path, alice="character_config: {conf_name: Alice}")
    write(tmp_path, "more/deep/bob.yml", "character_config: {conf_name: Bob}")
    assert list(names(reader.listing()).items()) == [
        ("conf.yaml", "Mika"),
        ("alice.yaml", "Alice"),
        ("more/deep/bob.yml", "Bob"),
    ]


def test_a_file_is_laid_over_the_configurations_own_character(tmp_path: Path) -> None:
    text = "character_config: {conf_name: Alice, tts_config: {tts_model: tone_tts}, avatar: }"
    found = files(tmp_path, alice=text).listing().find("alice.yaml")
    assert found is not None
    assert found.character.persona_prompt == "You are Mika."
    assert found.character.tts_config.tts_model == "tone_tts"
    assert found.character.avatar == "mika.png", "a key without a value says nothing"


def test_an_empty_character_name_means_the_name_of_the_configuration(tmp_path: Path) -> None:
    found = files(tmp_path, alice="character_config: {conf_name: Alice, character_name: ''}").listing()
    assert found.characters[1].character.name == "Alice"


def test_characters_of_the_same_name_are_told_apart_by_their_files(tmp_path: Path) -> None:
    named = names(
        files(
            tmp_path,
            a="character_config: {conf_name: Mika}",
            b="character_config: {conf_name: 'Mika (a.yaml)'}",
            c="character_config: {conf_name: ' '}",
        ).listing()
    )
    assert len(set(named.values())) == 4
    assert named["conf.yaml"] == "Mika"
    assert named["a.yaml"] == "Mika (a.yaml)"


FAULTY = {
    "empty": b"",
    "a list": b"- 1",
    "no character": b"system_config: {port: 1}",
    "an empty character": b"character_config: {}",
    "no YAML": b"character_config: [",
    "a date that is none": b"character_config: {conf_name: 2024-99-99}",
    "another encoding": "character_config: {conf_name: é}".encode("latin-1"),
    "a wrong type": b"character_config: {conf_name: [hunter2]}",
    "a circle": b"character_config: &a {conf_name: *a}",
    "too deep": b"character_config: " + b"[" * 2_000,
    "zeros": b"\0" * 100,
    "an empty persona": b"character_config: {persona_prompt: ''}",
}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_file_hides_nobody_else_and_is_noted(tmp_path: Path, fault: str) -> None:
    reader = files(tmp_path, alice="character_config: {conf_name: Alice}")
    (tmp_path / "characters" / "faulty.yaml").write_bytes(FAULTY[fault])
    listing = reader.listing()
    assert names(listing) == {"conf.yaml": "Mika", "alice.yaml": "Alice"}
    (note,) = listing.notes
    assert "faulty.yaml" in note
    assert str(tmp_path) not in note
    assert "hunter2" not in note


def test_half_a_character_in_a_name_does_not_keep_the_list_from_being_sent(tmp_path: Path) -> None:
    listing = files(tmp_path, half='character_config: {conf_name: "\\ud800"}').listing()
    assert names(listing)["half.yaml"] == "?"


def test_what_is_no_file_or_too_large_is_noted_and_not_opened(tmp_path: Path) -> None:
    reader = files(tmp_path, large="#" * (characters.LARGEST_FILE + 1))
    os.mkfifo(tmp_path / "characters" / "pipe.yaml")
    (tmp_path / "characters" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    listing = reader.listing()
    assert len(listing.characters) == 1
    assert len(listing.notes) == 3


def test_a_file_whose_name_clients_could_not_send_back_is_noted(tmp_path: Path) -> None:
    reader = files(tmp_path, conf="character_config: {conf_name: Impostor}")
    folder = os.fsencode(tmp_path / "characters")
    for name in (b"\xff.yaml", b"line\nbreak.yaml"):
        Path(os.fsdecode(folder + b"/" + name)).write_text("character_config: {conf_name: X}")
    write(tmp_path, f"{'d' * 200}/{'e' * 100}.yaml", "character_config: {conf_name: X}")
    listing = reader.listing()
    assert names(listing) == {"conf.yaml": "Mika"}
    assert len(listing.notes) == 4
    assert all(note.isprintable() for note in listing.notes)


def test_the_folder_is_looked_at_anew_and_unchanged_files_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = files(tmp_path, alice="character_config: {conf_name: Alice}")
    real, read = config.character, list[str]()

    def counted(
        base: Character, file: Path, environment: Mapping[str, str]
    ) -> tuple[Character, Sequence[str]]:
        read.append(file.name)
        return real(base, file, environment)

    monkeypatch.setattr(config, "character", counted)
    reader.listing()
    write(tmp_path, "bob.yaml", "character_config: {conf_name: Bob}")
    assert len(reader.listing().characters) == 3
    write(tmp_path, "alice.yaml", "character_config: {conf_name: Alice the Second}")
    (tmp_path / "characters" / "bob.yaml").unlink()
    assert names(reader.listing()) == {"conf.yaml": "Mika", "alice.yaml": "Alice the Second"}
    assert read == ["alice.yaml", "bob.yaml", "alice.yaml"]


def test_only_so_many_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(characters, "MOST_FILES", 2)
    reader = files(tmp_path, **{name: f"character_config: {{conf_name: {name}}}" for name in "abc"})
    listing = reader.listing()
    assert len(listing.characters) == 3
    assert "more than 2" in listing.notes[0]


@given(st.text(max_size=40) | st.sampled_from(("../alice.yaml", "/etc/passwd", "alice", "ALICE.yaml", "\0")))
def test_only_what_is_listed_is_found(file: str) -> None:
    listing = CharacterFiles(Settings.model_validate({"character_config": BASE})).listing()
    assert (listing.find(file) is not None) == (file == "conf.yaml")
