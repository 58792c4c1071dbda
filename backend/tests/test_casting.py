"""A character of the configuration becomes a role: its engines, its persona, and what an operator is told."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import fakes
from live_server import SCRIPTED
from open_llm_vtuber import casting
from open_llm_vtuber.agent.agents.hume_ai import HumeOptions
from open_llm_vtuber.app import frontend_folder
from open_llm_vtuber.casting import Casting, Mind, Script
from open_llm_vtuber.config import Settings
from open_llm_vtuber.engine_pool import EnginePool
from open_llm_vtuber.errors import ConfigError, ProtocolError
from open_llm_vtuber.llm import LLM_ENGINES
from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.tts import TTS_ENGINES


class Stage:
    """A casting with its pools, and the personas that it made adapters of."""

    def __init__(self) -> None:
        self.llms = EnginePool(LLM_ENGINES, ("openai_compatible_llm", "scripted_llm"))
        self.voices = EnginePool(TTS_ENGINES, ("openai_tts", "tone_tts"))
        self.personas: list[tuple[str, Collection[str]]] = []
        self.servers: Collection[str] = ()
        self.minds: list[Mind] = []
        self.made: list[fakes.FakeAdapter] = []
        self.remote: Script | None = None
        self.casting: Casting

    def adapters(self, own: Script, remote: Script | None) -> Mapping[Mode, Adapter]:
        self.servers = own.tool_servers
        self.personas.append((own.persona, sorted(own.emotions)))
        self.remote = remote
        self.minds.append(own.llm)
        self.made.append(fakes.FakeAdapter())
        return {"orphiq": self.made[-1]}


@asynccontextmanager
async def staged(
    folder: Path, character: Mapping[str, Any] | None = None, **system: Any
) -> AsyncIterator[Stage]:
    given = {
        "character_config": {**SCRIPTED, **(character or {})},
        "system_config": system,
        "folder": folder,
    }
    stage = Stage()
    async with AsyncExitStack() as stack:
        stage.casting = await stack.enter_async_context(
            Casting(
                Settings.model_validate(given),
                frontend=frontend_folder(),
                channel="c",
                llms=await stack.enter_async_context(stage.llms),
                voices=await stack.enter_async_context(stage.voices),
                chain=lambda voices, _: next(iter(voices.values())),
                adapters=stage.adapters,
                others={},
            )
        )
        yield stage


def put(folder: Path, file: str, text: str) -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")


def test_the_own_character_is_there_for_every_show_with_words_of_its_own(tmp_path: Path) -> None:
    async def main() -> None:
        async with staged(tmp_path, {"persona_prompt": "You.", "human_name": "Boss"}) as stage:
            one, other = stage.casting.opening(), stage.casting.opening()
            assert one.adapters["orphiq"] is not other.adapters["orphiq"]
            assert one.voice is other.voice
            assert (one.billing.human_name, one.billing.channel) == ("Boss", "c")
            assert stage.personas[0][0] == "You."
            assert "joy" in stage.personas[0][1]
            await one.leave()
            assert stage.llms.running == ("scripted_llm",), "its engines stay"

    asyncio.run(main())


def test_the_own_character_gives_its_engines_back_when_the_casting_ends(tmp_path: Path) -> None:
    async def main() -> None:
        async with staged(tmp_path) as stage:
            engines = [*stage.llms.running, *stage.voices.running]
            await stage.casting.__aexit__(None, None, None)
            left = [*stage.llms.running, *stage.voices.running]
            assert (len(engines), left) == (2, [])

    asyncio.run(main())


def test_another_character_gives_its_engines_back_and_shares_equal_ones(tmp_path: Path) -> None:
    put(tmp_path, "characters/a.yaml", "character_config: {tts_config: {tone_tts: {ms_per_character: 50}}}")

    async def main() -> None:
        async with staged(tmp_path) as stage:
            role = await stage.casting.become("a.yaml")
            assert stage.llms.running == ("scripted_llm",), "one for both"
            assert stage.voices.running == ("tone_tts", "tone_tts")
            await role.leave()
            assert len(stage.voices.running) == 1

    asyncio.run(main())


def test_a_voice_that_cannot_be_had_gives_the_language_model_back(tmp_path: Path) -> None:
    put(
        tmp_path,
        "characters/a.yaml",
        "character_config: {agent_config: {llm_configs: {scripted_llm: {delay_ms: 1}}},"
        " tts_config: {tone_tts: {ms_per_character: 0}}}",
    )

    async def main() -> None:
        async with staged(tmp_path) as stage:
            with pytest.raises(ConfigError, match="ms_per_character"):
                await stage.casting.become("a.yaml")
            assert stage.llms.running == ("scripted_llm",)

    asyncio.run(main())


def test_prompts_of_the_configuration_become_part_of_every_persona(tmp_path: Path) -> None:
    put(tmp_path, "prompts/utils/faces.txt", "Use [<insert_emomap_keys>].")
    put(tmp_path, "characters/a.yaml", "character_config: {persona_prompt: I am A.}")
    prompts = {"live2d_expression_prompt": "faces", "live_prompt": "missing"}

    async def main() -> None:
        async with staged(tmp_path, tool_prompts=prompts) as stage:
            await stage.casting.become("a.yaml")
            text, emotions = stage.personas[-1]
            assert text.startswith("I am A.\n\nUse [anger], ")
            assert emotions == [], "they are named once"
            assert any("live_prompt" in note for note in stage.casting.notes)

    asyncio.run(main())


def test_what_stands_in_for_something_else_is_told_at_the_start(tmp_path: Path) -> None:
    put(tmp_path, "characters/broken.yaml", "- 1")
    character = {
        "agent_config": {
            "conversation_agent_choice": "mem0_agent",
            "agent_settings": {"basic_memory_agent": {"llm_provider": "llama_cpp_llm"}},
        },
        "tts_config": {"tts_model": "bark_tts"},
    }

    async def main() -> str:
        async with staged(tmp_path, character) as stage:
            return " ".join(stage.casting.notes)

    told = asyncio.run(main())
    for name in ("mem0_agent", "llama_cpp_llm", "bark_tts", "broken.yaml"):
        assert name in told


def test_a_file_that_is_not_listed_is_nobody(tmp_path: Path) -> None:
    async def main() -> None:
        async with staged(tmp_path) as stage:
            with pytest.raises(ProtocolError, match="no such character"):
                await stage.casting.become("../conf.yaml")

    asyncio.run(main())


def test_settings_about_the_voices_text_are_each_characters_own(tmp_path: Path) -> None:
    put(
        tmp_path,
        "characters/a.yaml",
        "character_config: {tts_preprocessor_config: {ignore_parentheses: false}}",
    )

    async def main() -> None:
        async with staged(tmp_path) as stage:
            assert (await stage.casting.become("a.yaml")).spoken("Hi (you)") == "Hi (you)"
            assert (await stage.casting.become("conf.yaml")).spoken("Hi (you)") == "Hi"

    asyncio.run(main())


def test_a_disk_that_hangs_is_waited_for_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with staged(tmp_path) as stage:
            monkeypatch.setattr(casting, "READING_LIMIT", 0.0)
            with pytest.raises(ProtocolError, match="slow"):
                await stage.casting.configs()

    asyncio.run(main())


@pytest.mark.parametrize(("use_mcpp", "servers"), [(True, ("time",)), (False, ())])
def test_the_agent_gets_the_tool_servers_that_the_file_enables(
    tmp_path: Path, use_mcpp: bool, servers: Collection[str]
) -> None:
    own = {"llm_provider": "scripted_llm", "use_mcpp": use_mcpp, "mcp_enabled_servers": ["time"]}
    agent = {"basic_memory_agent": own}

    async def main() -> None:
        async with staged(tmp_path, {"agent_config": {"agent_settings": agent}}) as stage:
            stage.casting.opening()
            assert stage.servers == servers

    asyncio.run(main())


HUME = {
    "conversation_agent_choice": "hume_ai_agent",
    "agent_settings": {
        "hume_ai_agent": {"api_key": "k", "host": "api.hume.ai", "config_id": "", "idle_timeout": 15}
    },
}


def test_where_hume_answers_no_language_model_is_started_and_no_tags_are_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "prompts/utils/faces.txt", "Use [<insert_emomap_keys>].")
    put(tmp_path, "prompts/utils/short.txt", "Be short.")
    prompts = {"live2d_expression_prompt": "faces", "concise_style_prompt": "short"}

    async def main() -> None:
        async with staged(
            tmp_path, {"agent_config": HUME, "persona_prompt": "You."}, tool_prompts=prompts
        ) as stage:
            role = stage.casting.opening()
            assert isinstance(stage.minds[-1], HumeOptions)
            assert stage.llms.running == ()
            assert stage.personas[-1][0] == "You.\n\nBe short."
            assert role.providers["llm"].engine == "hume_ai_agent"
            assert "13 November 2026" in " ".join(stage.casting.notes)
            assert "not available" not in " ".join(stage.casting.notes)

    asyncio.run(main())


def test_a_character_whose_hume_block_is_faulty_cannot_be_taken_on(tmp_path: Path) -> None:
    put(
        tmp_path,
        "characters/a.yaml",
        "character_config: {agent_config: {conversation_agent_choice: hume_ai_agent}}",
    )

    async def main() -> None:
        async with staged(tmp_path) as stage:
            with pytest.raises(ConfigError, match="hume_ai_agent: api_key"):
                await stage.casting.become("a.yaml")

    asyncio.run(main())


def test_who_leaves_a_role_ends_its_adapters(tmp_path: Path) -> None:
    async def main() -> None:
        async with staged(tmp_path) as stage:
            role = stage.casting.opening()
            assert stage.made[-1].ended == 0
            await role.leave()
            assert stage.made[-1].ended == 1

    asyncio.run(main())
