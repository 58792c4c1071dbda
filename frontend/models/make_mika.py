"""Writes Mika's .model3.json, .exp3.json and .motion3.json files from short tables: `python make_mika.py`."""

import json
from pathlib import Path

HERE = Path(__file__).parent / "mika"
Key = tuple[float, float]  # time in seconds, value
Curves = dict[str, list[Key]]


def both(name: str, value: float) -> dict[str, float]:
    """The same value for the left and the right one: `Eye*Open`."""
    return {name.replace("*", "L"): value, name.replace("*", "R"): value}


# What is added to the resting face, and what multiplies it (the eyes' opening: blinking goes on).
EXPRESSIONS: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "neutral": ({"MouthForm": 0.6}, {}),
    "joy": (
        both("Eye*Smile", 1) | both("Brow*Y", 0.45) | both("Brow*Form", 0.4)
        | {"MouthForm": 1, "MouthOpenY": 0.5, "Cheek": 0.7, "AngleZ": 4, "EffectSparkle": 1},
        both("Eye*Open", 0),
    ),
    "anger": (
        both("Brow*Y", -0.75) | both("Brow*Angle", -1) | both("Brow*Form", -0.5)
        | {"MouthForm": -1, "MouthOpenY": 0.3, "AngleY": -5, "EffectAnger": 1, "Cheek": 0.25},
        both("Eye*Open", 0.78),
    ),
    "sadness": (
        both("Brow*Y", 0.3) | both("Brow*Angle", 1) | both("Brow*Form", -0.2)
        | {"MouthForm": -0.9, "EyeBallY": -0.35, "EffectTear": 1, "AngleY": -9, "AngleZ": -4},
        both("Eye*Open", 0.72),
    ),
    "surprise": (
        both("Brow*Y", 1) | both("Eye*Open", 0.22)
        | {"EyeBallForm": -1, "MouthForm": -0.35, "MouthOpenY": 0.62, "EffectShock": 1, "AngleY": 4},
        {},
    ),
    "fear": (
        both("Brow*Y", 0.5) | both("Brow*Angle", 0.9)
        | {"EyeBallForm": -0.8, "MouthForm": -0.8, "MouthOpenY": 0.22, "MouthWave": 1}
        | {"EffectSweat": 1, "EffectGloom": 1},
        {},
    ),
    "disgust": (
        both("Brow*Y", -0.35) | both("Brow*Angle", -0.35)
        | {"BrowLY": 0.5, "MouthForm": -0.7, "MouthWave": 0.8, "EyeBallX": 0.6, "AngleX": -8, "EffectSweat": 0.7},
        both("Eye*Open", 0.55),
    ),
    "smirk": (
        {"EyeLSmile": 1} | both("Brow*Y", 0.1)
        | {"BrowRY": 0.6, "BrowLAngle": -0.4, "MouthForm": 0.9, "MouthCat": 1}
        | {"Cheek": 0.4, "AngleZ": -6, "AngleX": 6},
        {"EyeLOpen": 0, "EyeROpen": 0.86},
    ),
}


def swing(start: float, step: float, values: list[float]) -> list[Key]:
    """Keys at even times."""
    return [(round(start + i * step, 3), value) for i, value in enumerate(values)]


