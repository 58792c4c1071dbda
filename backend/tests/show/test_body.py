"""The body: what the audience is told of faces and gestures, when, and what who asked is answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from math import inf
from random import Random
from typing import Any

import pytest

from fakes import Reader, model
from live2d_model.reference import SlowFaces, SlowGestures
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.protocol.body_messages import ClaimEnded
from open_llm_vtuber.protocol.envelope import Capability
from open_llm_vtuber.protocol.parts import Expression
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.body import TURN, Body
from open_llm_vtuber.show.commands import ReleaseClaim
from open_llm_vtuber.stimulus import ExpressionRequest, MotionRequest, Priority
from open_llm_vtuber.units import Milliseconds
from virtual_time import run_virtual

ALL: tuple[Capability, ...] = ("expression", "motion", "state")


class Stage:
    """A body with an audience."""

    def __init__(self, avatar: Live2dModel) -> None:
        self.audience = Audience()
        self.changes = 0
        self.body = Body(avatar, self.audience, self._changed)
        self.stack = ExitStack()
        self.tasks: list[asyncio.Task[None]] = []

    def _changed(self) -> None:
        self.changes += 1

    async def client(self, name: str, *capabilities: Capability, existing: bool = False) -> Reader:
        """Let a client join that reads all the time."""
        outbox = self.stack.enter_context(self.audience.attach(name))
        outbox.capabilities = None if existing else frozenset(capabilities)
        reader = Reader(outbox)
        self.tasks.append(asyncio.create_task(reader.run()))
        self.body.look()
        await asyncio.sleep(0)
        return reader

    def face(
        self,
        face: int | str,
        owner: str = "operator",
        priority: int = 10,
        seconds: float = 0,
        fade: int = 250,
    ) -> Any:
        return self.body.express(
            ExpressionRequest(
                expression=face,
                owner=owner,
                priority=Priority(priority),
                duration=Milliseconds(round(seconds * 1000)),
                fade=Milliseconds(fade),
            )
        )

    def move(self, group: str, owner: str = "operator", priority: int = 10, *, loop: bool = False) -> Any:
        return self.body.move(
            MotionRequest(group=group, index=0, owner=owner, priority=Priority(priority), loop=loop)
        )


def staged(play: Callable[[Stage], Awaitable[None]], avatar: Live2dModel | None = None) -> None:
    """Play with a body whose time passes."""

    @asynccontextmanager
    async def stage() -> AsyncIterator[Stage]:
        made = Stage(avatar or model())
        async with asyncio.TaskGroup() as group:
            life = group.create_task(made.body.run())
            await asyncio.sleep(0)
            with made.stack:
                yield made
            life.cancel()
            await asyncio.gather(*made.tasks)

    async def main() -> None:
        async with stage() as made:
            await play(made)

    run_virtual(main())


def faces(reader: Reader) -> list[tuple[float, str, str]]:
    return [
        (round(at, 3), message["name"], message["owner"])
        for at, message in zip(reader.times, reader.messages, strict=True)
        if message["type"] == "set-expression"
    ]


def motions(reader: Reader) -> list[tuple[float, str, bool]]:
    return [
        (round(at, 3), message["motion_group"], message["loop"])
        for at, message in zip(reader.times, reader.messages, strict=True)
        if message["type"] == "motion-command"
    ]


def ends(reader: Reader) -> list[tuple[str, str]]:
    return [(message["claim_id"], message["reason"]) for message in reader.all("claim-ended")]


def test_a_face_is_told_at_once_and_what_it_covered_comes_back_on_time() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        stage.face("sadness", "turn", 5)
        joy = stage.face("joy", seconds=2)
        assert (joy.status, joy.expression_id, joy.delivered, joy.reason) == ("success", 1, 1, None)
        await asyncio.sleep(5)
        assert faces(page) == [(0, "sadness", "turn"), (0, "joy", "operator"), (2, "sadness", "turn")]
        assert ends(page) == [(joy.claim_id, "expired")]
        assert stage.body.expression == Expression(expression_id=2, name="sadness")

    staged(play)


def test_a_covered_face_is_told_so_and_appears_when_its_time_has_come() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        stage.face("joy", seconds=1)
        covered = stage.face("anger", "viewer", 4)
        assert (covered.status, covered.reason) == ("covered", "more-urgent")
        await asyncio.sleep(2)
        assert faces(page)[-1] == (1, "anger", "viewer")

    staged(play)


def test_a_face_comes_with_its_own_fade_and_goes_with_it() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        stage.face("sadness", "turn", 5, fade=100)
        stage.face("joy", seconds=1, fade=2_000)
        await asyncio.sleep(1.5)
        stage.body.release("expression", owner="turn")
        await asyncio.sleep(0.1)
        assert [message["fade_ms"] for message in page.all("set-expression")] == [100, 2_000, 2_000, 100]

    staged(play)


def test_the_same_face_of_the_same_owner_is_not_told_twice() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        stage.face("joy")
        stage.face("joy")
        await asyncio.sleep(0.1)
        assert len(faces(page)) == 1
        assert [reason for _, reason in ends(page)] == ["replaced"]

    staged(play)


def test_without_anybody_who_could_show_it_a_request_waits_for_a_stage() -> None:
    async def play(stage: Stage) -> None:
        await stage.client("chat only", "chat")
        face, gesture = stage.face("joy"), stage.move("Wave")
        assert (face.status, face.reason, face.delivered) == ("queued", "no-stage", 0)
        assert (gesture.status, gesture.reason, gesture.delivered) == ("queued", "no-stage", 0)
        assert face.claim_id
        assert stage.body.expression.name == "joy"

    staged(play)


def test_more_owners_than_there_may_be_are_refused_and_the_face_stays() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        for number in range(32):
            stage.face("joy", f"owner {number}")
        refused = stage.face("anger", "one more", 9)
        assert (refused.status, refused.reason, refused.claim_id) == ("rejected", "too-many", None)
        await asyncio.sleep(0.1)
        assert {name for _, name, _ in faces(page)} == {"joy"}
        assert ends(page) == []

    staged(play)


@pytest.mark.parametrize(
    "ask",
    [
        lambda stage: stage.face("grumpy"),
        lambda stage: stage.face(99),
        lambda stage: stage.face(-1),
        lambda stage: stage.move("Dance"),
        lambda stage: stage.body.move(MotionRequest(group="Wave", index=7, owner="x", priority=Priority(10))),
    ],
)
def test_what_does_not_exist_is_refused_and_nothing_changes(ask: Callable[[Stage], object]) -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        stage.face("joy")
        with pytest.raises(ProtocolError, match=r"There are: .*(neutral|Wave)"):
            ask(stage)
        await asyncio.sleep(0.1)
        assert faces(page) == [(0, "joy", "operator")]
        assert motions(page) == []

    staged(play)


def test_gestures_queue_by_the_length_of_their_files_and_then_she_idles() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        wave, nod = stage.move("Wave"), stage.move("Nod", "other")
        assert (wave.status, wave.duration_ms) == ("success", 2_000)
        assert (nod.status, nod.reason) == ("queued", "waiting")
        await asyncio.sleep(5)
        assert motions(page) == [(0, "Wave", False), (2, "Nod", False), (3, "Idle", True)]
        assert ends(page) == [(wave.claim_id, "expired"), (nod.claim_id, "expired")]

    staged(play)


def test_a_loop_yields_to_a_higher_gesture_and_resumes_until_it_is_released() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        loop = stage.move("Wave", loop=True)
        await asyncio.sleep(5)
        assert stage.move("Nod", "viewer", 4).reason == "behind-a-loop"
        stage.move("Nod", "safety", 20)
        await asyncio.sleep(5)
        assert stage.body.release("motion", claim_id=loop.claim_id) == [loop.claim_id]
        await asyncio.sleep(2)
        assert motions(page) == [
            (0, "Wave", True),
            (5, "Nod", False),
            (6, "Wave", True),
            (10, "Nod", False),
            (11, "Idle", True),
        ]

    staged(play)


def test_a_model_without_an_idle_motion_is_told_to_stop() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        assert stage.body.motion is None
        stage.move("Wave")
        await asyncio.sleep(3)
        assert page.types() == ["motion-command", "claim-ended", "motion-stop"]

    still = Live2dModel.from_json(
        {"name": "x", "url": "/x"},
        {"FileReferences": {"Motions": {"Wave": [{"File": "w"}]}}},
        lambda _: {"Meta": {"Duration": 1}},
    )
    staged(play, still)


def test_a_release_is_answered_and_told_to_everybody_else_who_wants_the_state() -> None:
    async def play(stage: Stage) -> None:
        page, watcher = await stage.client("page", *ALL), await stage.client("watcher", "state")
        dull = await stage.client("dull")
        claim = stage.face("joy", "page")
        (answer,) = await stage.body.ask(ReleaseClaim("page", "expression"))
        assert answer == ClaimEnded(claim_id=claim.claim_id, reason="released")
        await asyncio.sleep(0.1)
        assert ends(watcher) == [(claim.claim_id, "released")]
        assert ends(page) == ends(dull) == []
        assert faces(page)[-1] == (0, "neutral", "rest")

    staged(play)


def test_a_claim_that_is_not_there_cannot_be_released() -> None:
    async def play(stage: Stage) -> None:
        stage.face("joy", "operator")
        for command in (
            ReleaseClaim("somebody", "expression"),
            ReleaseClaim("operator", "expression", claim_id="nothing"),
            ReleaseClaim("operator", "motion"),
        ):
            with pytest.raises(ProtocolError, match="no such claim"):
                await stage.body.ask(command)
        assert stage.body.expression.name == "joy"

    staged(play)


def test_a_sentence_has_its_face_from_when_it_plays() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        for number, (at, face) in enumerate(((0, 1), (3, 2), (5, 3))):
            assert stage.body.accompany(number, face, at=at, priority=Priority(5), sounds=True) == face
        await asyncio.sleep(2.9)  # its client is a little ahead
        stage.body.sentence_begins(1)
        await asyncio.sleep(3.1)
        stage.body.rest()
        await asyncio.sleep(1)
        assert faces(page) == [
            (0, "joy", TURN),
            (2.9, "sadness", TURN),
            (5.5, "anger", TURN),  # nobody said that it plays: it is taken to be a little late
            (6, "neutral", "rest"),
        ]

    staged(play)


def test_with_nobody_there_the_time_line_says_when_a_sentence_plays() -> None:
    async def play(stage: Stage) -> None:
        stage.body.accompany(0, 1, at=3, priority=Priority(5), sounds=True)
        await asyncio.sleep(2.9)
        assert stage.body.expression.name == "neutral"
        await asyncio.sleep(0.2)
        assert stage.body.expression.name == "joy"

    staged(play)


def test_what_was_not_played_when_a_turn_ended_is_not_shown_any_more() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        stage.body.accompany(0, 1, at=2, priority=Priority(5), sounds=True)
        stage.body.rest()
        await asyncio.sleep(4)
        assert faces(page) == []

    staged(play)


def test_a_replys_face_stays_in_the_band_of_replies_also_when_it_answers_an_operator() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        stage.face("joy", seconds=2)
        stage.body.accompany(0, 2, at=1, priority=Priority(10), sounds=True)
        await asyncio.sleep(3)
        assert faces(page) == [(0, "joy", "operator"), (2, "sadness", TURN)]
        assert page.all("set-expression")[-1]["priority"] == 9

    staged(play)


def test_what_rides_on_a_sentence_is_who_will_have_won_when_it_plays() -> None:
    async def play(stage: Stage) -> None:
        stage.face("joy", seconds=2)
        assert stage.body.accompany(0, 2, at=1, priority=Priority(5), sounds=True) == 1
        assert stage.body.accompany(0, 2, at=3, priority=Priority(5), sounds=True) == 2

    staged(play)


def test_a_sentence_without_a_face_carries_none_where_nobody_needs_one() -> None:
    async def play(stage: Stage) -> None:
        await stage.client("old", existing=True)
        assert stage.body.accompany(0, None, at=0, priority=Priority(5), sounds=True) is None
        stage.face("joy")
        assert stage.body.accompany(0, None, at=0, priority=Priority(5), sounds=True) == 1
        assert stage.body.accompany(0, None, at=1, priority=Priority(5), sounds=True) is None

    staged(play)


def test_another_avatar_starts_afresh() -> None:
    async def play(stage: Stage) -> None:
        page = await stage.client("page", *ALL)
        claims = [stage.face("joy").claim_id, stage.move("Wave", loop=True).claim_id]
        stage.body.accompany(0, 2, at=5, priority=Priority(5), sounds=True)
        stage.body.become(model())
        await asyncio.sleep(9)
        assert ends(page) == [(claim, "dropped") for claim in claims]
        assert faces(page)[-1] == (0, "neutral", "rest")
        assert motions(page)[-1] == (0, "Idle", True)
        assert stage.body.expression.name == "neutral"

    staged(play)


def test_whoever_watches_learns_of_every_change_and_of_nothing_else() -> None:
    async def play(stage: Stage) -> None:
        stage.face("joy", seconds=1)
        stage.move("Nod")
        assert stage.changes == 2
        await asyncio.sleep(100)
        assert stage.changes == 3  # both end in the same moment

    staged(play)


def test_all_that_can_be_asked_for_is_listed() -> None:
    body = Body(model(), Audience())
    assert body.abilities.expressions[1] == "joy"
    assert body.abilities.emotions["sadness"] == 2
    assert [each.duration_ms for each in body.abilities.motions["Wave"]] == [2_000]


def test_a_feeling_that_the_avatar_cannot_show_has_no_face() -> None:
    body = Body(model(), Audience())
    assert (body.feel("joy"), body.feel("boredom")) == (1, None)
    assert "joy" in body.emotions


def test_what_a_page_shows_is_what_the_slow_references_say_at_every_moment() -> None:
    async def play(stage: Stage) -> None:
        page, random, slow = await stage.client("page", *ALL), Random(7), SlowFaces(32)
        gestures = SlowGestures(16, 60)
        ids = {"": "neutral"}
        names: dict[str | None, str] = {None: "Idle"}
        for step in range(3_000):
            now, owner = 2 * step, random.choice("abcd")
            await asyncio.sleep(now - asyncio.get_running_loop().time())
            priority, kind = random.randrange(4), random.random()
            if kind < 0.35:
                face, seconds = random.randrange(5), random.choice((0, 1, 3, 5, 9))
                claim = stage.face(face, owner, priority, seconds)
                ids[claim.claim_id] = claim.name
                slow.claim(claim.claim_id, owner, priority, now + seconds if seconds else inf, now)
            elif kind < 0.55:
                group, loop = random.choice((("Wave", True), ("Wave", False), ("Nod", False)))
                gesture = stage.move(group, owner, priority, loop=loop)
                length = 2 if group == "Wave" else 1
                gestures.claim(gesture.claim_id, owner, priority, length, loop, now)
                names[gesture.claim_id] = group
            elif kind < 0.7:
                assert set(stage.body.release("expression", owner=owner)) == {
                    id_ for id_, why in slow.release(now, owner=owner) if why == "released"
                }
                stage.body.release("motion", owner=owner)
                gestures.release(now, owner=owner)
            for moment in (now, now + 1):
                await asyncio.sleep(moment + 0.001 - asyncio.get_running_loop().time())
                slow.pass_time(moment)
                gestures.pass_time(moment)
                shown = page.all("set-expression")[-1:] or [{"name": "neutral"}]
                assert shown[0]["name"] == ids[slow.winner() or ""], f"step {step}"
                played = page.all("motion-command")[-1:] or [{"motion_group": "Idle"}]
                assert played[0]["motion_group"] == names[gestures.winner()], f"step {step}"
            page.messages[:] = last_cues(page)

    staged(play)


def last_cues(reader: Reader) -> list[dict[str, Any]]:
    """Return the last of each cue, so that looking for it stays cheap."""
    return [*reader.all("set-expression")[-1:], *reader.all("motion-command")[-1:]]
