"""Nothing outside a model's folder is opened, whatever its files and links say."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d.files import LARGEST_JSON, ModelFiles, read_json

PIECES = (
    "..",
    ".",
    "",
    "a",
    "b",
    "link",
    "loop",
    "secret.json",
    "model.model3.json",
    "etc",
    "\\",
    "%2e%2e",
    "C:",
    "\0",
)
ONCE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)


def model_with_links(folder: Path) -> ModelFiles:
    """Return a model whose folder has links: one that leads out, one that leads to itself, one that stays inside."""
    root = folder / "live2d-models" / "m"
    (root / "a").mkdir(parents=True, exist_ok=True)
    (root / "model.model3.json").write_text("{}")
    (root / "a" / "b").write_text("[1]")
    (folder / "secret.json").write_text('"secret"')
    for name, leads_to in (("link", folder), ("loop", root / "loop"), ("inside", root / "a" / "b")):
        if not (root / name).is_symlink():
            (root / name).symlink_to(leads_to)
    return ModelFiles(root, root / "model.model3.json")


@ONCE
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map("/".join) | st.text(max_size=300))
def test_what_is_found_is_a_file_of_the_models_folder(tmp_path: Path, reference: str) -> None:
    files = model_with_links(tmp_path)
    with contextlib.suppress(ConfigError):
        found = files.find(reference)
        assert found.is_file()
        assert found.is_relative_to(files.root.resolve())


@ONCE
@given(st.text(max_size=300).map(lambda text: f"../{text}"))
def test_what_is_said_of_a_path_is_short_and_tells_nothing_of_this_machine(
    tmp_path: Path, reference: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        model_with_links(tmp_path).find(reference)
    assert len(str(caught.value)) < 300
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("../../secret.json", "outside"),
        ("link/secret.json", "outside"),
        ("loop", "cannot be opened|missing"),
        ("a", "is no file"),
        ("missing.json", "is missing"),
        ("a\\b", "write / between folders"),
        ("face#1.json", "rename"),
        ("a\nb", "cannot be the path"),
        ("x" * 300, "cannot be the path"),
        ("", "cannot be the path"),
    ],
)
def test_a_path_that_leads_nowhere_says_why(tmp_path: Path, reference: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        model_with_links(tmp_path).find(reference)


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    assert model_with_links(tmp_path).json("inside") == [1]


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe\x00", b"[" * 100_000, b'"' + b"x" * LARGEST_JSON + b'"']
)
def test_what_is_no_json_or_too_much_of_it_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"x\.json"):
        read_json(tmp_path / "x.json")


def test_files_are_read_in_whatever_unicode_encoding_an_editor_wrote(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"Name": "ミカ"}', encoding="utf-16")
    assert read_json(tmp_path / "x.json") == {"Name": "ミカ"}
