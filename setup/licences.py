"""Lists under which licence each package stands that the program is installed with: `make licences` writes the page.

What a package says of itself is taken: its licence expression, else its classifiers, else the field `License`.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "licences.md"
LOCK = ROOT / "requirements" / "run.lock"
ALLOWED = ("MIT", "BSD", "0BSD", "Apache", "PSF", "Zlib", "CC0", "Mozilla Public License 2.0", "MPL-2.0")
"""How the parts of a licence may begin: permissive ones, and Mozilla's, whose terms end at its own files."""
ELSEWHERE = "not installed on this platform"
HEAD = """# Licences of what is installed

The packages of `requirements/run.lock`, with the licences that they name themselves. `make licences` writes this page; a test
fails when it is old or when a package stands under a licence that was not looked at. The front end's libraries have theirs beside
them, in `frontend/js/vendor/`.

| package | licence |
|---|---|
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return what the page should hold."""
    return HEAD + "".join(f"| {name} | {licence} |\n" for name, licence in found().items())


def found() -> dict[str, str]:
    """Return the licence of each locked package that is installed."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    names = sorted({line.partition("==")[0] for line in lines if re.match(r"[a-z0-9]", line)})
    licences = {name: _licence(name) for name in names}
    return {name: licence for name, licence in licences.items() if licence != ELSEWHERE}


def unknown() -> dict[str, str]:
    """Return the packages with a part of a licence that is not among the allowed ones."""
    return {
        name: licence
        for name, licence in found().items()
        if not all(_is_allowed(part) for part in re.split(r" AND | OR |, ", licence))
    }


def _is_allowed(part: str) -> bool:
    return part.strip("()").removeprefix("3-Clause ").startswith(ALLOWED)


def _licence(name: str) -> str:
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return ELSEWHERE
    classifiers = [each for each in said.get_all("Classifier") or () if each.startswith("License ::")]
    named = ", ".join(each.rpartition(" :: ")[2] for each in classifiers)
    fields = [*(said.get_all("License-Expression") or ()), named, *(said.get_all("License") or ())]
    return next(filter(None, fields), "unknown")


if __name__ == "__main__":
    main()
