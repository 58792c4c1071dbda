"""What can be found wrong before an engine starts."""

from pathlib import Path

import pytest

from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.asr import ASR_ENGINES
from open_llm_vtuber.checkup import EXTRAS, Findings, body_faults_of, examine
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.tts import TTS_ENGINES
from open_llm_vtuber.vad import VAD_ENGINES

SECRET = "sk-very-secret-key"


def found(folder: Path, text: str) -> Findings:
    file = folder / "conf.yaml"
    file.write_text(text)
    return examine(file, frontend_folder(), {})


def lines(findings: Findings) -> list[str]:
    return [f"{each.line} {each.place}: {each.sentence} → {each.fix}" for each in findings.faults]


def test_without_a_file_nothing_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    findings = examine(None, frontend_folder(), {})
    assert findings.settings is not None
    assert (findings.faults, findings.remarks) == ([], [])


def test_a_file_that_is_no_yaml_is_one_fault(tmp_path: Path) -> None:
    findings = found(tmp_path, "a: [")
    assert findings.settings is None
    (fault,) = findings.faults
    assert fault.sentence.startswith("conf.yaml is not valid YAML in line 1")


def test_faults_of_all_parts_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = f"""\
autonomous:
  enabled: perhaps
system_config:
  port: -1
character_config:
  agent_config:
    agent_settings: {{basic_memory_agent: {{llm_provider: openai_compatible_llm}}}}
    llm_configs:
      openai_compatible_llm:
        base_ulr: http://127.0.0.1:1/v1
        model: m
        llm_api_key: {SECRET} x
  tts_config:
    tts_model: openai_tts
    openai_tts: {{file_extension: mp3}}
"""
    findings = found(tmp_path, text)
    assert [each.line for each in findings.faults] == [2, 4, 9, 12, 15]
    assert [each.place.rpartition(".")[2] for each in findings.faults] == [
        "enabled",
        "port",
        "base_url",
        "llm_api_key",
        "file_extension",
    ]
    assert any("base_ulr (line 10)" in each and "Did you mean base_url?" in each for each in findings.remarks)
    assert SECRET not in str(findings)


def test_faces_and_gestures_of_sheets_and_triggers_are_compared_with_the_avatars(tmp_path: Path) -> None:
    text = """\
cue_sheets:
  hello:
    - motion: [Wave, 0]
    - motion: [Wavee, 0]
    - expression: JOY
  bound:
    on: raid
    steps:
      - expression: joyy
      - motion: [Wave, 7]
      - expression: 99
autonomous:
  triggers:
    - {kind: idle, after_s: 5, action: {motion: any}}
    - {kind: idle, after_s: 5, action: {expression: "{mood}"}}
    - {kind: idle, after_s: 5, action: {expression: Joy}}
    - {kind: idle, after_s: 5, action: {expression: rage}}
    - {kind: idle, after_s: 5, action: {motion: [Juggle, 0]}}
    - {kind: idle, after_s: 5, action: {cue_sheet: helo}}
"""
    findings = found(tmp_path, text)
    assert [line.partition(":")[0] for line in lines(findings)] == [
        "4 cue_sheets.hello.1.motion",
        "9 cue_sheets.bound.steps.0.expression",
        "10 cue_sheets.bound.steps.1.motion",
        "11 cue_sheets.bound.steps.2.expression",
        "17 autonomous.triggers.3.action.expression",
        "18 autonomous.triggers.4.action.motion",
        "19 autonomous.triggers.5.action.cue_sheet",
    ]
    fixes = [each.fix for each in findings.faults]
    assert fixes[0] == "Did you mean Wave?"
    assert fixes[1] == "Did you mean joy?"
    assert fixes[2] == "There is only Wave 0."
    assert fixes[5].startswith("There are: Idle, Wave")
    assert fixes[6] == "Did you mean hello?"
    assert findings.settings is not None
    told = body_faults_of(findings.settings, frontend_folder())
    assert len(told) == 6, "what `run` remarks: the sheet that is not there ends it anyway"


def test_sheets_are_looked_at_although_another_section_is_faulty(tmp_path: Path) -> None:
    text = """\
system_config: {port: x}
cue_sheets: {hello: [{motion: [Wavee, 0]}]}
autonomous: {triggers: [{kind: idle, after_s: 5, action: {cue_sheet: helo}}]}
"""
    assert [each.place for each in found(tmp_path, text).faults] == [
        "system_config.port",
        "cue_sheets.hello.0.motion",
        "autonomous.triggers.0.action.cue_sheet",
    ]


def test_what_a_faulty_section_may_have_meant_is_no_second_fault(tmp_path: Path) -> None:
    text = """\
character_config: {conf_name: 3, live2d_model_name: own}
cue_sheets: {hello: [{motion: [Wavee, 0]}], bye: [{jump: 3}]}
autonomous: {triggers: [{kind: idle, after_s: 5, action: {cue_sheet: hello}}]}
"""
    assert [each.place for each in found(tmp_path, text).faults] == [
        "character_config.conf_name",
        "cue_sheets.bye.0",
    ]


def test_an_avatar_that_is_not_there_is_a_fault_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "model_dict.json").write_text("[]")
    (fault,) = found(tmp_path, "character_config: {live2d_model_name: shizuku}").faults
    assert (fault.line, fault.place) == (1, "character_config.live2d_model_name")
    assert "There is no avatar 'shizuku'" in fault.sentence


def test_slips_of_the_pen_are_remarked_and_keys_of_the_earlier_program_are_not(tmp_path: Path) -> None:
    text = "character_config: {persona_promt: x, translator_config: {}, segment_method: pysbd}\nsytem_config: {}\n"
    remarks = found(tmp_path, text).remarks
    assert len(remarks) == 2
    assert "sytem_config" in remarks[0]
    assert "persona_promt" in remarks[1]
    assert "persona_prompt?" in remarks[1]


def test_an_engine_that_is_misspelt_is_remarked_with_the_one_that_was_meant(tmp_path: Path) -> None:
    findings = found(tmp_path, "character_config: {tts_config: {tts_model: openai_ttss}}")
    assert any("Did you mean openai_tts?" in each for each in findings.remarks)


def test_every_extra_belongs_to_an_engine() -> None:
    assert set(EXTRAS) <= {*LLM_ENGINES, *TTS_ENGINES, *ASR_ENGINES, *VAD_ENGINES}
