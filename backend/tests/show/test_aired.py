"""What has gone out of a reply: kept for a page that is reloaded, and played to its end."""

import asyncio

import pytest

from open_llm_vtuber.protocol.parts import DisplayText
from open_llm_vtuber.show.aired import Aired
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.playback import BACK_WITHIN
from open_llm_vtuber.show.speech import Speech
from open_llm_vtuber.units import Hertz, Seconds
from virtual_time import run_virtual

TWO_SECONDS = Speech("UklGRg==", (0.5, 1.0), 2.0, b"", Hertz(24_000))


def said(*texts: str) -> Aired:
    """Return a reply of which these sentences were sent at once, each two seconds long."""
    aired = Aired("t1")
    for text in texts:
        aired.plan(text, TWO_SECONDS)
        aired.sentence(TWO_SECONDS, DisplayText(text=text, name="Mika", avatar=""), None)
    return aired


def stage() -> Outbox:
    outbox = Outbox("stage")
    outbox.capabilities = frozenset({"primary", "expression"})
    return outbox


def test_what_is_still_to_be_heard_begins_with_the_sentence_under_way() -> None:
    async def main() -> tuple[int, int, list[str], bool]:
        aired = said("One. ", "Two. ", "Three. ")
        await asyncio.sleep(2.5)
        rest = aired.under_way()
        texts = [each.display_text.text for each in rest.sentences if each.display_text]
        return rest.index, rest.position_ms, texts, rest.is_complete

    assert run_virtual(main()) == (1, 500, ["Two. ", "Three. "], False)


def test_when_all_was_heard_nothing_is_left_but_the_report() -> None:
    async def main() -> tuple[int, int, bool]:
        aired = said("One. ")
        await asyncio.sleep(3)
        aired.is_complete = True
        rest = aired.under_way()
        return rest.index, len(rest.sentences), rest.is_complete

    assert run_virtual(main()) == (1, 0, True)


async def ends_after(aired: Aired, grace: Seconds = 1.0) -> Seconds:
    loop = asyncio.get_running_loop()
    before = loop.time()
    await aired.heard_out(grace)
    return loop.time() - before


def test_it_ends_with_the_report_and_at_the_latest_after_the_grace() -> None:
    async def main() -> tuple[Seconds, Seconds]:
        late = await ends_after(said("One. ", "Two. "))
        aired = said("One. ", "Two. ")
        asyncio.get_running_loop().call_later(3, aired.played)
        return late, await ends_after(aired)

    assert run_virtual(main()) == pytest.approx((5.0, 3.0))


def test_it_waits_for_a_page_that_is_reloaded_but_not_for_long() -> None:
    async def main(back_after: Seconds | None) -> Seconds:
        aired, loop = said("One. "), asyncio.get_running_loop()
        aired.played_by(stage())
        loop.call_later(1, aired.played_by, None)
        if back_after is not None:
            loop.call_later(1 + back_after, aired.played_by, stage())
        return await ends_after(aired)

    assert run_virtual(main(1.5)) == pytest.approx(3 + 1.5, abs=0.1)
    assert run_virtual(main(None)) == pytest.approx(3 + BACK_WITHIN, abs=0.1)


def test_it_does_not_wait_for_an_existing_client_that_left() -> None:
    async def main() -> Seconds:
        aired = said("One. ")
        aired.played_by(Outbox("old"))
        asyncio.get_running_loop().call_later(1, aired.played_by, None)
        return await ends_after(aired)

    assert run_virtual(main()) == pytest.approx(3.0)
