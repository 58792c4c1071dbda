"""What existing web clients see of faces that somebody asks for: applied outside speech, and never in the way of it."""

import asyncio

from open_llm_vtuber.show.commands import BodyCommand, ClaimExpression, ReleaseClaim
from open_llm_vtuber.stimulus import ExpressionRequest, Priority
from open_llm_vtuber.units import Milliseconds
from virtual_time import run_virtual
from wire.existing_client import ExistingClient
from wire.set_of_shows import FACES, SetOfShows, set_of_shows
from wire.tab import Tab, kinds, now

JOY, SADNESS, ANGER = (FACES.index(name) for name in ("joy", "sadness", "anger"))


async def show_face(
    shows: SetOfShows, face: int, *, seconds: float = 0, priority: int = 10, show: str = "main"
) -> str:
    request = ExpressionRequest(
        expression=face,
        owner="operator",
        priority=Priority(priority),
        duration=Milliseconds(round(seconds * 1000)),
    )
    return await asked(shows, ClaimExpression("operator", request), show)


async def asked(shows: SetOfShows, command: BodyCommand, show: str = "main") -> str:
    (answer,) = await shows.shows.ask(show, command)
    return str(getattr(getattr(answer, "result", None), "status", ""))


def chains(tab: Tab) -> list[str]:
    return [kind for kind in kinds(tab.frames) if kind.startswith("conversation-chain")]


def test_a_face_outside_speech_is_applied_at_once_and_goes_when_its_time_is_over() -> None:
    async def main() -> None:
        async with set_of_shows() as shows, shows.tab("main") as tab:
            await asyncio.sleep(5)
            began = now()
            assert await show_face(shows, JOY, seconds=2) == "success"
            await asyncio.sleep(5)
            assert [(round(at - began, 1), face) for at, face in tab.client.faces] == [(0.0, JOY), (2.0, 0)]
            assert (tab.client.bubbles, tab.client.toasts, chains(tab)) == ([], [], [])
            assert (tab.client.state, tab.client.lost) == ("idle", [])

    run_virtual(main())


def test_in_speech_it_rides_on_the_next_sentence_and_comes_again_when_the_client_is_idle() -> None:
    async def main() -> None:
        async with set_of_shows(lambda _: "One is first. Two is next. [sadness] Three.") as shows:
            shows.llm._word_takes = 0.4
            async with shows.tab("main") as tab:
                await asyncio.sleep(5)
                await tab.type_text("count")
                await tab.until_came("audio")
                assert await show_face(shows, JOY) == "queued"
                assert tab.count("audio") == 1, "nothing is put between the sentences"
                await tab.until_turns(1, 60)
                await asyncio.sleep(5)
                faces = [face for _, face in tab.client.faces]
                assert faces[-3:] == [JOY, 0, JOY]
                assert SADNESS not in faces, "the operator's goes before the reply's"
                assert tab.client.face == JOY
                assert tab.client.lost == []
                assert chains(tab) == ["conversation-chain-start", "conversation-chain-end"]

    run_virtual(main())


def test_who_comes_late_gets_the_face_that_shows() -> None:
    async def main() -> None:
        async with set_of_shows() as shows:
            assert await show_face(shows, ANGER) == "queued", "nobody is there"
            async with shows.tab("main") as tab:
                await asyncio.sleep(5)
                assert tab.client.face == ANGER

    run_virtual(main())


def test_a_client_that_was_interrupted_gets_it_with_the_next_words() -> None:
    async def main() -> None:
        async with (
            set_of_shows(lambda said: f"{said} is first. And this is a long second one.") as shows,
            shows.tab("main") as tab,
        ):
            await asyncio.sleep(5)
            await tab.type_text("one")
            await tab.until_came("audio")
            await asyncio.sleep(0.5)
            await tab.press_interrupt()
            assert await show_face(shows, JOY) == "queued"
            await asyncio.sleep(10)
            assert (tab.client.state, tab.client.lost) == ("interrupted", [])
            await tab.type_text("two")
            await tab.until(lambda: tab.client.face == JOY)
            await tab.until_turns(2)
            await asyncio.sleep(2)
            assert tab.client.face == JOY
            assert tab.client.lost == []

    run_virtual(main())


def test_faces_at_any_moment_never_make_two_chains_or_lose_a_sentence() -> None:
    async def main() -> None:
        async with (
            set_of_shows(lambda said: f"{said} is first. And then the second. Last one.") as shows,
            shows.tab("main", ExistingClient()) as tab,
        ):
            await asyncio.sleep(3)
            for number in range(8):
                await tab.type_text(f"line {number}")
                for step in range(11):
                    await asyncio.sleep(0.37)
                    await show_face(shows, (number + step) % len(FACES), seconds=(step % 3) * 0.5)
                await tab.until_turns(number + 1, 60)
            await asked(shows, ReleaseClaim("operator", "expression"))
            await asyncio.sleep(5)
            assert chains(tab) == ["conversation-chain-start", "conversation-chain-end"] * 8
            assert tab.client.lost == []
            said = [text for who, text in tab.client.bubbles if who == "ai"]
            assert said == [f"line {n} is first. And then the second. Last one. " for n in range(8)]
            assert tab.client.face == 0

    run_virtual(main())
