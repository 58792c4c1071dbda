"""Bring the pages' libraries into `js/vendor/`: run it after a version here was changed, and commit what it wrote.

    python frontend/vendor.py

Needs npm. Pages have no build step: what is served are the packages' own modules. Changed in them are the bare
imports, which a browser cannot follow, and the pointers to source maps, which are not here. `lock.json` has the
packages' hashes and those of what was made of them; a test compares.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGES = {
    "preact": "10.29.8",
    "htm": "3.1.1",
    "@preact/signals-core": "1.14.5",
    "@preact/signals": "2.11.4",
}
MODULES = {
    "preact": ("preact", "dist/preact.module.js"),
    "preact/hooks": ("preact", "hooks/dist/hooks.module.js"),
    "htm": ("htm", "dist/htm.module.js"),
    "@preact/signals-core": ("@preact/signals-core", "dist/signals-core.module.js"),
    "@preact/signals": ("@preact/signals", "dist/signals.module.js"),
}
"""Name that is imported → package, file in it."""
TARGET = Path(__file__).parent / "js/vendor"
_IMPORT = re.compile(r'\b(from|import)\s*"([^"./][^"]*)"')
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*\Z")


def main() -> None:
    """Write the modules, their licences and the lock file anew."""
    TARGET.mkdir(exist_ok=True)
    for old in TARGET.iterdir():
        old.unlink()
    lock = {"packages": {}, "files": {}}
    with tempfile.TemporaryDirectory() as folder:
        tarballs = {name: _packed(name, version, Path(folder)) for name, version in PACKAGES.items()}
        for name, tarball in tarballs.items():
            digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
            lock["packages"][name] = {"version": PACKAGES[name], "integrity": f"sha512-{digest}"}
            _write(f"{_plain(name)}.LICENSE", _read(tarball, "LICENSE"))
        for module, (package, file) in MODULES.items():
            text = f"// {package} {PACKAGES[package]}, {file}; written by vendor.py\n// @ts-nocheck\n"
            _write(f"{_plain(module)}.js", text + _served(_read(tarballs[package], file)))
    for path in sorted(TARGET.iterdir()):
        lock["files"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    _write("lock.json", json.dumps(lock, indent=2))


def _packed(name: str, version: str, folder: Path) -> Path:
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{name}@{version}"]
    return folder / subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _read(tarball: Path, file: str) -> str:
    with tarfile.open(tarball) as archive:
        found = archive.extractfile(f"package/{file}")
        assert found
        return found.read().decode()


def _served(text: str) -> str:
    return _IMPORT.sub(lambda found: f'{found[1]}"./{_plain(found[2])}.js"', _SOURCE_MAP.sub("\n", text))


def _plain(name: str) -> str:
    return name.removeprefix("@").replace("/", "-")


def _write(name: str, text: str) -> None:
    (TARGET / name).write_text(text.rstrip() + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
