"""What the commands about Live2D tell an operator."""

import json
from pathlib import Path

import pytest

from live2d_stand_in import put_add_on, put_core, put_model
from live_server import SCRIPTED
from open_llm_vtuber import cli, live2d_cli
from open_llm_vtuber.config import Settings


def run(folder: Path, *command: str) -> object:
    conf = folder / "conf.yaml"
    character = {**SCRIPTED, "live2d_model_name": "block"}
    conf.write_text(json.dumps({"character_config": character}))
    with pytest.raises(SystemExit) as caught:
        cli.main([*command, "--config", str(conf), "--data-dir", str(folder / "data")])
    return caught.value.code


def test_check_is_content_when_all_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_model(tmp_path)
    put_core(tmp_path)
    put_add_on(tmp_path / "data")
    assert run(tmp_path, "live2d", "check") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "The Live2D add-on and Cubism Core are there" in said
    assert "block: 2 expressions, 2 motions" in said


def test_check_names_what_is_missing_and_each_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_model(tmp_path, **{"block.moc3": None})
    (tmp_path / "model_dict.json").unlink()
    assert run(tmp_path, "live2d", "check") == 2
    said = " ".join(capsys.readouterr().err.split())
    for part in (
        "live2d install",
        "Cubism Core is missing",
        "block.moc3 is missing",
        "model_dict.json; to give",
    ):
        assert part in said


def test_install_without_the_packages_says_how_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "live2d", "install", "--from", str(tmp_path)) == 2
    assert "npm pack pixi.js@" in " ".join(capsys.readouterr().err.split())


def test_install_says_what_only_the_operator_can_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(target: Path, _: Path | None) -> list[Path]:
        put_add_on(target.parent)
        return list(target.iterdir())

    monkeypatch.setattr(live2d_cli, "install", put)
    assert run(tmp_path, "live2d", "install") == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "5 files" in said
    assert "read and accept its licence" in said
    assert "live2dcubismcore.min.js" in said


def test_the_general_check_tells_faults_and_who_stands_in(tmp_path: Path) -> None:
    put_model(tmp_path, **{"textures/texture_00.png": b"no picture"})
    given = {"character_config": {"live2d_model_name": "block"}, "folder": tmp_path}
    system = {"data_dir": tmp_path / "data"}
    told = list(live2d_cli.remarks(Settings.model_validate({**given, "system_config": system})))
    assert told[0].startswith("The avatar block: textures/texture_00.png is no PNG")
    assert told[1].startswith("The built-in avatar stands in for block. The Live2D add-on is not installed")
    assert "Cubism Core" in told[2]


def test_check_passes_on_what_is_wrong_with_avatars(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_model(tmp_path, **{"textures/texture_00.png": b"no picture"})
    conf = tmp_path / "conf.yaml"
    system = {"data_dir": str(tmp_path / "data")}
    conf.write_text(json.dumps({"character_config": SCRIPTED, "system_config": system}))
    with pytest.raises(SystemExit) as caught:
        cli.main(["check", "--config", str(conf)])
    assert caught.value.code == 0
    assert "! The avatar block: textures/texture_00.png is no PNG" in " ".join(
        capsys.readouterr().err.split()
    )


def test_who_has_the_built_in_avatar_hears_nothing_of_live2d(tmp_path: Path) -> None:
    put_model(tmp_path)
    assert list(live2d_cli.remarks(Settings.model_validate({"folder": tmp_path}))) == []
