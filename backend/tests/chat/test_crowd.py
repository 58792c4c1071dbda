"""The crowd: what several viewers write is summed up, what one writes is his own."""

from open_llm_vtuber.chat.crowd import MOST_KEPT, Crowd


def crowd(*texts: str, viewers: int = 4) -> Crowd:
    found = Crowd(20.0)
    for text in texts:
        for number in range(viewers):
            found.note(f"{text}{number}", f"viewer{number}", text, 0.0)
    return found


def test_what_many_write_is_named_with_how_many_they_are() -> None:
    assert crowd("LUL").summary(1.0) == 'Meanwhile chat is writing: "LUL" (4 viewers).'


def test_what_few_write_is_not_repeated() -> None:
    assert crowd("secret", viewers=2).summary(1.0) == ""


def test_one_viewer_is_no_crowd() -> None:
    alone = Crowd(20.0)
    for number in range(50):
        alone.note(str(number), "ana", "me me me", 0.0)
    assert alone.summary(1.0) == ""


def test_at_most_three_texts_are_named_the_most_frequent_first() -> None:
    found = crowd("a", "b", "c", "d")
    found.note("x", "viewer9", "C", 0.0)
    assert found.summary(1.0).startswith('Meanwhile chat is writing: "c" (5 viewers), ')
    assert found.summary(1.0) == ""


def test_old_lines_do_not_count() -> None:
    assert crowd("LUL").summary(21.0) == ""


def test_a_removed_line_is_not_repeated() -> None:
    found = crowd("LUL", viewers=3)
    found.remove(lambda message_id, _: message_id == "LUL1")
    assert found.summary(1.0) == ""


def test_it_does_not_grow() -> None:
    found = Crowd(1e9)
    for number in range(3 * MOST_KEPT):
        found.note(str(number), str(number), "x" * 10_000, 0.0)
    assert len(found._lines) == MOST_KEPT
    assert len(found.summary(1.0)) < 200
