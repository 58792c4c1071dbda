"""Every message, byte by byte: what stands here is what clients rely on."""

import json
from pathlib import Path
from typing import get_args

import pytest
from pydantic import SecretStr

from open_llm_vtuber.protocol.audio_message import Audio
from open_llm_vtuber.protocol.autonomous_messages import AutonomousFire, AutonomousSet
from open_llm_vtuber.protocol.body_messages import (
    ExpressionCommand,
    ExpressionRelease,
    MotionCommand,
    MotionRelease,
)
from open_llm_vtuber.protocol.client_messages import (
    AddClientToGroup,
    AISpeakSignal,
    AudioPlayStart,
    ClientMessage,
    CreateNewHistory,
    DeleteHistory,
    DisplayText,
    FetchAndSetHistory,
    FetchBackgrounds,
    FetchConfigs,
    FetchHistoryList,
    FrontendPlaybackComplete,
    Heartbeat,
    Image,
    InterruptSignal,
    MicAudioData,
    MicAudioEnd,
    RawAudioData,
    RemoveClientFromGroup,
    RequestGroupInfo,
    RequestInitConfig,
    SwitchConfig,
    TextInput,
)
from open_llm_vtuber.protocol.codec import decode, encode
from open_llm_vtuber.protocol.floor_messages import SetFloor
from open_llm_vtuber.protocol.live_client_messages import (
    ChatLine,
    ClientHello,
    GenerationContext,
    GenerationOptions,
    GetBackendMode,
    GetCharacterState,
    GetSnapshot,
    SetBackendMode,
    TextGenerationCancel,
    TextGenerationRequest,
)
from open_llm_vtuber.protocol.live_server_messages import Snapshot
from open_llm_vtuber.protocol.server_messages import (
    ConfigFiles,
    Error,
    HeartbeatAck,
    ServerMessage,
)
from open_llm_vtuber.protocol.twitch_messages import GetTwitch, TwitchConnect, TwitchDisconnect, TwitchLogin
from wire.golden_operator_messages import OPERATOR_SENT
from wire.golden_server_messages import MESSAGES, STATE

