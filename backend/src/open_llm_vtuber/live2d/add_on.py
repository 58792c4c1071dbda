"""The add-on that draws Live2D models: which files it is made of, whether they are there, and what to do if not.

None of it comes with the program: pixi.js and the engine are fetched by the operator's own npm, since the engine holds
code under Live2D's licence, and Live2D's Cubism Core only the operator can get, by accepting Live2D's terms.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from open_llm_vtuber.live2d.files import MODELS_FOLDER

FOLDER = "live2d-addon"
"""In the data folder, and the address below which its files are served."""
CORE = "live2dcubismcore.min.js"
CORE_SOURCE = "https://www.live2d.com/en/sdk/download/web/"
LARGEST_CORE = 16_000_000
CORE_MARK = b"Live2DCubismCore"
"""The name by which Core is known to pages; its file holds it."""
INSTALL = "open-llm-vtuber live2d install"


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm's, as it is known to work: its tarball's hash, and the hash of each file that is taken."""

    name: str
    version: str
    integrity: str
    """As npm writes it: `sha512-` and base64."""
    files: Mapping[str, tuple[str, str]]
    """Name here → path in the tarball, SHA-256 in hex."""


PACKAGES: Sequence[Package] = (
    Package(
        "pixi.js",
        "8.22.0",
        "sha512-QbTANHMZ751MIjLiLSUSM8a7LNMWwMIf0KbRCqlW+SPS9hNLfSVS+cl1O2SEp9g1K/wyLzj/OJHv+1TUfiPr/w==",
        {
            "pixi.min.js": (
                "dist/pixi.min.js",
                "06d9ef9823e743518793083c296d801e752db128cb1f519fbabe37e1259567ea",
            ),
            "unsafe-eval.min.js": (
                "dist/packages/unsafe-eval.min.js",
                "80d5eabed0e1286e2f646b272687170d9211ecd1c901b3382c2d5274ba2c42a9",
            ),
            "pixi.LICENSE": ("LICENSE", "5ce7447bc57f7349ffc48338782fbcabe613696e00712b20d66bc58e780f9473"),
        },
    ),
    Package(
        "untitled-pixi-live2d-engine",
        "1.4.0",
        "sha512-Jh5ROMR9/etaI2I4Ssq63CLS1c3kZyLI1nQatM7LgfBRAOEEJVML9hWx50yUZcSyB5AO9rICbr0jTK3h2E/SAQ==",
        {
            "cubism.min.js": (
                "dist/cubism.min.js",
                "b7ae21b5f893247436dbd78736c13c6c197063445cfd74202dce1930afe5d227",
            ),
            "cubism.LICENSE": ("LICENSE", "159c77232f8fe25574e83ea55db995e49d090ddf6a744df7390740f6b5a8c5e9"),
        },
    ),
)
SCRIPTS = (
    f"/{FOLDER}/pixi.min.js",
    # The part of pixi that does without eval, which the page's policy forbids; its name says what it replaces.
    f"/{FOLDER}/unsafe-eval.min.js",
    f"/{MODELS_FOLDER}/{CORE}",
    f"/{FOLDER}/cubism.min.js",
)
"""What a page loads, in this order."""


@dataclass(frozen=True, slots=True)
class AddOn:
    """Where the add-on lies; what is said of it is looked up anew each time, since files come and go."""

    data_dir: Path
    config_folder: Path

    @property
    def folder(self) -> Path:
        """Where `live2d install` puts it."""
        return self.data_dir / FOLDER

    @property
    def core(self) -> Path:
        """Where the operator puts Cubism Core."""
        return self.config_folder / MODELS_FOLDER / CORE

    def missing(self) -> tuple[str, ...]:
        """Return what keeps Live2D models from being drawn, one sentence each with the fix. Reads files."""
        return tuple(filter(None, (self._engine_fault(), self._core_fault())))

    def _engine_fault(self) -> str:
        for package in PACKAGES:
            for name, (_, sha256) in package.files.items():
                try:
                    found = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
                except OSError:
                    return f"The Live2D add-on is not installed: run `{INSTALL}`."
                if found != sha256:
                    return f"The Live2D add-on's {name} is not the file that is known: run `{INSTALL}` again."
        return ""

    def _core_fault(self) -> str:
        get = f"get it from Live2D ({CORE_SOURCE}), accept its licence, and put it there"
        place = f"{MODELS_FOLDER}/{CORE} beside the configuration"
        try:
            if not self.core.is_file():
                return f"Live2D's Cubism Core is missing ({place}): {get}."
            if self.core.stat().st_size > LARGEST_CORE or CORE_MARK not in self.core.read_bytes():
                return f"{place.capitalize()} is not Live2D's Cubism Core: {get}."
        except OSError as error:
            return f"Live2D's Cubism Core ({place}) cannot be read: {error.strerror}."
        return ""
