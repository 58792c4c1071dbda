"""What each message of a client asks of its show."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import get_args

import pytest
from pydantic import SecretStr

from open_llm_vtuber.body_door import body_command
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.message_handler import MessageHandler
from open_llm_vtuber.protocol import live_client_messages as live
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
from open_llm_vtuber.protocol.server_messages import (
    ConfigFiles,
    Error,
    FullText,
    HeartbeatAck,
    ServerMessage,
)
from open_llm_vtuber.protocol.settings_messages import EditSettings, GetSettings, ReloadSettings, UndoEdit
from open_llm_vtuber.protocol.twitch_messages import GetTwitch, TwitchConnect, TwitchDisconnect, TwitchLogin
from open_llm_vtuber.protocol.why_messages import GetTurnWhy
from open_llm_vtuber.show import operator_commands as orders
from open_llm_vtuber.show.autonomy_commands import FireTrigger, SetAutonomous
from open_llm_vtuber.show.commands import (
    AddToGroup,
    AnswerUtterance,
    AnyCommand,
    BecomeCharacter,
    BeginTwitchLogin,
    CancelText,
    ChatHappened,
    ConnectTwitch,
    CreateHistory,
    Describe,
    DescribeGroup,
    DescribeTwitch,
    DisconnectTwitch,
    EraseHistory,
    GenerateText,
    GetMode,
    GetState,
    Hear,
    HearAll,
    Hello,
    Interrupt,
    ListBackgrounds,
    ListConfigs,
    ListHistories,
    Perform,
    PlaybackEnded,
    PlayStarted,
    ReleaseClaim,
    RemoveFromGroup,
    ResumeHistory,
    SetMode,
    SpeakUp,
    TakeSnapshot,
)
from open_llm_vtuber.show.commands import SetFloor as ChangeFloor
from open_llm_vtuber.show.settings_commands import DescribeSettings, EditSection, RereadSettings, UndoLastEdit
from open_llm_vtuber.shows import Subscription
from open_llm_vtuber.stimulus import TYPED, TextContext, TextWishes


class Asked:
    """Shows that only note what they are asked; they keep the port."""

    def __init__(self, *answers: ServerMessage | ProtocolError) -> None:
        self.commands: list[tuple[str, AnyCommand]] = []
        self._answers = answers

    async def ask(self, show: str, command: AnyCommand) -> Sequence[ServerMessage]:
        self.commands.append((show, command))
        for answer in self._answers:
            if isinstance(answer, ProtocolError):
                raise answer
        return [answer for answer in self._answers if not isinstance(answer, ProtocolError)]

    async def tell(self, show: str, command: ChatHappened) -> None:
        raise NotImplementedError

    def subscribe(
        self, show: str | None, client: str, identity: str = "", *, listens_only: bool = False
    ) -> AbstractAsyncContextManager[Subscription]:
        raise NotImplementedError


def handled(message: ClientMessage, shows: Asked) -> Sequence[ServerMessage]:
    return asyncio.run(MessageHandler(shows, "main", "u1", "Human").handle(message))


COMMANDS: tuple[tuple[ClientMessage, AnyCommand | None], ...] = (
    (InterruptSignal(text="heard"), Interrupt("u1", "heard")),
    (FrontendPlaybackComplete(), PlaybackEnded("u1")),
    (FetchBackgrounds(), ListBackgrounds()),
    (FetchConfigs(), ListConfigs()),
    (FetchHistoryList(), ListHistories()),
    (CreateNewHistory(), CreateHistory()),
    (RequestInitConfig(), Describe("u1")),
    (FetchAndSetHistory(history_uid="h1"), ResumeHistory("h1")),
    (DeleteHistory(history_uid="h1"), EraseHistory("h1")),
    (SwitchConfig(file="alice.yaml"), BecomeCharacter("u1", "alice.yaml")),
    (MicAudioData(audio=(0.5,)), Hear("u1", (0.5,))),
    (RawAudioData(audio=(0.5,)), HearAll("u1", (0.5,))),
    (MicAudioEnd(), AnswerUtterance("u1", "Human")),
    (AISpeakSignal(idle_time=3.0), SpeakUp("u1", 3.0)),
    (ClientHello(capabilities=("chat",)), Hello("u1", ("chat",))),
    (GetSnapshot(), TakeSnapshot("u1")),
    (
        TextGenerationRequest(prompt="Hi", request_id="r"),
        GenerateText(client="u1", request_id="r", prompt="Hi"),
    ),
    (
        TextGenerationRequest(
            prompt="Hi",
            context=GenerationContext(
                source="twitch",
                timestamp=1.5,
                chat_history=("a", ChatLine(username="b", message="c")),
                stream_info={"viewers": 3, "title": None},
            ),
            options=GenerationOptions(temperature=1.0, style="calm", speak=True),
        ),
        GenerateText(
            client="u1",
            request_id=None,
            prompt="Hi",
            context=TextContext(
                source="twitch", timestamp="1.5", chat_history=("a", "b: c"), stream_info={"viewers": "3"}
            ),
            wishes=TextWishes(temperature=1.0, style="calm"),
            speak=True,
        ),
    ),
    (TextGenerationCancel(request_id="r"), CancelText("u1", "r")),
    (SetBackendMode(mode="autonomous"), SetMode("u1", "autonomous")),
    (SetBackendMode(mode="autonomous", when="now"), SetMode("u1", "autonomous", cut=True)),
    (GetBackendMode(), GetMode()),
    (GetCharacterState(), GetState()),
    (SetFloor(floor="talk-over"), ChangeFloor("u1", "talk-over")),
    (AddClientToGroup(invitee_uid="u2"), AddToGroup("u1", "u2")),
    (RemoveClientFromGroup(target_uid="u2"), RemoveFromGroup("u1", "u2")),
    (RequestGroupInfo(), DescribeGroup("u1")),
    (AudioPlayStart(display_text=DisplayText(text="Hi. ")), PlayStarted("u1", "Hi. ")),
    (AudioPlayStart(), None),
    (ExpressionCommand(expression_id=1), body_command(ExpressionCommand(expression_id=1), "u1")),
    (
        MotionCommand(motion_group="", motion_index=0),
        body_command(MotionCommand(motion_group="", motion_index=0), "u1"),
    ),
    (ExpressionRelease(), ReleaseClaim("u1", "expression")),
    (MotionRelease(), ReleaseClaim("u1", "motion")),
    (
        TwitchConnect(token=SecretStr("t"), channel="c", request_id="r"),
        ConnectTwitch("u1", "c", "t", request_id="r"),
    ),
    (TwitchConnect(channel="c", anonymous=True), ConnectTwitch("u1", "c", anonymous=True)),
    (TwitchDisconnect(), DisconnectTwitch()),
    (GetTwitch(), DescribeTwitch()),
    (TwitchLogin(), BeginTwitchLogin()),
    (live.Say(text="Hi", verbatim=True), orders.Say("u1", "Hi", True, TYPED)),
    (live.Stop(), orders.Stop("u1")),
    (live.Resume(), orders.Resume("u1")),
    (live.Skip(), orders.Skip("u1")),
    (live.PauseChat(), orders.PauseChat("u1")),
    (live.ResumeChat(), orders.ResumeChat("u1")),
    (live.QueueDrop(stimulus_id="s"), orders.DropQueued("s")),
    (live.QueueMove(stimulus_id="s", before="t"), orders.MoveQueued("s", "t")),
    (live.HoldDecide(id="m", allow=True), orders.DecideHeld("m", True)),
    (live.ViewerBlock(platform="twitch", username="v"), orders.BlockViewer("twitch", "v")),
    (live.ViewerUnblock(platform="twitch", username="v"), orders.UnblockViewer("twitch", "v")),
    (live.ViewerForget(platform="twitch", username="v"), orders.ForgetViewer("twitch", "v")),
    (
        live.ModerationEdit(list="banned_words", add=("x",)),
        orders.EditModeration("banned_words", ("x",), ()),
    ),
    (live.GetChatDecisions(), orders.ListDecisions()),
    (GetTurnWhy(turn_id="last"), orders.DescribeTurn("last")),
    (
        AutonomousSet(trigger="tick", enabled=False),
        SetAutonomous(trigger="tick", enabled=False, settings=None, remove=False, rundown=None, minutes=5.0),
    ),
    (AutonomousFire(trigger="tick"), FireTrigger("tick")),
    (GetSettings(), DescribeSettings()),
    (
        EditSettings(section="persona", value="A", revision="r"),
        EditSection(client="u1", section="persona", revision="r", value="A"),
    ),
    (UndoEdit(), UndoLastEdit("u1")),
    (ReloadSettings(), RereadSettings("u1")),
    (Heartbeat(), None),
)


@pytest.mark.parametrize(("message", "command"), COMMANDS, ids=[each.type for each, _ in COMMANDS])
def test_a_message_asks_its_show_for_this(message: ClientMessage, command: AnyCommand | None) -> None:
    shows = Asked()
    handled(message, shows)
    assert shows.commands == ([] if command is None else [("main", command)])


def test_every_message_is_spoken_for_here() -> None:
    spoken = {type(message) for message, _ in COMMANDS} | {TextInput}
    assert spoken == set(get_args(get_args(ClientMessage)[0]))


def test_a_typed_line_becomes_a_stimulus_of_its_client_and_its_human() -> None:
    shows = Asked()
    assert handled(TextInput(text="hello"), shows) == []
    ((show, command),) = shows.commands
    assert show == "main"
    assert isinstance(command, Perform)
    stimulus = command.stimulus
    assert (stimulus.text, stimulus.source, stimulus.author) == ("hello", "typed", "Human")
    assert (stimulus.client, stimulus.priority) == ("u1", TYPED)
    assert not stimulus.from_server


def test_a_heartbeat_is_answered_without_the_show() -> None:
    assert handled(Heartbeat(request_id="r"), Asked()) == (HeartbeatAck(request_id="r"),)


def test_answers_repeat_the_id_of_their_request_where_they_have_a_place_for_it() -> None:
    files, text = ConfigFiles(configs=()), FullText(text="x")
    assert handled(FetchConfigs(request_id="r"), Asked(files, text)) == [
        ConfigFiles(configs=(), request_id="r"),
        text,
    ]
    assert handled(FetchConfigs(), Asked(files)) == [files]


def test_a_refusal_of_the_show_is_an_error_that_names_the_request() -> None:
    shows = Asked(ProtocolError("Too much.", code="busy"))
    assert handled(TextInput(text="hello", request_id="r"), shows) == (
        Error(message="Too much.", code="busy", request_type="text-input", request_id="r"),
    )