LINES = (Path(__file__).parent / "golden_server_messages.jsonl").read_text(encoding="utf-8").splitlines()
IMAGE = '{"source":"camera","data":"data:image/jpeg;base64,AA==","mime_type":"image/jpeg"}'
SENT: tuple[tuple[str, ClientMessage], ...] = (
    # As an existing web client writes them.
    ('{"type":"fetch-backgrounds"}', FetchBackgrounds()),
    ('{"type":"fetch-configs"}', FetchConfigs()),
    ('{"type":"fetch-history-list"}', FetchHistoryList()),
    ('{"type":"create-new-history"}', CreateNewHistory()),
    ('{"type":"text-input","text":"hello","images":[]}', TextInput(text="hello")),
    (
        f'{{"type":"text-input","text":"look","images":[{IMAGE}]}}',
        TextInput(
            text="look",
            images=(Image(source="camera", data="data:image/jpeg;base64,AA==", mime_type="image/jpeg"),),
        ),
    ),
    ('{"type":"interrupt-signal","text":"First. Second. "}', InterruptSignal(text="First. Second. ")),
    (
        '{"type":"audio-play-start","display_text":{"text":"Hi. ","name":"Mika","avatar":""},"forwarded":true}',
        AudioPlayStart(display_text=DisplayText(text="Hi. ", name="Mika", avatar=""), forwarded=True),
    ),
    ('{"type":"frontend-playback-complete"}', FrontendPlaybackComplete()),
    ('{"type":"fetch-and-set-history","history_uid":"h1"}', FetchAndSetHistory(history_uid="h1")),
    ('{"type":"delete-history","history_uid":"h1"}', DeleteHistory(history_uid="h1")),
    ('{"type":"switch-config","file":"alice.yaml"}', SwitchConfig(file="alice.yaml")),
    ('{"type":"mic-audio-data","audio":[0,0.5,-1]}', MicAudioData(audio=(0, 0.5, -1))),
    ('{"type":"mic-audio-end","images":[]}', MicAudioEnd()),
    ('{"type":"ai-speak-signal","idle_time":-1,"images":[]}', AISpeakSignal(idle_time=-1)),
    ('{"type":"add-client-to-group","invitee_uid":"u2"}', AddClientToGroup(invitee_uid="u2")),
    ('{"type":"remove-client-from-group","target_uid":"u2"}', RemoveClientFromGroup(target_uid="u2")),
    ('{"type":"request-group-info"}', RequestGroupInfo()),
    # As others write them.
    ('{"type":"raw-audio-data","audio":[0.25]}', RawAudioData(audio=(0.25,))),
    ('{"type":"heartbeat"}', Heartbeat()),
    ('{"type":"request-init-config","client_id":"x"}', RequestInitConfig()),
    ('{"type":"text-input","text":"hello"}', TextInput(text="hello")),
    ('{"type":"interrupt-signal"}', InterruptSignal()),
    ('{"type":"audio-play-start","display_text":null}', AudioPlayStart()),
    (
        '{"type":"client-hello","client":"stage","capabilities":["primary","chat"],"request_id":"r"}',
        ClientHello(client="stage", capabilities=("primary", "chat"), request_id="r"),
    ),
    ('{"type":"get-snapshot","request_id":"r"}', GetSnapshot(request_id="r")),
    (
        '{"type":"autonomous-set","trigger":"tick","enabled":false,"settings":{"kind":"idle"},"minutes":2}',
        AutonomousSet(trigger="tick", enabled=False, settings={"kind": "idle"}, minutes=2),
    ),
    ('{"type":"autonomous-set","rundown":"skip"}', AutonomousSet(rundown="skip")),
    ('{"type":"autonomous-fire","trigger":"tick"}', AutonomousFire(trigger="tick")),
    (
        '{"type":"twitch-connect","token":"oauth:abc","channel":"#example","request_id":"r"}',
        TwitchConnect(token=SecretStr("oauth:abc"), channel="#example", request_id="r"),
    ),
    (
        '{"type":"twitch-connect","channel":"example","anonymous":true}',
        TwitchConnect(channel="example", anonymous=True),
    ),
    ('{"type":"twitch-disconnect"}', TwitchDisconnect()),
    ('{"type":"get-twitch"}', GetTwitch()),
    ('{"type":"twitch-login"}', TwitchLogin()),
    (
        '{"type":"text-generation-request","prompt":" Hi ","options":{"max_length":5,"style":"calm","speak":true}}',
        TextGenerationRequest(
            prompt="Hi",
            options=GenerationOptions.model_validate({"max_tokens": 5, "style": "calm", "speak": True}),
        ),
    ),
    (
        (
            '{"type":"text-generation-request","prompt":"Hi","requestId":"r","context":{"source":"twitch","username":"v",'
            '"timestamp":1.5,"chatHistory":["a",{"username":"b","message":"c"}],"streamInfo":{"viewers":3},'
            '"characterPersona":"x"}}'
        ),
        TextGenerationRequest(
            prompt="Hi",
            request_id="r",
            context=GenerationContext(
                source="twitch",
                username="v",
                timestamp=1.5,
                chat_history=("a", ChatLine(username="b", message="c")),
                stream_info={"viewers": 3},
                character_persona="x",
            ),
        ),
    ),
    ('{"type":"text-generation-cancel","request_id":"r"}', TextGenerationCancel(request_id="r")),
    (
        '{"type":"set-backend-mode","mode":"external-api","when":"now"}',
        SetBackendMode(mode="external-api", when="now"),
    ),
    ('{"type":"set-backend-mode"}', SetBackendMode(mode="orphiq")),
    ('{"type":"get-backend-mode"}', GetBackendMode()),
    ('{"type":"get-character-state"}', GetCharacterState()),
    ('{"type":"set-floor","floor":"talk-over"}', SetFloor(floor="talk-over")),
    *OPERATOR_SENT,
    # camelCase, unknown fields, white space, any order.
    ('{"type":"get-snapshot","requestId":"r"}', GetSnapshot(request_id="r")),
    (
        '{"type":"audio-play-start","displayText":{"text":"Hi"}}',
        AudioPlayStart(display_text=DisplayText(text="Hi")),
    ),
    (
        '{"type":"text-input","text":"x","images":[{"mimeType":"image/png"}]}',
        TextInput(text="x", images=(Image(mime_type="image/png"),)),
    ),
    ('{"type":"heartbeat","time":17,"more":{"type":"text-input"}}', Heartbeat()),
    (' {"text": " hello \\n", "seq": 3, "type": "text-input"} ', TextInput(text="hello")),
    (
        '{"type":"expression-command","expression_id":"joy","duration":2000,"priority":0,"fade_ms":500,"owner":"desk"}',
        ExpressionCommand(expression_id="joy", duration=2000, priority=0, fade_ms=500, owner="desk"),
    ),
    (
        '{"type":"expression-command","expressionId":3,"fadeMs":0,"transition":"smooth","requestId":"r"}',
        ExpressionCommand(expression_id=3, fade_ms=0, transition="smooth", request_id="r"),
    ),
    (
        '{"type":"motion-command","motion_group":"","motion_index":1,"loop":true,"priority":29,"owner":"desk"}',
        MotionCommand(motion_group="", motion_index=1, loop=True, priority=29, owner="desk"),
    ),
    (
        '{"type":"motion-command","motionGroup":"Wave","motionIndex":0}',
        MotionCommand(motion_group="Wave", motion_index=0),
    ),
    ('{"type":"expression-release","claim_id":"c1"}', ExpressionRelease(claim_id="c1")),
    ('{"type":"motion-release","owner":"desk"}', MotionRelease(owner="desk")),
    ('{"type":"text-input","text":"\\ud83d\\ude00 \\u00e9"}', TextInput(text="\U0001f600 é")),
)


