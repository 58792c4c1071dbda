"""The printed reference is the committed one, and it names everything."""

from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from open_llm_vtuber.cli import main
from open_llm_vtuber.errors import ERROR_CODES
from open_llm_vtuber.protocol.client_messages import ClientMessage
from open_llm_vtuber.protocol.reference import reference
from open_llm_vtuber.protocol.server_messages import ServerMessage

COMMITTED = Path(__file__).resolve().parents[3] / "docs/protocol.md"
PRINTED = reference()
CLASSES: list[type[BaseModel]] = [
    *get_args(get_args(ClientMessage)[0]),
    *get_args(get_args(ServerMessage)[0]),
]


def test_the_committed_reference_is_what_the_classes_say() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == reference(), (
        "run: .venv/bin/open-llm-vtuber protocol > docs/protocol.md"
    )


def test_the_command_prints_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["protocol"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == reference()


@pytest.mark.parametrize("message", CLASSES, ids=lambda each: each.__name__)
def test_every_message_is_in_it_with_a_sentence_and_all_its_fields(message: type[BaseModel]) -> None:
    heading = f"### `{message.model_fields['type'].default}`\n"
    section = PRINTED.partition(
        "## Server" if message in get_args(get_args(ServerMessage)[0]) else "## Client"
    )[2]
    entry = section.partition(heading)[2].partition("\n### ")[0]
    assert message.__doc__
    assert message.__doc__.splitlines()[0] in entry
    for field in set(message.model_fields) - {"type"}:
        assert f"| `{field}` |" in entry


def test_every_code_of_an_error_is_in_it() -> None:
    for code in ERROR_CODES:
        assert f"`{code}`" in PRINTED
