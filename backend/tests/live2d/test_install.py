"""Only what is known is installed, wherever it comes from."""

import base64
import hashlib
import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d.add_on import PACKAGES, Package
from open_llm_vtuber.live2d.install import by_hand, install, tarball

CONTENT = b"engine();"
NPM = """#!/bin/sh
[ "$1 $2 $3 $4" = "pack --silent --ignore-scripts --pack-destination" ] && cp "{source}" "$5/"
"""


def packed(folder: Path, files: Mapping[str, bytes], version: str = "1.0.0") -> Package:
    """Write a tarball as npm packs it, and return what is known of it."""
    folder.mkdir(exist_ok=True)
    file = folder / f"scope-engine-{version}.tgz"
    with tarfile.open(file, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    digest = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    known = {Path(name).name: (name, hashlib.sha256(content).hexdigest()) for name, content in files.items()}
    return Package("@scope/engine", version, f"sha512-{digest}", known)


def test_the_known_files_of_a_known_tarball_are_put_in_place(tmp_path: Path) -> None:
    package = packed(tmp_path / "tarballs", {"dist/engine.js": CONTENT, "LICENSE": b"MIT"})
    put = install(tmp_path / "data" / "add-on", tmp_path / "tarballs", [package])
    assert [file.read_bytes() for file in put] == [CONTENT, b"MIT"]
    assert sorted(file.name for file in (tmp_path / "data" / "add-on").iterdir()) == ["LICENSE", "engine.js"]


def test_a_tarball_with_another_hash_changes_nothing(tmp_path: Path) -> None:
    package = packed(tmp_path / "tarballs", {"dist/engine.js": CONTENT})
    target = tmp_path / "add-on"
    install(target, tmp_path / "tarballs", [package])
    packed(tmp_path / "tarballs", {"dist/engine.js": b"evil();"})
    with pytest.raises(ConfigError, match=r"scope-engine-1\.0\.0\.tgz is not the file that is known"):
        install(target, tmp_path / "tarballs", [package])
    assert (target / "engine.js").read_bytes() == CONTENT


def test_of_two_packages_none_is_installed_when_one_is_missing(tmp_path: Path) -> None:
    there = packed(tmp_path / "tarballs", {"dist/engine.js": CONTENT})
    missing = Package("other", "2.0.0", "sha512-", {})
    with pytest.raises(ConfigError, match=r"other-2\.0\.0\.tgz is missing"):
        install(tmp_path / "add-on", tmp_path / "tarballs", [there, missing])
    assert not (tmp_path / "add-on").exists()


@pytest.mark.skipif(os.name != "posix", reason="the npm of this test is a shell script")
def test_npm_fetches_the_packages_and_runs_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = packed(tmp_path / "registry", {"dist/engine.js": CONTENT})
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(NPM.format(source=tmp_path / "registry" / tarball(package)))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    (file,) = install(tmp_path / "add-on", None, [package])
    assert file.read_bytes() == CONTENT


@pytest.mark.skipif(os.name != "posix", reason="the npm of this test is a shell script")
def test_an_npm_that_fails_is_told_with_the_way_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ConfigError, match="npm could not fetch") as caught:
        install(tmp_path / "add-on")
    assert by_hand() in str(caught.value)


def test_without_npm_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="npm is not there") as caught:
        install(tmp_path / "add-on")
    for package in PACKAGES:
        assert f"{package.name}@{package.version}" in str(caught.value)
    assert "live2d install --from FOLDER" in str(caught.value)


def test_a_target_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    package = packed(tmp_path / "tarballs", {"dist/engine.js": CONTENT})
    (tmp_path / "add-on").write_text("a file is in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        install(tmp_path / "add-on", tmp_path / "tarballs", [package])
