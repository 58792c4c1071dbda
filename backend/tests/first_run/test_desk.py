"""What the set-up writes, refuses and leaves as it is."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from live_server import SCRIPTED
from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.first_run.choices import Choices
from open_llm_vtuber.first_run.desk import SetUpDesk, Unfit, Written
from open_llm_vtuber.first_run.runs import Run, Runs
from open_llm_vtuber.settings.keys import FILE as KEYS
from open_llm_vtuber.settings.keys import read_keys

KEY = "sk-very-secret-key"
OPENAI = {"kind": "served", "provider": "openai", "model": "gpt"}
SPEECH = {"kind": "openai"}


def desk(folder: Path, *, system: dict[str, Any] | None = None, **environment: str) -> SetUpDesk:
    present = Settings.model_validate({"character_config": SCRIPTED, "system_config": system or {}})
    runs = Runs(Run(present))
    run = runs.take()
    assert run is not None
    runs.works(run)
    return SetUpDesk(folder / "conf.yaml", runs, environment=environment)


def chosen(**more: Any) -> Choices:
    given = {"name": "Nova", "brain": {"kind": "embedded"}, "voice": {"kind": "embedded"}, **more}
    return Choices.model_validate(given)


def apply(at: SetUpDesk, **more: Any) -> Written:
    return asyncio.run(at.apply(chosen(**more)))


def refused(at: SetUpDesk, **more: Any) -> Unfit:
    before = {each.name: each.read_bytes() for each in at.file.parent.iterdir()}
    with pytest.raises(Unfit) as error:
        apply(at, **more)
    assert {each.name: each.read_bytes() for each in at.file.parent.iterdir()} == before
    assert not at.runs.is_planned
    return error.value


def test_what_was_chosen_is_written_and_the_next_run_plays_it(tmp_path: Path) -> None:
    at = desk(tmp_path)
    was_set_up = at.is_set_up
    written = apply(at, persona="A pilot.", rehearse=True)
    assert written == Written("conf.yaml", "", ())
    assert (was_set_up, at.is_set_up) == (False, True)
    run = at.runs.take()
    assert run is not None
    assert run.rehearses
    assert run.settings.character_config.name == "Nova"
    assert run.settings.folder == tmp_path, "what lies beside the file is found there"


def test_a_key_goes_into_its_own_file_and_nowhere_else(tmp_path: Path) -> None:
    written = apply(desk(tmp_path), brain={**OPENAI, "key": KEY}, voice=SPEECH)
    assert written.keys == ("OPENAI_API_KEY",)
    assert (tmp_path / KEYS).stat().st_mode & 0o077 == 0
    assert KEY not in (tmp_path / "conf.yaml").read_text()
    character = config.load(tmp_path / "conf.yaml", {}).character_config
    assert character.agent_config.language_model()[1]["llm_api_key"] == KEY
    assert character.tts_config.options("openai_tts")["api_key"] == KEY


def test_a_key_that_is_there_already_is_used_without_being_typed(tmp_path: Path) -> None:
    assert desk(tmp_path, OPENAI_API_KEY=KEY).has_key("OPENAI_API_KEY")
    assert apply(desk(tmp_path, OPENAI_API_KEY=KEY), brain=OPENAI).keys == ()
    assert not (tmp_path / KEYS).exists()
    again = apply(desk(tmp_path, OPENAI_API_KEY=KEY), brain={**OPENAI, "key": KEY}, replace=True)
    assert again.keys == ()


def test_a_missing_key_is_asked_for_beside_its_field(tmp_path: Path) -> None:
    assert refused(desk(tmp_path), brain=OPENAI).field == "brain.key"
    assert refused(desk(tmp_path), voice=SPEECH).field == "voice.key"


def test_a_key_that_the_environment_would_beat_is_refused_with_the_way_out(tmp_path: Path) -> None:
    error = refused(desk(tmp_path, OPENAI_API_KEY="another"), brain={**OPENAI, "key": KEY})
    assert error.field == "brain.key"
    assert "OPENAI_API_KEY" in str(error)
    assert KEY not in str(error)


def test_a_server_of_ones_own_wants_no_key(tmp_path: Path) -> None:
    own = {"kind": "served", "provider": "ollama", "address": "http://127.0.0.1:11434/v1", "model": "m"}
    apply(desk(tmp_path), brain=own, voice={**SPEECH, "address": "http://127.0.0.1:8880/v1"})
    assert "api_key" not in (tmp_path / "conf.yaml").read_text()


def test_a_file_that_is_there_is_replaced_only_when_asked_and_a_copy_is_kept(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").write_text("character_config: {conf_name: Old}\n")
    assert refused(desk(tmp_path)).field == "replace"
    written = apply(desk(tmp_path), replace=True)
    assert (tmp_path / written.copy).read_text() == "character_config: {conf_name: Old}\n"
    assert "Nova" in (tmp_path / "conf.yaml").read_text()


def test_a_new_file_does_not_open_a_door_that_was_locked(tmp_path: Path) -> None:
    door = {"host": "0.0.0.0", "access_token": "secret"}
    (tmp_path / "conf.yaml").write_text("system_config:\n  host: 0.0.0.0\n  access_token: secret\n")
    at = desk(tmp_path, system=door)
    apply(at, replace=True)
    system = config.load(at.file, {}).system_config
    assert system.access_token is not None
    assert system.access_token.get_secret_value() == "secret"
    (tmp_path / "conf.yaml").unlink()
    with pytest.raises(ConfigError, match="access_token"):  # the server would go on listening everywhere
        apply(desk(tmp_path, system=door))
    assert not (tmp_path / "conf.yaml").exists()


def test_the_server_goes_on_where_it_listens_and_keeps_its_data_where_it_was_told_to(tmp_path: Path) -> None:
    at = desk(tmp_path, system={"port": 4711, "data_dir": str(tmp_path / "kept")})
    apply(at)
    run = at.runs.take()
    assert run is not None
    assert run.settings.system_config.port == 4711
    assert run.settings.system_config.data_dir == tmp_path / "kept"


def test_a_channel_is_written_by_its_name_and_the_demo_brain_reads_none_unasked(tmp_path: Path) -> None:
    assert refused(desk(tmp_path), channel="no such channel!", demo_on_channel=True).field == "channel"
    assert refused(desk(tmp_path), channel="somebody").field == "demo_on_channel"
    at = desk(tmp_path)
    apply(at, channel="https://twitch.tv/SomeBody", demo_on_channel=True)
    assert config.load(at.file, {}).live_config.twitch.channel == "somebody"


def test_one_thing_is_done_at_a_time(tmp_path: Path) -> None:
    async def main() -> None:
        at = desk(tmp_path)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(at.apply(chosen()))
            await asyncio.sleep(0)
            with pytest.raises(Unfit) as error:
                await at.apply(chosen())
            assert error.value.code == "busy"
        assert first.result().file == "conf.yaml"

    asyncio.run(main())


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    at = desk(tmp_path / "gone")
    with pytest.raises(ConfigError, match="cannot be written"):
        apply(at)
    assert not at.runs.is_planned


def test_a_run_can_be_repeated_as_a_rehearsal(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.go_live(rehearses=True)
    assert at.runs.take() == Run(at.runs.present.settings, rehearses=True)
    assert read_keys(tmp_path, []) == {}
