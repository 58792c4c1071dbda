"""All avatars are listed, also those that cannot be shown."""

import json
import shutil
from pathlib import Path
from typing import Any

from live2d_stand_in import ENTRY, put_model
from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.live2d import listing as module
from open_llm_vtuber.live2d.listing import Listing, ModelReport, listing


def listed(folder: Path) -> dict[str, ModelReport]:
    return {model.name: model for model in listing(folder, frontend_folder()).models}


def dictionary(folder: Path, *entries: Any) -> Listing:
    (folder / "model_dict.json").write_text(json.dumps(entries), encoding="utf-8")
    return listing(folder, frontend_folder())


def test_without_models_of_ones_own_there_is_the_built_in_one(tmp_path: Path) -> None:
    found = listing(tmp_path, frontend_folder())
    (model,) = found.models
    assert (model.name, model.is_built_in, model.needs_live2d, model.faults) == ("mika", True, False, ())
    assert found.faults == ()


def test_a_model_of_the_dictionary_is_listed_with_what_it_can_show(tmp_path: Path) -> None:
    put_model(tmp_path)
    model = listed(tmp_path)["block"]
    assert (model.expressions, model.motions) == (("calm", "happy"), {"Idle": 1, "Look": 1})
    assert (model.url, model.entry, model.faults) == (ENTRY["url"], "", ())


def test_a_folder_that_the_dictionary_does_not_name_comes_with_the_entry_that_it_lacks(
    tmp_path: Path,
) -> None:
    put_model(tmp_path)
    (tmp_path / "model_dict.json").unlink()
    model = listed(tmp_path)["block"]
    entry = json.loads(model.entry)
    dictionary(tmp_path, entry)
    again = listed(tmp_path)["block"]
    assert (again.entry, again.faults, again.url) == ("", (), model.url)


def test_a_faulty_model_hides_no_other(tmp_path: Path) -> None:
    model = put_model(tmp_path)
    shutil.copytree(model, model.with_name("broken"))
    (model.with_name("broken") / "block.model3.json").write_text("{")
    found = dictionary(
        tmp_path,
        {"name": "broken", "url": "/live2d-models/broken/block.model3.json"},
        {"name": "gone", "url": "/live2d-models/gone/gone.model3.json"},
        {"name": "away", "url": "http://example.org/x.model3.json"},
        "no entry",
        ENTRY,
    )
    faults = {each.name: " ".join(each.faults) for each in found.models}
    assert "cannot be read as JSON" in faults["broken"]
    assert "is missing" in faults["gone"]
    assert "holds :" in faults["away"]
    assert faults["block"] == ""


def test_a_name_that_stands_twice_is_told(tmp_path: Path) -> None:
    put_model(tmp_path)
    found = dictionary(tmp_path, ENTRY, {**ENTRY, "emotionMap": {}}, {**ENTRY, "name": "mika"})
    assert [model.name for model in found.models] == ["mika", "block"]
    assert [fault.split(":")[1][:8] for fault in found.faults] == [" 'block'", " 'mika' "]


def test_a_dictionary_that_cannot_be_read_is_told_and_hides_no_folder(tmp_path: Path) -> None:
    put_model(tmp_path)
    (tmp_path / "model_dict.json").write_text("[")
    found = listing(tmp_path, frontend_folder())
    assert "model_dict.json" in found.faults[0]
    assert [model.name for model in found.models] == ["mika", "block"]


def test_a_folder_that_leads_out_is_listed_with_its_fault(tmp_path: Path) -> None:
    put_model(tmp_path / "elsewhere")
    (tmp_path / "live2d-models").mkdir()
    (tmp_path / "live2d-models" / "linked").symlink_to(tmp_path / "elsewhere" / "live2d-models" / "block")
    assert "outside" in " ".join(listed(tmp_path)["linked"].faults)


def test_no_more_models_are_looked_at_than_anybody_has(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MOST_MODELS", 2)
    found = dictionary(tmp_path, *({"name": str(number), "url": ""} for number in range(5)))
    assert len(found.models) == 3
