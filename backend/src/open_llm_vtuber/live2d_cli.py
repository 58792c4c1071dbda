"""The commands about Live2D: installing the add-on that draws models, and saying what is there and what is missing."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.config import Settings
from open_llm_vtuber.live2d.add_on import CORE, CORE_SOURCE, PACKAGES, AddOn
from open_llm_vtuber.live2d.files import MODELS_FOLDER
from open_llm_vtuber.live2d.install import install
from open_llm_vtuber.live2d.listing import ModelReport, listing
from open_llm_vtuber.terminal import console, fault, plain, remark

LoadSettings = Callable[[argparse.Namespace], Settings]
AddOptions = Callable[[argparse.ArgumentParser], None]


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", options: AddOptions, load: LoadSettings
) -> None:
    """Add `live2d install` and `live2d check`; `options` adds those that `load` reads."""
    live2d = commands.add_parser("live2d", help="draw your own Live2D models").add_subparsers(
        required=True, metavar="WHAT"
    )
    put = live2d.add_parser("install", help="fetch the add-on that draws them (by npm)")
    options(put)
    put.add_argument(
        "--from", type=Path, dest="tarballs", metavar="DIR", help="folder that npm pack has filled"
    )
    put.set_defaults(run=lambda given: _install(load(given), given.tarballs))

    check = live2d.add_parser(
        "check", help="say what is there, what is missing, and what is wrong with models"
    )
    options(check)
    check.set_defaults(run=lambda given: _check(load(given)))


def remarks(settings: Settings) -> Iterator[str]:
    """Yield what `check` says of avatars: faults, and that nobody can draw the one that the character has."""
    found = listing(settings.folder, frontend_folder())
    yield from found.faults
    for model in found.models:
        yield from _faults(model)
    own = settings.character_config.live2d_model_name
    if any(model.name == own and model.needs_live2d for model in found.models):
        for sentence in _add_on(settings).missing():
            yield f"The built-in avatar stands in for {own}. {sentence}"


def _faults(model: ModelReport) -> Iterator[str]:
    for each in model.faults:
        yield f"The avatar {model.name}: {each}"


def _add_on(settings: Settings) -> AddOn:
    return AddOn(settings.system_config.data_dir, settings.folder)


def _install(settings: Settings, tarballs: Path | None) -> int:
    add_on = _add_on(settings)
    with console.status("Fetching …"):
        files = install(add_on.folder, tarballs)
    names = ", ".join(f"{package.name} {package.version}" for package in PACKAGES)
    console.print(f"[green]✓[/] {plain(names)}: {len(files)} files, in {plain(str(add_on.folder))}.")
    console.print(
        "The engine holds code of Live2D's under the Live2D Open Software License; both packages' own licences "
        "lie beside the files."
    )
    if add_on.missing():
        console.print(
            f"Now get Cubism Core from Live2D, which only you can: read and accept its licence at {CORE_SOURCE}, "
            f"and copy {CORE} of the SDK for Web into {MODELS_FOLDER}/ beside your configuration."
        )
    return 0


def _check(settings: Settings) -> int:
    missing = _add_on(settings).missing()
    for sentence in missing:
        fault(sentence)
    if not missing:
        console.print(
            "[green]✓[/] The Live2D add-on and Cubism Core are there; a page compares Core's version."
        )
    found = listing(settings.folder, frontend_folder())
    for sentence in found.faults:
        fault(sentence)
    for model in found.models:
        _show(model)
    has_faults = found.faults or any(model.faults for model in found.models)
    return 2 if missing or has_faults else 0


def _show(model: ModelReport) -> None:
    for sentence in _faults(model):
        fault(sentence)
    if not model.faults:
        motions = sum(model.motions.values())
        console.print(
            f"[green]✓[/] {plain(model.name)}: {len(model.expressions)} expressions, {motions} motions"
        )
    for sentence in model.remarks:
        remark(f"{model.name}: {sentence}")
    if model.entry:
        remark(f"{model.name} is not in model_dict.json; to give it to a character, add: {model.entry}")