# Group, seconds, loop, fade in seconds, curves. The first motion of a group has the group's name as its file.
# New ones go to the end: a place in this list is an index that shows and scripts refer to.
MOTIONS: list[tuple[str, float, bool, float, Curves]] = [
    ("Idle", 8.0, True, 0.4, {
        "AngleX": swing(0, 2, [0, 7, -2, -7, 0]),
        "AngleY": swing(0, 1.6, [0, 3, -2, 2, -3, 0]),
        "AngleZ": swing(0, 2, [-2, 3, 1, -4, -2]),
        "BodyAngleX": swing(0, 4, [-2, 3, -2]),
        "BodyAngleZ": swing(0, 4, [-1, 1.5, -1]),
    }),
    ("Wave", 3.2, False, 0.4, {
        "ArmRA": [(0, 0), (0.45, 1), (2.6, 1), (3.2, 0)],
        "HandR": swing(0.4, 0.26, [0, 1, -1, 1, -1, 1, -1, 1, 0]),
        "AngleZ": [(0, 0), (0.5, 9), (2.6, 9), (3.2, 0)],
        "BodyAngleZ": [(0, 0), (0.5, 3), (2.6, 3), (3.2, 0)],
    }),
    ("Nod", 1.7, False, 0.2, {"AngleY": swing(0, 0.24, [0, -17, 5, -14, 3, -6, 0, 0])}),
    ("Shake", 1.7, False, 0.2, {
        "AngleX": swing(0, 0.24, [0, -24, 24, -18, 12, -5, 0, 0]),
        "BodyAngleX": swing(0, 0.48, [0, -4, 3, 0]),
    }),
    ("Bounce", 2.0, False, 0.2, {
        "BaseY": swing(0, 0.2, [0, 1, 0, 1, 0, 1, 0, 0.6, 0, 0]),
        "BodyAngleZ": swing(0, 0.4, [0, 5, -5, 4, 0]),
        "AngleZ": swing(0, 0.4, [0, -8, 8, -6, 0]),
        "ArmLA": [(0, 0), (0.25, 0.5), (1.6, 0.5), (2, 0)],
        "ArmRA": [(0, 0), (0.25, 0.42), (1.6, 0.42), (2, 0)],
    }),
    ("Think", 3.6, False, 0.4, {
        "AngleX": [(0, 0), (0.6, -12), (1.8, -15), (3.0, -12), (3.6, 0)],
        "AngleY": [(0, 0), (0.6, 6), (3.0, 8), (3.6, 0)],
        "AngleZ": [(0, 0), (0.7, -9), (3.0, -7), (3.6, 0)],
        "EyeBallX": [(0, 0), (0.5, -0.7), (1.9, -0.5), (2.0, 0.3), (3.0, 0.3), (3.4, 0)],
        "EyeBallY": [(0, 0), (0.5, 0.8), (3.0, 0.7), (3.4, 0)],
    }),
    ("Cheer", 2.6, False, 0.25, {
        "ArmLA": [(0, 0), (0.35, 1), (2.1, 1), (2.6, 0)],
        "ArmRA": [(0, 0), (0.35, 1), (2.1, 1), (2.6, 0)],
        "HandL": swing(0.35, 0.25, [0, 0.8, -0.8, 0.8, -0.8, 0.8, -0.8, 0]),
        "HandR": swing(0.35, 0.25, [0, -0.8, 0.8, -0.8, 0.8, -0.8, 0.8, 0]),
        "BaseY": swing(0, 0.26, [0, -0.6, 1.2, 0, 1.2, 0, 1.0, 0, 0.5, 0, 0]),
        "AngleY": [(0, 0), (0.35, 9), (2.1, 7), (2.6, 0)],
        "MouthOpenY": [(0, 0), (0.3, 0.8), (2.0, 0.7), (2.5, 0)],
    }),
    ("Bow", 2.6, False, 0.3, {
        "AngleY": [(0, 0), (0.8, -30), (1.6, -30), (2.5, 0)],
        "BaseY": [(0, 0), (0.8, -2.4), (1.6, -2.4), (2.5, 0)],
        "EyeLOpen": [(0, 1), (0.6, 0), (1.7, 0), (2.2, 1)],
        "EyeROpen": [(0, 1), (0.6, 0), (1.7, 0), (2.2, 1)],
    }),
    ("Laugh", 2.4, False, 0.25, {
        "AngleY": swing(0, 0.15, [0, 10, 4, 11, 4, 11, 4, 10, 4, 9, 4, 8, 4, 6, 2, 1, 0]),
        "AngleZ": [(0, 0), (0.4, 7), (1.2, -4), (2.0, 5), (2.4, 0)],
        "BaseY": swing(0, 0.15, [0, 0.3, -0.2, 0.4, -0.2, 0.4, -0.2, 0.4, -0.2, 0.3, -0.2, 0.3, -0.1, 0.2, 0, 0, 0]),
        "EyeLSmile": [(0, 0), (0.25, 1), (2.0, 1), (2.4, 0)],
        "EyeRSmile": [(0, 0), (0.25, 1), (2.0, 1), (2.4, 0)],
        "EyeLOpen": [(0, 1), (0.25, 0), (2.0, 0), (2.4, 1)],
        "EyeROpen": [(0, 1), (0.25, 0), (2.0, 0), (2.4, 1)],
        "Cheek": [(0, 0), (0.3, 0.7), (2.0, 0.7), (2.4, 0)],
        "MouthOpenY": [(0, 0), (0.25, 0.7), (1.9, 0.6), (2.3, 0)],
    }),
    ("Shrug", 2.0, False, 0.25, {
        "ArmLA": [(0, 0), (0.35, 0.4), (1.4, 0.4), (2.0, 0)],
        "ArmRA": [(0, 0), (0.35, 0.4), (1.4, 0.4), (2.0, 0)],
        "BaseY": [(0, 0), (0.35, 0.5), (1.4, 0.5), (2.0, 0)],
        "AngleZ": [(0, 0), (0.4, 13), (1.4, 13), (2.0, 0)],
        "BrowLY": [(0, 0), (0.35, 0.8), (1.4, 0.8), (2.0, 0)],
        "BrowRY": [(0, 0), (0.35, 0.8), (1.4, 0.8), (2.0, 0)],
    }),
    ("Peek", 2.8, False, 0.4, {
        "BaseX": [(0, 0), (0.7, -1.6), (2.0, -1.6), (2.8, 0)],
        "BodyAngleZ": [(0, 0), (0.7, -8), (2.0, -8), (2.8, 0)],
        "AngleZ": [(0, 0), (0.8, -14), (2.0, -14), (2.8, 0)],
        "AngleX": [(0, 0), (0.8, 10), (2.0, 10), (2.8, 0)],
        "EyeBallX": [(0, 0), (0.8, 0.5), (2.0, 0.5), (2.6, 0)],
    }),
    ("Dance", 3.2, True, 0.4, {
        "BaseX": swing(0, 0.4, [0, 0.9, 0, -0.9, 0, 0.9, 0, -0.9, 0]),
        "BaseY": swing(0, 0.2, [0, 0.5] * 8 + [0]),
        "BodyAngleZ": swing(0, 0.4, [0, 5, 0, -5, 0, 5, 0, -5, 0]),
        "AngleZ": swing(0, 0.4, [0, -9, 0, 9, 0, -9, 0, 9, 0]),
        "ArmLA": swing(0, 0.8, [0.3, 0.72, 0.3, 0.72, 0.3]),
        "ArmRA": swing(0, 0.8, [0.72, 0.3, 0.72, 0.3, 0.72]),
    }),
    # What a page lets her do now and then while nothing else is asked of her: a glance, a stretch, the other foot.
    ("Fidget", 4.6, False, 0.6, {
        "AngleX": [(0, 0), (0.8, 22), (2.0, 22), (2.8, -16), (3.8, -16), (4.6, 0)],
        "AngleY": [(0, 0), (0.8, 5), (2.0, 3), (2.8, 6), (3.8, 4), (4.6, 0)],
        "EyeBallX": [(0, 0), (0.5, 0.8), (2.0, 0.7), (2.4, -0.7), (3.8, -0.6), (4.3, 0)],
    }),
    ("Fidget", 4.2, False, 0.6, {
        "ArmLA": [(0, 0), (1.2, 0.52), (2.6, 0.52), (4.2, 0)],
        "ArmRA": [(0, 0), (1.2, 0.52), (2.6, 0.52), (4.2, 0)],
        "BaseY": [(0, 0), (1.2, 0.8), (2.6, 0.9), (3.6, -0.3), (4.2, 0)],
        "AngleY": [(0, 0), (1.2, 14), (2.6, 14), (3.6, -4), (4.2, 0)],
        "EyeLOpen": [(0, 1), (0.9, 0), (2.5, 0), (3.0, 1)],
        "EyeROpen": [(0, 1), (0.9, 0), (2.5, 0), (3.0, 1)],
        "BodyAngleZ": [(0, 0), (1.4, 3), (2.4, -3), (3.6, 0)],
    }),
    ("Fidget", 5.0, False, 0.8, {
        "BodyAngleX": [(0, 0), (1.3, 7), (3.6, 7), (5.0, 0)],
        "BodyAngleZ": [(0, 0), (1.3, -3), (3.6, -3), (5.0, 0)],
        "BaseX": [(0, 0), (1.3, 0.5), (3.6, 0.5), (5.0, 0)],
        "AngleZ": [(0, 0), (1.5, 7), (3.4, 7), (5.0, 0)],
    }),
]


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def parameters(values: dict[str, float], blend: str) -> list[dict[str, object]]:
    return [{"Id": f"Param{name}", "Value": value, "Blend": blend} for name, value in values.items()]