def classes(union: object) -> set[type]:
    return set(get_args(get_args(union)[0]))


@pytest.mark.parametrize(
    ("message", "line"), [*zip(MESSAGES, LINES, strict=True)], ids=[message.type for message in MESSAGES]
)
def test_a_message_of_the_server_is_exactly_these_characters(message: ServerMessage, line: str) -> None:
    assert encode(message) == line
    assert line.startswith(f'{{"type":"{message.type}"')
    assert type(message).model_validate_json(line) == message


def test_every_class_of_the_server_has_its_line_and_no_type_is_used_twice() -> None:
    assert {type(message) for message in MESSAGES} == classes(ServerMessage)
    assert len({message.type for message in MESSAGES}) == len(MESSAGES) == len(classes(ServerMessage))


@pytest.mark.parametrize(("frame", "message"), SENT, ids=[frame[:60] for frame, _ in SENT])
def test_a_message_of_a_client_is_understood(frame: str, message: ClientMessage) -> None:
    assert decode(frame) == message


def test_every_class_of_the_client_has_its_line() -> None:
    assert {type(message) for _, message in SENT} == classes(ClientMessage)


def test_an_answer_to_a_request_without_an_id_carries_none() -> None:
    assert encode(HeartbeatAck()) == '{"type":"heartbeat-ack"}'
    assert encode(ConfigFiles(configs=())) == '{"type":"config-files","configs":[]}'
    assert encode(Error(message="No.", code="internal")) == (
        '{"type":"error","message":"No.","code":"internal"}'
    )


def test_what_is_not_there_is_null_where_clients_look_for_it() -> None:
    silent = Audio(audio=None, volumes=(), slice_length=20, display_text=None, actions=None)
    assert encode(silent) == (
        '{"type":"audio","audio":null,"volumes":[],"slice_length":20,"display_text":null,"actions":null,'
        '"forwarded":false}'
    )
    idle = STATE.model_copy(update={"primary": None, "twitch": None})
    bare = Snapshot(seq=0, state=idle, expression=idle.expression, motion=None, turn=None, chat=())
    snapshot = json.loads(encode(bare))
    assert [snapshot["turn"], snapshot["motion"], snapshot["state"]["primary"]] == [None, None, None]
    assert "request_id" not in snapshot
