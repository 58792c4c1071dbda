"""A Live2D model of our own, and what stands in for Live2D's Cubism Core, which is not ours to ship."""

import json
import os
import shutil
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from open_llm_vtuber.live2d.add_on import FOLDER, PACKAGES

STAND_IN = Path(__file__).with_name("live2d_stand_in_core.js")
ENGINE = Path(__file__).parents[2] / "frontend" / "node_modules"
COLOURS = ("ffe3d3", "3a2b57", "7a6cf0", "2f7fe0", "c2395b", "d9def6", "f9a8d4", "ffffff")
SIDE = 8
"""Pixels of a colour in the texture."""

PARAMETERS: list[dict[str, Any]] = [
    {"id": name, "min": low, "max": high, "value": rest}
    for name, low, high, rest in (
        ("ParamAngleX", -30, 30, 0),
        ("ParamAngleY", -30, 30, 0),
        ("ParamEyeLOpen", 0, 1, 1),
        ("ParamEyeROpen", 0, 1, 1),
        ("ParamMouthOpenY", 0, 1, 0),
        ("ParamMouthForm", -1, 1, 0),
        ("ParamBrowLY", -1, 1, 0),
        ("ParamBreath", 0, 1, 0),
    )
]
HEAD = [{"by": "ParamAngleX", "x": 0.05}, {"by": "ParamAngleY", "y": 0.03}]


def _rectangle(name: str, colour: int, box: tuple[float, ...], *moves: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": name,
        "part": "PartFace",
        "uv": [(colour + 0.5) / len(COLOURS), 0.5],
        "box": box,
        "moves": moves,
    }


RECTANGLES = [
    _rectangle("Body", 5, (-0.2, -0.5, 0.2, -0.2), {"by": "ParamBreath", "y": 0.01}),
    _rectangle("Hair", 2, (-0.3, -0.26, 0.3, 0.4), *HEAD),
    _rectangle("Face", 0, (-0.24, -0.24, 0.24, 0.24), *HEAD),
    _rectangle("Fringe", 2, (-0.26, 0.17, 0.26, 0.3), *HEAD),
    _rectangle("EyeL", 3, (0.06, -0.02, 0.14, 0.1), *HEAD, {"by": "ParamEyeLOpen", "tall": 0.1}),
    _rectangle("EyeR", 3, (-0.14, -0.02, -0.06, 0.1), *HEAD, {"by": "ParamEyeROpen", "tall": 0.1}),
    _rectangle("BrowL", 1, (0.05, 0.125, 0.15, 0.14), *HEAD, {"by": "ParamBrowLY", "y": 0.03}),
    _rectangle("BrowR", 1, (-0.15, 0.125, -0.05, 0.14), *HEAD, {"by": "ParamBrowLY", "y": 0.03}),
    _rectangle("Mouth", 4, (-0.07, -0.17, 0.07, -0.07), *HEAD, {"by": "ParamMouthOpenY", "tall": 0.1}),
]
FILES: dict[str, Any] = {
    "expressions/calm.exp3.json": {"Type": "Live2D Expression", "Parameters": []},
    "expressions/happy.exp3.json": {
        "Type": "Live2D Expression",
        "FadeInTime": 0.2,
        "Parameters": [{"Id": "ParamBrowLY", "Value": 1, "Blend": "Add"}],
    },
    "motions/idle.motion3.json": {
        "Version": 3,
        "Meta": {"Duration": 2, "Loop": True},
        "Curves": [{"Target": "Parameter", "Id": "ParamAngleX", "Segments": [0, -3, 0, 1, 3, 0, 2, -3]}],
    },
    "motions/look.motion3.json": {
        "Version": 3,
        "Meta": {"Duration": 3, "Loop": False, "FadeInTime": 0.1},
        "Curves": [{"Target": "Parameter", "Id": "ParamAngleX", "Segments": [0, 30, 0, 3, 30]}],
    },
}
MODEL3: dict[str, Any] = {
    "Version": 3,
    "FileReferences": {
        "Moc": "block.moc3",
        "Textures": ["textures/texture_00.png"],
        "Expressions": [
            {"Name": name, "File": f"expressions/{name}.exp3.json"} for name in ("calm", "happy")
        ],
        "Motions": {
            "Idle": [{"File": "motions/idle.motion3.json"}],
            "Look": [{"File": "motions/look.motion3.json"}],
        },
    },
    "Groups": [
        {"Target": "Parameter", "Name": "EyeBlink", "Ids": ["ParamEyeLOpen", "ParamEyeROpen"]},
        {"Target": "Parameter", "Name": "LipSync", "Ids": ["ParamMouthOpenY"]},
    ],
}
ENTRY: dict[str, Any] = {
    "name": "block",
    "url": "/live2d-models/block/block.model3.json",
    "emotionMap": {"neutral": "calm", "surprise": 1},
    "defaultEmotion": "calm",
}


def put_model(folder: Path, **changed: Any) -> Path:
    """Write the model and its entry beside a configuration; return the model's folder.

    `changed` replaces files by their place, as in `{"motions/idle.motion3.json": …}`; None leaves one out.
    """
    model = folder / "live2d-models" / "block"
    contents: dict[str, Any] = {
        "block.model3.json": MODEL3,
        "block.moc3": moc(),
        "textures/texture_00.png": png(),
        **FILES,
        **changed,
    }
    for name, content in contents.items():
        if content is None:
            continue
        file = model / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    (folder / "model_dict.json").write_text(json.dumps([ENTRY]), encoding="utf-8")
    return model


def put_core(folder: Path, version: int = 0x05000000) -> None:
    """Put the stand-in where the operator puts Cubism Core."""
    place = folder / "live2d-models" / "live2dcubismcore.min.js"
    place.parent.mkdir(exist_ok=True)
    place.write_text(
        STAND_IN.read_text(encoding="utf-8").replace("0x05000000", hex(version)), encoding="utf-8"
    )


def moc(version: int = 5) -> bytes:
    """Return what the stand-in draws, in the guise of a `.moc3`."""
    picture = {
        "canvas": [800, 800],
        "parameters": PARAMETERS,
        "parts": ["PartFace"],
        "rectangles": RECTANGLES,
    }
    return b"MOC3" + bytes([version]) + bytes(59) + json.dumps(picture).encode()


def png(width: int = SIDE * len(COLOURS), height: int = SIDE) -> bytes:
    """Return a picture with a stripe of each colour."""
    rows = b""
    for _ in range(height):
        rows += b"\0" + b"".join(bytes.fromhex(COLOURS[x // SIDE % len(COLOURS)]) for x in range(width))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def put_add_on(data_dir: Path) -> None:
    """Put the add-on's files as `live2d install` does, from what npm has installed for tests; without it, skip."""
    if not all((ENGINE / package.name).is_dir() for package in PACKAGES):
        why = "the Live2D engine is not installed (npm ci in frontend/)"
        (pytest.fail if os.environ.get("OLV_REQUIRE_NODE") else pytest.skip)(why)
    target = data_dir / FOLDER
    target.mkdir(parents=True)
    for package in PACKAGES:
        for name, (path, _) in package.files.items():
            shutil.copyfile(ENGINE / package.name / path, target / name)
