"""The output against a local program that answers like VTube Studio, over real sockets."""

import asyncio
import json
import logging
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fake_vtube_studio import FakeVTubeStudio, Model, reply
from open_llm_vtuber.errors import ConfigError, EngineError
from open_llm_vtuber.settings.vtube_studio import VTubeStudioSettings
from open_llm_vtuber.vts.driver import PACE, Pace
from open_llm_vtuber.vts.link import LEFT_ALONE, RUBBISH, SILENT, Limits
from open_llm_vtuber.vts.login import CLICK_ALLOW, DENIED_HERE, SWITCH_ON
from open_llm_vtuber.vts.output import CONNECTED, NOBODY_ALLOWED, VTubeStudioOutput, try_out
from open_llm_vtuber.vts.token_file import NAME

QUICK = Limits(
    open_s=0.5,
    answer_s=0.3,
    allow_s=0.3,
    close_s=0.2,
    first_pause_s=0.01,
    longest_pause_s=0.02,
    stable_s=60,
)
BRISK = replace(PACE, look_every=0.2, look_soon=0.05, face_gap=0.01, trust_look_after=0.05)


class Stage:
    """A show that says what the test wants, to whoever joins."""

    def __init__(self) -> None:
        self.joined = 0
        self.attached: set[asyncio.Queue[str | None]] = set()
        self.emotions = {"neutral": 0, "joy": 1, "sadness": 2}
        self.face = (0, "neutral")
        self.motion: dict[str, Any] | None = None

    @asynccontextmanager
    async def join(self) -> AsyncIterator[AsyncIterator[str]]:
        box: asyncio.Queue[str | None] = asyncio.Queue(maxsize=1000)
        self.joined += 1
        self.attached.add(box)
        model = {"name": "mika", "url": "/x", "emotionMap": self.emotions}
        self._put(box, type="set-model-and-conf", model_info=model)
        index, name = self.face
        face = {"expression_id": index, "name": name}
        self._put(box, type="snapshot", seq=0, state={}, expression=face, motion=self.motion)
        try:
            yield self._frames(box)
        finally:
            self.attached.discard(box)

    def cue(self, type_: str, **fields: Any) -> None:
        for box in self.attached:
            self._put(box, type=type_, **fields)

    def show(self, index: int, name: str, fade_ms: int = 250) -> None:
        self.face = (index, name)
        self.cue("set-expression", expression_id=index, name=name, fade_ms=fade_ms, owner="x", priority=10)

    def speak(self, volumes: list[float]) -> None:
        self.cue("audio", audio="UklGRg==", volumes=volumes, slice_length=20, display_text=None)

    def leave(self) -> None:
        for box in self.attached:
            box.put_nowait(None)

    @staticmethod
    def _put(box: asyncio.Queue[str | None], **fields: Any) -> None:
        box.put_nowait(json.dumps(fields, separators=(",", ":")))

    @staticmethod
    async def _frames(box: asyncio.Queue[str | None]) -> AsyncIterator[str]:
        while (frame := await box.get()) is not None:
            yield frame


class Scene:
    """A VTube Studio, a show, and what the operator was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.studio = FakeVTubeStudio()
        self.stage = Stage()
        self.told: list[str] = []

    def output(
        self, *, limits: Limits = QUICK, pace: Pace = BRISK, url: str = "", **given: Any
    ) -> VTubeStudioOutput:
        settings = VTubeStudioSettings(enabled=True, url=url or self.studio.url, **given)
        return VTubeStudioOutput(
            settings,
            self.stage.join,
            self.told.append,
            self.folder / "data",
            limits=limits,
            pace=pace,
            rng=Random(1),
        )

    @asynccontextmanager
    async def playing(self, **given: Any) -> AsyncIterator[asyncio.Task[None]]:
        """Run the output for as long as the context lasts, then cancel it."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.output(**given).run())
            try:
                yield task
            finally:
                task.cancel()

    async def until_told(self, sentence: str) -> None:
        async with asyncio.timeout(5):
            while not any(sentence in each for each in self.told):  # noqa: ASYNC110  a list announces nothing
                await asyncio.sleep(0.005)

    async def until_listed(self) -> None:
        await self.studio.until(lambda s: s.of("HotkeysInCurrentModelRequest"))

    @property
    def token_file(self) -> Path:
        return self.folder / "data" / NAME


