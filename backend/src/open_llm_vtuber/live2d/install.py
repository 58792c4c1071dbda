"""Installing the add-on: npm fetches the two packages, and only files whose hashes are known are put in place."""

import base64
import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.live2d.add_on import INSTALL, PACKAGES, Package
from open_llm_vtuber.units import Seconds

LARGEST_TARBALL = 64_000_000
"""Bytes."""
NPM_LIMIT: Seconds = 300.0


def install(target: Path, tarballs: Path | None = None, packages: Sequence[Package] = PACKAGES) -> list[Path]:
    """Put the packages' files into `target`, and return them. Raises ConfigError, and then nothing was changed.

    The packages come from `tarballs`, a folder that `npm pack` has filled, or are fetched by npm.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if tarballs is None else tarballs
        contents = {}
        for package in packages:
            if tarballs is None:
                fetch(package, folder)
            contents.update(unpacked(package, folder / tarball(package)))
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            _put(target / name, content)
    except OSError as error:
        raise ConfigError(f"The Live2D add-on cannot be written: {error.strerror}.") from error
    return [target / name for name in contents]


def tarball(package: Package) -> str:
    """Return the name that `npm pack` gives to the package's file."""
    return f"{package.name.removeprefix('@').replace('/', '-')}-{package.version}.tgz"


def by_hand() -> str:
    """Say what to do where npm is not there or cannot reach its registry."""
    wanted = " ".join(f"{package.name}@{package.version}" for package in PACKAGES)
    return (
        f"Install Node.js, which brings npm; or run `npm pack {wanted}` on another machine, copy the files "
        f"here, and run `{INSTALL} --from FOLDER`."
    )


def fetch(package: Package, folder: Path) -> None:
    """Let npm put the package's tarball into the folder. Nothing in it is run. Raises ConfigError."""
    npm = shutil.which("npm")
    if npm is None:
        raise ConfigError(f"npm is not there, which fetches the Live2D add-on. {by_hand()}")
    wanted = f"{package.name}@{package.version}"
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), wanted]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=NPM_LIMIT, cwd=folder)  # noqa: S603  constant arguments
    except (subprocess.SubprocessError, OSError) as error:
        raise ConfigError(f"npm could not fetch {wanted}. {by_hand()}") from error


def unpacked(package: Package, file: Path) -> dict[str, bytes]:
    """Return the files that are taken of a tarball, compared with what is known of them. Raises ConfigError."""
    try:
        if file.stat().st_size > LARGEST_TARBALL:
            raise ConfigError(f"{file.name} is larger than {LARGEST_TARBALL} bytes.")
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file.name} is missing. {by_hand()}") from error
    _compare(file.name, base64.b64encode(hashlib.sha512(content).digest()).decode(), package.integrity[7:])
    found = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:  # known to the last bit by now
        for name, (path, sha256) in package.files.items():
            member = archive.extractfile(f"package/{path}")
            found[name] = member.read() if member else b""
            _compare(path, hashlib.sha256(found[name]).hexdigest(), sha256)
    return found


def _compare(name: str, found: str, known: str) -> None:
    if found != known:
        raise ConfigError(f"{name} is not the file that is known (its hash differs); nothing was installed.")


def _put(place: Path, content: bytes) -> None:
    new = place.with_name(place.name + ".new")
    new.write_bytes(content)
    new.replace(place)  # a page that loads it meanwhile gets the old file or the new one
