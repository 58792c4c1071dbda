"""Faults of other backends that no other suite looks for; docs/peer-faults.md has them all."""

import asyncio
import json
from pathlib import Path
from time import perf_counter

import pytest

from fakes import FakeEar, FakeRepertoire
from open_llm_vtuber import config
from open_llm_vtuber.config import Settings
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.role import Role
from virtual_time import run_virtual
from wire.set_of_shows import set_of_shows

PIECE = (0.25, -0.25) * 2_048
LOADING = 10.0


def test_a_long_utterance_is_taken_in_as_quickly_at_its_end_as_at_its_beginning() -> None:
    ears = Ears(FakeEar(), longest=600.0)
    took: list[float] = []
    for _ in range(1_200):
        before = perf_counter()
        ears.take_in("client", PIECE)
        took.append(perf_counter() - before)
    # The quickest of many says what the work costs, however busy the machine is.
    assert min(took[-300:]) < 3 * min(took[:300])


def test_while_one_client_waits_for_another_character_others_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    become = FakeRepertoire.become

    async def slowly(repertoire: FakeRepertoire, file: str) -> Role:
        await asyncio.sleep(LOADING)
        return await become(repertoire, file)

    monkeypatch.setattr(FakeRepertoire, "become", slowly)

    async def main() -> None:
        async with set_of_shows(lambda _: "Yes.") as shows, shows.tab() as waiting, shows.tab() as other:
            await waiting.send("switch-config", file="somebody.yaml")
            await asyncio.sleep(0.1)
            await other.type_text("hello")
            await other.until_turns(1)
            assert other.client.bubbles == [("human", "hello"), ("ai", "Yes. ")]
            assert waiting.count("error") == 0, "it waits still"
            await waiting.until_came("error", code="not-found")

    run_virtual(main())


@pytest.mark.parametrize(
    "agent",
    [
        {},
        {"agent_settings": {}},
        {"agent_settings": None},
        {"agent_settings": {"basic_memory_agent": None}},
        {
            "conversation_agent_choice": "letta_agent",
            "agent_settings": {"letta_agent": {"host": "localhost"}},
        },
    ],
)
def test_a_file_that_says_nothing_of_the_agent_has_its_defaults(
    agent: dict[str, object], tmp_path: Path
) -> None:
    file = tmp_path / "conf.yaml"
    file.write_text(json.dumps({"character_config": {"agent_config": agent}}))  # JSON is YAML
    given = config.load(file, {}).character_config.agent_config.agent_settings
    assert given == Settings().character_config.agent_config.agent_settings