Script = Callable[[Scene], Coroutine[Any, Any, None]]


@pytest.fixture
def act(tmp_path: Path) -> Callable[[Script], Scene]:
    def run(script: Script) -> Scene:
        scene = Scene(tmp_path)

        async def main() -> None:
            async with asyncio.timeout(20), scene.studio:
                await script(scene)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            assert not [task for task in others if "websockets" not in repr(task)], "a task was left behind"

        asyncio.run(main())
        return scene

    return run


Act = Callable[[Script], Scene]


def test_the_user_is_asked_once_and_the_token_is_kept_for_this_account_alone(act: Act) -> None:
    async def script(scene: Scene) -> None:
        for asked in (["AuthenticationTokenRequest", "AuthenticationRequest"], ["AuthenticationRequest"]):
            async with scene.playing():  # the second time it is a new server
                await scene.until_listed()
            kinds = [each.kind for each in scene.studio.asked]
            assert kinds[: kinds.index("ExpressionStateRequest")] == asked
            scene.studio.asked.clear()

    scene = act(script)
    assert scene.told == [CLICK_ALLOW, CONNECTED, CONNECTED]
    assert scene.token_file.read_text() in scene.studio.tokens
    assert stat.S_IMODE(scene.token_file.stat().st_mode) == 0o600


def test_the_token_is_in_no_log_and_no_sentence(act: Act, caplog: pytest.LogCaptureFixture) -> None:
    async def script(scene: Scene) -> None:
        with caplog.at_level(logging.DEBUG):
            async with scene.playing():
                await scene.until_listed()

    scene = act(script)
    (token,) = scene.studio.tokens
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("open_llm_vtuber")]
    said = "".join([*ours, *scene.told])
    assert token not in said
    assert "apiName" not in said, "whole frames are logged, and the token may be in one"


