"""What keeps Live2D models from being drawn is said with the fix."""

import hashlib
import json
from pathlib import Path

import pytest

from live2d_stand_in import ENGINE, put_add_on, put_core
from open_llm_vtuber.live2d.add_on import FOLDER, PACKAGES, SCRIPTS, AddOn, Package


@pytest.fixture
def add_on(tmp_path: Path) -> AddOn:
    put_add_on(tmp_path / "data")
    put_core(tmp_path)
    return AddOn(tmp_path / "data", tmp_path)


def test_when_all_is_there_nothing_is_missing(add_on: AddOn) -> None:
    assert add_on.missing() == ()


def test_with_nothing_there_both_parts_are_missing_and_the_fix_is_said(tmp_path: Path) -> None:
    engine, core = AddOn(tmp_path / "data", tmp_path).missing()
    assert "run `open-llm-vtuber live2d install`" in engine
    assert "live2d-models/live2dcubismcore.min.js beside the configuration" in core
    assert "accept its licence" in core


def test_a_file_that_is_not_the_known_one_is_not_used(add_on: AddOn) -> None:
    with (add_on.folder / "cubism.min.js").open("ab") as file:
        file.write(b";")
    (fault,) = add_on.missing()
    assert "cubism.min.js is not the file that is known" in fault


@pytest.mark.parametrize("content", [b"", b"<!doctype html>", b"Live2DCubismCore" + bytes(17_000_000)])
def test_what_is_no_cubism_core_is_told(add_on: AddOn, content: bytes) -> None:
    add_on.core.write_bytes(content)
    (fault,) = add_on.missing()
    assert "is not Live2D's Cubism Core" in fault


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_pinned_packages_are_those_that_the_tests_use(package: Package) -> None:
    locked = json.loads((ENGINE.parent / "package-lock.json").read_bytes())["packages"]
    known = locked[f"node_modules/{package.name}"]
    assert (known["version"], known["integrity"]) == (package.version, package.integrity)
    if not (ENGINE / package.name).is_dir():
        pytest.skip("npm has installed nothing in frontend/")
    for path, sha256 in package.files.values():
        assert hashlib.sha256((ENGINE / package.name / path).read_bytes()).hexdigest() == sha256, path


def test_pages_load_what_is_installed_and_core_before_the_engine_that_needs_it() -> None:
    names = {name for package in PACKAGES for name in package.files}
    assert {address.removeprefix(f"/{FOLDER}/") for address in SCRIPTS} - names == {
        "/live2d-models/live2dcubismcore.min.js"
    }
    assert [address.rpartition("/")[2] for address in SCRIPTS[-2:]] == [
        "live2dcubismcore.min.js",
        "cubism.min.js",
    ]
