"""The names of stored conversations."""

import pytest

from open_llm_vtuber.storage.history_uid import is_history_uid, new_history_uid


def test_a_new_uid_has_the_shape_of_one_and_is_never_the_same() -> None:
    uids = {new_history_uid() for _ in range(100)}
    assert len(uids) == 100
    assert all(map(is_history_uid, uids))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "a/b",
        "2026-01-01_00-00-00_" + "g" * 32,
        "2026-01-01_00-00-00_" + "a" * 31,
        "2026-01-01_00-00-00_" + "a" * 32 + "\n",
        "2026-01-01_00-00-00_" + "a" * 32 + "/../x",
        "\u0662026-01-01_00-00-00_" + "a" * 32,
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_history_uid(text)