def write_expression(name: str, added: dict[str, float], multiplied: dict[str, float]) -> dict[str, str]:
    content = parameters(added, "Add") + parameters(multiplied, "Multiply")
    file = f"expressions/{name}.exp3.json"
    write(HERE / file, {"Type": "Live2D Expression", "FadeInTime": 0.25, "FadeOutTime": 0.25, "Parameters": content})
    return {"Name": name, "File": file}


def segments(keys: list[Key]) -> list[float]:
    """The flat list of the format; flat tangents make every key a smooth turning point."""
    flat: list[float] = list(keys[0])
    for (t0, v0), (t1, v1) in zip(keys, keys[1:]):
        third = (t1 - t0) / 3
        flat += [1, round(t0 + third, 4), v0, round(t1 - third, 4), v1, t1, v1]
    return flat


def write_motion(name: str, seconds: float, loop: bool, fade: float, curves: Curves) -> dict[str, str]:
    count = sum(len(keys) - 1 for keys in curves.values())
    meta = {
        "Duration": seconds, "Fps": 30.0, "Loop": loop, "AreBeziersRestricted": True,
        "FadeInTime": fade, "FadeOutTime": fade,
        "CurveCount": len(curves), "TotalSegmentCount": count, "TotalPointCount": count * 3 + len(curves),
        "UserDataCount": 0, "TotalUserDataSize": 0,
    }  # fmt: skip
    content = [{"Target": "Parameter", "Id": f"Param{name}", "Segments": segments(keys)} for name, keys in curves.items()]
    file = f"motions/{name}.motion3.json"
    path = HERE / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"Version": 3, "Meta": meta, "Curves": content}) + "\n", encoding="utf-8")
    return {"File": file}


def write_motions() -> dict[str, list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for group, *rest in MOTIONS:
        files = groups.setdefault(group, [])
        name = group.lower() + (f"-{len(files) + 1}" if files else "")
        files.append(write_motion(name, *rest))
    return groups


def main() -> None:
    references = {
        "Moc": "mika.svg",  # drawn by js/avatar/, there is no such file
        "Textures": [],
        "Expressions": [write_expression(name, *values) for name, values in EXPRESSIONS.items()],
        "Motions": write_motions(),
    }
    groups = [
        {"Target": "Parameter", "Name": "LipSync", "Ids": ["ParamMouthOpenY"]},
        {"Target": "Parameter", "Name": "EyeBlink", "Ids": ["ParamEyeLOpen", "ParamEyeROpen"]},
    ]
    write(HERE / "mika.model3.json", {"Version": 3, "FileReferences": references, "Groups": groups})


if __name__ == "__main__":
    main()
