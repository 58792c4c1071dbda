"""Lines for the chat wait in order, and not too many of them."""

import asyncio

from open_llm_vtuber.chat_lines import MOST_WAITING, ChatLine, ChatLines


def test_lines_are_taken_in_order() -> None:
    async def main() -> list[ChatLine]:
        lines = ChatLines()
        lines.write("main", "one", "m1")
        lines.write("other", "two")
        return [await lines.take(), await lines.take()]

    assert asyncio.run(main()) == [ChatLine("main", "one", "m1"), ChatLine("other", "two", "")]


def test_when_nobody_writes_what_is_too_much_is_dropped() -> None:
    async def main() -> list[str]:
        lines = ChatLines()
        for number in range(MOST_WAITING + 5):
            lines.write("main", str(number))
        return [(await lines.take()).text for _ in range(MOST_WAITING)]

    assert asyncio.run(main()) == [str(number) for number in range(MOST_WAITING)]
