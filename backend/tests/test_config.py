"""The configuration is checked whole, and every fault is a sentence that says where."""

import codecs
from pathlib import Path

import pytest

from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.errors import ConfigError
from open_llm_vtuber.persona import speak_up_prompt

EXISTING = """
system_config:
  conf_version: 'v1.2.1'
  host: 'localhost'
  port: 12393
  config_alts_dir: 'characters'
  tool_prompts: {live2d_expression_prompt: 'live2d_expression_prompt'}
  enable_proxy: false
character_config:
  conf_name: 'shizuku'
  conf_uid: 'shizuku-001'
  live2d_model_name: 'mao_pro'
  character_name: ''
  human_name: 'Tester'
  avatar: 'shizuku.png'
  persona_prompt: |
    You are Shizuku.
  agent_config:
    conversation_agent_choice: 'basic_memory_agent'
    agent_settings:
      basic_memory_agent:
        llm_provider: 'openai_compatible_llm'
        faster_first_response: true
        segment_method: 'pysbd'
    llm_configs:
      openai_compatible_llm: {base_url: 'http://localhost:11434/v1', llm_api_key: 'k', model: 'qwen'}
  asr_config: {asr_model: 'sherpa_onnx_asr'}
  tts_config:
    tts_model: 'openai_tts'
    openai_tts: {model: 'kokoro', voice: 'af_sky', api_key: 'secret', base_url: 'http://localhost:8880/v1'}
  vad_config: {vad_model: null}
  tts_preprocessor_config: {remove_special_char: true}
live_config:
  bilibili_live: {room_ids: [1991478060], sessdata: ''}
"""


def load(tmp_path: Path, text: str, **environment: str) -> Settings:
    file = tmp_path / "conf.yaml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, environment)


def test_no_file_at_all_is_the_embedded_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = config.load(None)
    assert settings.system_config.host == "localhost"
    assert settings.system_config.port == 12393
    assert (
        settings.character_config.agent_config.agent_settings.basic_memory_agent.llm_provider
        == "embedded_llm"
    )
    assert settings.character_config.tts_config.tts_model == "embedded_tts"


def test_a_conf_yaml_in_the_folder_is_read_without_being_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf.yaml").write_text("system_config: {port: 4711}")
    monkeypatch.chdir(tmp_path)
    assert config.load(None).system_config.port == 4711


def test_an_existing_file_is_read_as_it_is(tmp_path: Path) -> None:
    settings = load(tmp_path, EXISTING)
    character = settings.character_config
    assert settings.notes == ()
    assert character.name == "shizuku", "an empty character_name means conf_name"
    assert character.human_name == "Tester"
    assert character.agent_config.llm_configs["openai_compatible_llm"]["model"] == "qwen"
    assert character.tts_config.options("openai_tts")["voice"] == "af_sky"


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "On"])
def test_a_key_that_is_a_word_is_no_truth(tmp_path: Path, word: str) -> None:
    settings = load(tmp_path, f"autonomous:\n  {word}: raid\n  enabled: {word}\n")
    assert settings.autonomous == {word: "raid", "enabled": word.lower() in ("on", "yes")}


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "").character_config == Settings().character_config


def test_environment_variables_are_put_in_anywhere(tmp_path: Path) -> None:
    settings = load(
        tmp_path, "live_config: {twitch: {channel: '${WHERE}x', token: '${TOKEN}'}}", WHERE="mika", TOKEN="t"
    )
    assert settings.live_config.twitch.channel == "mikax"
    assert settings.live_config.twitch.token.get_secret_value() == "t"


def test_a_missing_environment_variable_is_noted(tmp_path: Path) -> None:
    assert "TOKEN" in load(tmp_path, "live_config: {twitch: {token: '${TOKEN}'}}").notes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("system_config: {port: 99999}", "port"),
        ("system_config: {port: many}", "port"),
        ("system_config: [", "line"),
        ("- a list", "sections"),
        ("just text", "sections"),
        ("live_config: {twitch: {chanel: x}}", "chanel"),
        ("character_config: {persona_prompt: ''}", "persona_prompt"),
        ("features: {twich: false}", "twich"),
        ("shows: {main: {mode: singing}}", "mode"),
    ],
)
def test_a_fault_is_one_sentence_that_says_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as raised:
        load(tmp_path, text)
    assert "\n" not in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, "system_config: {port: -1}\nfeatures: {twitch: maybe}")
    assert "port" in str(raised.value)
    assert "twitch" in str(raised.value)


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, "system_config: {access_token: [hunter2]}")
    assert "hunter2" not in str(raised.value)
    assert "hunter2" not in repr(load(tmp_path, "system_config: {access_token: hunter2}"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sytem_config: {}", "Did you mean system_config"),
        ("system_config: {acess_token: x}", "Did you mean access_token"),
        ("live_config: {chat: {commands: {say: {allow: follower}}}}", "moderator:read:followers"),
        ("live_config: {chat: {moderation: {hold: {roles: [follower]}}}}", "moderator:read:followers"),
    ],
)
def test_what_means_nothing_or_less_than_it_seems_is_noted(tmp_path: Path, text: str, says: str) -> None:
    assert says in load(tmp_path, text).notes[0]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_a_server_that_others_can_reach_needs_a_token(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="access_token"):
        load(tmp_path, f"system_config: {{host: '{host}'}}")
    assert load(tmp_path, f"system_config: {{host: '{host}', access_token: t}}").system_config.host == host


