"""What she may talk about, and what rests."""

from pathlib import Path

import pytest

from open_llm_vtuber.autonomous.topics import MOST_TOPICS, Topics, proposed, read_topics
from open_llm_vtuber.errors import ConfigError


def test_a_topic_rests_once_it_was_used() -> None:
    topics = Topics(["cats", "dogs"], rest_s=100)
    used = {topics.take(0, 0.0), topics.take(1, 0.0)}
    assert used == {"cats", "dogs"}
    assert topics.take(50, 0.5) is None
    assert topics.take(100, 0.99) == "cats"


def test_new_topics_join_and_known_ones_go_on_resting() -> None:
    topics = Topics(["cats"], rest_s=100)
    topics.take(0, 0)
    topics.add(["cats", " birds \n"])
    assert topics.rested(1) == ["birds"]
    topics.add(f"topic {number}" for number in range(2 * MOST_TOPICS))
    assert len(topics) == MOST_TOPICS


def test_a_topic_file_has_a_topic_a_line(tmp_path: Path) -> None:
    file = tmp_path / "topics.txt"
    file.write_text("# what I like\ncats\n\n  old games  \n", encoding="utf-8")
    assert list(read_topics(file)) == ["cats", "old games"]


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "holds no topic"), (b"# a\n\n", "no topic"), (b"\xff\xfe", "UTF-8")]
)
def test_a_topic_file_without_topics_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    file = tmp_path / "topics.txt"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=why):
        read_topics(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_topics(tmp_path / "missing.txt")


def test_a_models_list_is_read_without_its_marks() -> None:
    answer = '[joy] 1. The smell of rain\n2) "Old maps"\n- tea\n\n...\n• Socks.'
    assert list(proposed(answer)) == ["The smell of rain", "Old maps", "tea", "Socks"]
    assert len(proposed("\n".join(f"topic {i} abc" for i in range(50)))) == 10