def test_a_token_that_is_no_longer_good_is_replaced_by_asking_once_more(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.token_file.parent.mkdir()
        scene.token_file.write_text("of-another-machine")
        async with scene.playing():
            await scene.until_listed()

    scene = act(script)
    assert [each.kind for each in scene.studio.asked][:3] == [
        "AuthenticationRequest",
        "AuthenticationTokenRequest",
        "AuthenticationRequest",
    ]
    assert scene.token_file.read_text() in scene.studio.tokens


def test_who_is_denied_does_not_ask_again_and_says_what_to_do(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.studio.user = "denies"
        await scene.output().run()  # it ends by itself

    scene = act(script)
    assert scene.told == [CLICK_ALLOW, DENIED_HERE]
    assert scene.studio.connections == 1
    assert not scene.token_file.exists()


def test_while_nobody_clicks_it_waits_and_asks_again(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.studio.user = "is away"
        async with scene.playing():
            await scene.studio.until(lambda s: s.connections == 2)
            scene.studio.user = "allows"
            await scene.until_told(CONNECTED)

    assert act(script).told == [CLICK_ALLOW, NOBODY_ALLOWED, CONNECTED]


def test_permission_that_is_taken_away_ends_it(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(scene.output().run())
            await scene.until_listed()
            scene.studio.answers = lambda request: reply(
                request, "APIError", {"errorID": 50, "message": "revoked"}
            )
            await asyncio.wait([task])

    scene = act(script)
    assert scene.told[-1] == DENIED_HERE
    assert scene.studio.connections == 1


def test_the_face_of_the_show_is_the_one_expression_that_is_on(act: Act) -> None:
    async def script(scene: Scene) -> None:
        studio, stage = scene.studio, scene.stage
        studio.active.add("glasses.exp3.json")  # the streamer's own
        async with scene.playing():
            await scene.until_listed()
            stage.show(1, "joy", fade_ms=500)
            await studio.until(lambda s: "joy.exp3.json" in s.active)
            stage.show(2, "sadness", fade_ms=9_000)
            await studio.until(lambda s: s.active == {"glasses.exp3.json", "Sadness.exp3.json"})
            stage.show(0, "neutral")
            await studio.until(lambda s: s.active == {"glasses.exp3.json"})

    scene = act(script)
    switched = [
        (each["expressionFile"], each["active"], each["fadeTime"])
        for each in scene.studio.of("ExpressionActivationRequest")
    ]
    assert switched == [
        ("joy.exp3.json", True, 0.5),
        ("joy.exp3.json", False, 2.0),
        ("Sadness.exp3.json", True, 2.0),
        ("Sadness.exp3.json", False, 0.25),
    ]
    assert scene.studio.most_active == 1


def test_one_that_joins_late_gets_the_present_face_and_the_loop_at_once(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.stage.face = (1, "joy")
        scene.stage.motion = {
            "motion_group": "Wave",
            "motion_index": 0,
            "loop": True,
            "priority": 4,
            "duration_ms": 400,
        }
        async with scene.playing():
            await scene.studio.until(lambda s: len(s.pressed) == 3 and "joy.exp3.json" in s.active)

    act(script)


def test_a_loop_is_pressed_until_it_is_stopped(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            cue = {"motion_group": "Wave", "motion_index": 0, "loop": True, "priority": 1, "duration_ms": 300}
            scene.stage.cue("motion-command", **cue)
            await scene.studio.until(lambda s: len(s.pressed) == 2)
            scene.stage.cue("motion-stop")
            await asyncio.sleep(0.5)

    assert len(act(script).studio.pressed) == 2


def test_a_hail_of_gestures_stays_within_the_limits_and_the_last_one_is_made(act: Act) -> None:
    async def script(scene: Scene) -> None:
        names = {f"Wave/{number}": "TriggerAnimation" for number in range(50)}
        scene.studio.model = Model(hotkeys=names)
        async with scene.playing():
            await scene.until_listed()
            for number in range(50):
                scene.stage.cue("motion-command", motion_group="Wave", motion_index=number, loop=False)
                await asyncio.sleep(0.01)
            await scene.studio.until(lambda s: s.pressed and s.pressed[-1][1] == "Wave/49")

    scene = act(script)
    assert len(scene.studio.of("HotkeyTriggerRequest")) == len(scene.studio.pressed) < 10, "none is refused"


@pytest.mark.parametrize("refused", [1, 2])
def test_a_hotkey_that_finds_the_queue_full_is_pressed_again(act: Act, refused: int) -> None:
    async def script(scene: Scene) -> None:
        scene.studio.refuse_hotkeys = refused
        async with scene.playing(pace=replace(BRISK, hotkey_again=0.05, hotkey_gap=0.05)):
            await scene.until_listed()
            scene.stage.cue("motion-command", motion_group="Wave", motion_index=0, loop=False)
            await scene.studio.until(lambda s: s.pressed)

    scene = act(script)
    assert scene.told == [CLICK_ALLOW, CONNECTED]


def test_the_mouth_follows_the_loudness_closes_and_is_let_go(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            scene.stage.speak([0.5] * 40 + [1.0] * 40)
            await scene.studio.until(lambda s: s.mouth and s.mouth[-1] == 0.0)
            await asyncio.sleep(1.3)
            sent = len(scene.studio.mouth)
            await asyncio.sleep(0.5)
            assert len(scene.studio.mouth) == sent, "it is held for ever"

    assert list(dict.fromkeys(act(script).studio.mouth)) == [0.5, 1.0, 0.0]


@pytest.mark.parametrize(
    "cue",
    [
        {"type_": "interrupt-signal", "text": "conversation-interrupted"},
        {"type_": "control", "text": "conversation-chain-end"},
    ],
)
def test_the_mouth_closes_when_speech_is_cut(act: Act, cue: dict[str, str]) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            scene.stage.speak([1.0] * 500)
            scene.stage.speak([1.0] * 500)
            await scene.studio.until(lambda s: s.mouth)
            scene.stage.cue(**cue)
            await scene.studio.until(lambda s: s.mouth[-1] == 0.0, limit_s=1)
            await asyncio.sleep(0.3)
            assert scene.studio.mouth[-1] == 0.0

    act(script)


def test_after_a_restart_of_vtube_studio_the_state_is_applied_again(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            scene.stage.face = (1, "joy")
            await scene.studio.until(lambda s: "joy.exp3.json" in s.active)
            await scene.studio.stop()
            await scene.until_told("reached")
            await scene.studio.start()
            await scene.studio.until(lambda s: "joy.exp3.json" in s.active)

    scene = act(script)
    assert len(scene.studio.of("AuthenticationTokenRequest")) == 1
    assert sum("cannot be reached" in each for each in scene.told) == 1, "an outage is said once"


def test_a_face_that_is_outdated_by_the_time_of_the_reconnect_is_turned_off(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            scene.stage.face = (1, "joy")
            await scene.studio.until(lambda s: "joy.exp3.json" in s.active)
            before = set(scene.studio.active)
            await scene.studio.stop()
            scene.stage.face = (2, "sadness")
            await scene.studio.start()
            scene.studio.active |= before  # only the connection was lost
            await scene.studio.until(lambda s: s.active == {"Sadness.exp3.json"})

    act(script)


def test_another_model_gets_the_face_as_soon_as_it_is_seen(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            scene.stage.face = (1, "joy")
            await scene.studio.until(lambda s: "joy.exp3.json" in s.active)
            scene.studio.model = None
            scene.studio.active.clear()
            looks = len(scene.studio.of("ExpressionStateRequest"))
            await scene.studio.until(lambda s: len(s.of("ExpressionStateRequest")) > looks + 1)
            scene.studio.model = Model(name="Other", model_id="b" * 32, files=("JOY.exp3.json",))
            await scene.studio.until(lambda s: "JOY.exp3.json" in s.active)

    scene = act(script)
    assert "VTube Studio's model Other lacks: expression sadness." in scene.told


def test_without_a_model_nothing_is_asked_in_vain_for_long(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            scene.studio.model = None  # and the output does not know
            scene.stage.show(1, "joy")
            scene.stage.cue("motion-command", motion_group="Wave", motion_index=0, loop=False)
            await asyncio.sleep(0.6)
            assert len(scene.studio.of("ExpressionActivationRequest")) <= 1
            assert len(scene.studio.of("HotkeyTriggerRequest")) <= 1

    assert [each for each in act(script).told if "refused" in each] == []


def test_what_the_model_lacks_is_said_once_in_one_line(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.studio.model = Model(files=("joy.exp3.json",))
        scene.stage.emotions = {"neutral": 0, "joy": 1, "sadness": 2, "fear": 3, "smirk": 4}
        async with scene.playing(expressions={"sadness": "cry"}, motions={"Nod/0": "nodding"}):
            for _ in range(2):
                await scene.until_told("lacks")
                for name in ("sadness", "fear", "odd", "neutral"):
                    scene.stage.show(7, name)
                    scene.stage.cue("motion-command", motion_group="Wave", motion_index=7, loop=False)
                    await asyncio.sleep(0.05)
                await scene.until_told("hotkey Wave/7")
                scene.stage.cue("motion-command", motion_group="Idle", motion_index=0, loop=False)
                await scene.studio.stop()
                scene.studio.asked.clear()
                await scene.studio.start()
                await scene.until_listed()

    assert [each for each in act(script).told if "lacks" in each] == [
        "VTube Studio's model Akari lacks: file cry.exp3.json (for sadness), hotkey nodding (for Nod/0), expression fear, expression smirk.",
        "VTube Studio's model Akari lacks: hotkey Wave/7.",
        "VTube Studio's model Akari lacks: expression odd.",
    ]


def test_a_parameter_that_does_not_exist_is_said_and_not_sent_again(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing(mouth_parameter="Jaw"):
            await scene.until_listed()
            scene.stage.speak([0.5, 1.0] * 20)
            await scene.until_told("no parameter Jaw")
            sent = len(scene.studio.of("InjectParameterDataRequest"))
            await asyncio.sleep(0.3)
            assert len(scene.studio.of("InjectParameterDataRequest")) == sent

    act(script)


def test_a_parameter_that_another_plugin_has_is_tried_again_later(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.studio.taken.add("MouthOpen")
        async with scene.playing(pace=replace(BRISK, mouth_rests=0.2)):
            await scene.until_listed()
            scene.stage.speak([0.5, 1.0] * 100)
            await scene.until_told("Another plugin")
            scene.studio.taken.clear()
            await scene.studio.until(lambda s: s.mouth)

    act(script)


def hanging(_: dict[str, Any]) -> None:
    return None


def junk(_: dict[str, Any]) -> str:
    return '{"apiName": "VTubeStudioPublicAPI", "messageType": ["?"], "data": 7'


def another_answer(request: dict[str, Any]) -> str:
    return reply(request, "AuthenticationTokenResponse", {"authenticationToken": "stolen"})


@pytest.mark.parametrize("answers", [hanging, junk, another_answer])
def test_one_that_hangs_or_sends_rubbish_is_left_and_tried_again_while_the_show_goes_on(
    act: Act, answers: Callable[[dict[str, Any]], str | None]
) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            scene.studio.answers = answers
            async with asyncio.timeout(5):
                while scene.studio.connections < 3:
                    scene.stage.show(1, "joy")
                    scene.stage.speak([0.1])
                    await asyncio.sleep(0.01)
                    assert all(box.qsize() < 100 for box in scene.stage.attached), "the show's cues pile up"
            scene.studio.answers = None
            await scene.studio.until(lambda s: "joy.exp3.json" in s.active)

    scene = act(script)
    assert SILENT in scene.told


def test_a_flood_that_answers_nothing_ends_the_connection(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            for _ in range(60):
                await scene.studio.say(b"\xff\x00rubbish")
            await scene.until_told(RUBBISH)

    act(script)


def test_one_that_stops_reading_costs_the_show_nothing(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            scene.studio.is_deaf = True
            await scene.until_told(SILENT)
            scene.studio.is_deaf = False

    act(script)


def test_when_the_show_drops_it_it_joins_anew(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            scene.stage.leave()
            await scene.until_told(LEFT_ALONE)
            await scene.studio.until(lambda s: s.connections == 2)
            await scene.studio.until(lambda _: scene.stage.joined == 2)

    act(script)


def test_it_only_joins_the_show_while_vtube_studio_can_show_it(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async with scene.playing():
            await scene.until_listed()
            assert len(scene.stage.attached) == 1
            await scene.studio.stop()
            await scene.until_told("cannot be reached")
            assert not scene.stage.attached

    act(script)


def test_it_leaves_no_face_behind(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.stage.face = (1, "joy")
        async with scene.playing():
            await scene.studio.until(lambda s: "joy.exp3.json" in s.active)
        await scene.studio.until(lambda s: not s.active)
        assert not scene.stage.attached

    act(script)


def test_it_ends_at_once_although_vtube_studio_hangs(act: Act) -> None:
    async def script(scene: Scene) -> None:
        scene.stage.face = (1, "joy")
        async with asyncio.timeout(5), scene.playing(limits=replace(QUICK, answer_s=60)):
            await scene.studio.until(lambda s: "joy.exp3.json" in s.active)
            scene.studio.is_deaf = True
        scene.studio.is_deaf = False

    act(script)


def test_an_address_out_in_the_world_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="private network"):
        Scene(tmp_path).output(url="ws://vtube.example.com:8001")


def test_a_redirect_is_not_followed(act: Act) -> None:
    async def script(scene: Scene) -> None:
        async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(
                f"HTTP/1.1 302 Found\r\nLocation: {scene.studio.url}/\r\nContent-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(redirect, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            async with scene.playing(url=f"ws://127.0.0.1:{port}"):
                await scene.until_told("302")
        assert scene.studio.connections == 0

    act(script)


def tried(url: str) -> Awaitable[None]:
    return try_out(url, QUICK)


def test_one_that_answers_is_reachable_without_any_permission(act: Act) -> None:
    async def script(scene: Scene) -> None:
        await tried(scene.studio.url)
        assert [each.kind for each in scene.studio.asked] == ["APIStateRequest"]

    act(script)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (hanging, SILENT),
        (junk, SILENT),
        (lambda request: reply(request, "APIStateResponse", {"active": False}), SWITCH_ON),
        (lambda request: reply(request, "APIError", {"errorID": 0, "message": "?"}), RUBBISH),
    ],
)
def test_one_that_does_not_answer_as_it_should_is_a_fault(
    act: Act, answers: Callable[[dict[str, Any]], str | None], says: str
) -> None:
    async def script(scene: Scene) -> None:
        scene.studio.answers = answers
        with pytest.raises(EngineError) as raised:
            await tried(scene.studio.url)
        assert str(raised.value) == says

    act(script)


def test_one_that_is_not_there_is_a_fault_that_says_where_it_was_looked_for(act: Act) -> None:
    async def script(scene: Scene) -> None:
        await scene.studio.stop()
        with pytest.raises(EngineError, match=f"cannot be reached at {scene.studio.url}"):
            await tried(scene.studio.url)

    act(script)