def test_a_missing_file_and_one_in_another_encoding_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration file"):
        config.load(tmp_path / "other.yaml")
    (tmp_path / "conf.yaml").write_bytes("name: é".encode("latin-1"))
    with pytest.raises(ConfigError, match="UTF-8"):
        config.load(tmp_path / "conf.yaml")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"], ids="{0}".format
)
def test_a_file_that_an_editor_of_windows_has_written_is_read(tmp_path: Path, encoding: str) -> None:
    text = "character_config:\r\n  conf_name: Zoë 澪\r\n"
    mark = (
        codecs.BOM_UTF16_LE
        if encoding == "utf-16-le"
        else codecs.BOM_UTF16_BE
        if encoding == "utf-16-be"
        else b""
    )
    file = tmp_path / "conf.yaml"
    file.write_bytes(mark + text.encode(encoding))
    settings = config.load(file)
    assert settings.character_config.conf_name == "Zoë 澪"
    assert settings.notes == ()
    assert config.character(settings.character_config, file)[0].conf_name == "Zoë 澪"


@pytest.mark.parametrize(
    "data", ["a: é".encode("utf-16-le"), b"\xff\xfea", "a: é".encode("latin-1"), b"a: \0"]
)
def test_any_other_encoding_is_one_sentence(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "conf.yaml"
    file.write_bytes(data)
    with pytest.raises(ConfigError, match=r"^conf.yaml is not (UTF-8 text|valid YAML).*\.$"):
        config.load(file)


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    settings = config.overridden(load(tmp_path, "system_config: {port: 1}"), port=2, channel="mika")
    assert settings.system_config.port == 2
    assert settings.live_config.twitch.channel == "mika"
    with pytest.raises(ConfigError, match="access_token"):
        config.overridden(settings, host="0.0.0.0")


@pytest.mark.parametrize(
    ("section", "prompt"),
    [
        ("{proactive_speak_prompt: speak}", "Tell us a story."),
        ("{proactive_speak_prompt: missing}", ""),
        ("{proactive_speak_prompt: [1]}", ""),
        ("{}", ""),
        ("null", ""),
    ],
)
def test_what_she_is_asked_for_unasked_stands_in_a_file(tmp_path: Path, section: str, prompt: str) -> None:
    folder = tmp_path / "prompts" / "utils"
    folder.mkdir(parents=True)
    (folder / "speak.txt").write_text("Tell us a story.\n", encoding="utf-8")
    settings = load(tmp_path, f"system_config: {{tool_prompts: {section}}}")
    said: list[str] = []
    assert speak_up_prompt(settings.system_config.tool_prompts, settings.folder, said.append) == prompt


def test_ears_and_voice_detection_take_the_options_beside_their_name(tmp_path: Path) -> None:
    text = """
character_config:
  asr_config: {asr_model: openai_asr, openai_asr: {model: whisper-1}, faster_whisper: {language: en}}
  vad_config: {vad_model: silero_vad, silero_vad: {prob_threshold: 0.3}}
"""
    character = load(tmp_path, text).character_config
    assert character.asr_config.options("openai_asr") == {"model": "whisper-1"}
    assert character.vad_config.options() == {"prob_threshold": 0.3}


def test_a_character_file_is_laid_over_a_character_section_by_section(tmp_path: Path) -> None:
    base = load(tmp_path, EXISTING).character_config
    file = tmp_path / "alice.yaml"
    file.write_text(
        "character_config: {conf_name: Alice, tts_config: {openai_tts: {voice: '${VOICE}'}}}",
        encoding="utf-8",
    )
    alice, notes = config.character(base, file, {"VOICE": "nova"})
    assert notes == []
    assert (alice.conf_name, alice.persona_prompt) == ("Alice", "You are Shizuku.\n")
    assert alice.tts_config.options("openai_tts") == {
        **base.tts_config.options("openai_tts"),
        "voice": "nova",
    }
    assert base.conf_name == "shizuku"


def test_a_character_file_laid_over_itself_changes_nothing(tmp_path: Path) -> None:
    base = load(tmp_path, EXISTING).character_config
    assert config.character(base, tmp_path / "conf.yaml", {})[0] == base


@pytest.mark.parametrize("section", ["{group_rounds: 0}", "{group_rounds: 1000}", "{group_invitations: ask}"])
def test_a_group_that_talks_for_ever_or_asks_whom_it_cannot_ask_is_a_fault(
    tmp_path: Path, section: str
) -> None:
    with pytest.raises(ConfigError, match="group_"):
        load(tmp_path, f"system_config: {section}")
