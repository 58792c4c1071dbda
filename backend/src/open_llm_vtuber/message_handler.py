"""One parsed client message → one call on the show. The type checker finds a message that is forgotten here."""

from collections.abc import Sequence
from typing import assert_never

from open_llm_vtuber.autonomy_door import autonomous_command
from open_llm_vtuber.body_door import body_command
from open_llm_vtuber.errors import ProtocolError, VTuberError
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
from open_llm_vtuber.protocol.codec import problem
from open_llm_vtuber.protocol.envelope import AccessRole
from open_llm_vtuber.protocol.floor_messages import SetFloor
from open_llm_vtuber.protocol.live_client_messages import (
    ClientHello,
    GenerationContext,
    GenerationOptions,
    GetBackendMode,
    GetCharacterState,
    GetSnapshot,
    LiveClientMessage,
    OperatorMessage,
    SetBackendMode,
    TextGenerationCancel,
    TextGenerationRequest,
)
from open_llm_vtuber.protocol.server_messages import HeartbeatAck, ServerMessage
from open_llm_vtuber.protocol.settings_messages import EditSettings, GetSettings, ReloadSettings, UndoEdit
from open_llm_vtuber.protocol.twitch_messages import (
    GetTwitch,
    TwitchConnect,
    TwitchDisconnect,
    TwitchLogin,
)
from open_llm_vtuber.protocol.why_messages import GetTurnWhy
from open_llm_vtuber.rights import may_send
from open_llm_vtuber.settings_door import settings_command
from open_llm_vtuber.show import operator_commands as orders
from open_llm_vtuber.show.commands import (
    AddToGroup,
    AnswerUtterance,
    AnyCommand,
    BecomeCharacter,
    BeginTwitchLogin,
    CancelText,
    Command,
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
    GroupCommand,
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
    RemoveFromGroup,
    ResumeHistory,
    SetMode,
    SourceCommand,
    SpeakUp,
    TakeSnapshot,
)
from open_llm_vtuber.show.commands import SetFloor as ChangeFloor
from open_llm_vtuber.show.stage_view import for_a_stage
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.stimulus import Priority, Stimulus, TextContext, TextWishes

_FORBIDDEN = ProtocolError("What you came in with does not allow this.", code="forbidden")


class MessageHandler:
    """Acts on the messages of one client in one show."""

    def __init__(
        self,
        shows: Shows,
        show: str,
        client: str,
        human_name: str,
        *,
        microphone: str = "",
        role: AccessRole = "developer",
    ) -> None:
        self._shows = shows
        self._show = show
        self._client = client
        self._human_name = human_name
        self._microphone = microphone
        """Tells its sound from that of others who share the place in the show."""
        self._role = role

    async def handle(self, message: ClientMessage) -> Sequence[ServerMessage]:
        """Do what the message asks and return the answers, in order."""
        if not may_send(self._role, message):
            return (problem(_FORBIDDEN, request_type=message.type, request_id=message.request_id),)
        if isinstance(message, Heartbeat):
            return (HeartbeatAck(request_id=message.request_id),)
        command = self._command(message)
        if command is None:
            return ()
        try:
            answers = await self._shows.ask(self._show, command)
        except VTuberError as error:
            return (problem(error, request_type=message.type, request_id=message.request_id),)
        if self._role == "stage":
            answers = [shown for answer in answers if (shown := for_a_stage(answer))]
        return [_answering(message.request_id, answer) for answer in answers]

    def _command(self, message: ClientMessage) -> AnyCommand | None:
        client = self._client
        if isinstance(message, LiveClientMessage):
            return _live_command(message, client, self._role)
        match message:
            case TextInput():
                return Perform(
                    Stimulus(text=message.text, source="typed", author=self._human_name, client=client)
                )
            case InterruptSignal():
                return Interrupt(client, message.text)
            case FrontendPlaybackComplete():
                return PlaybackEnded(client)
            case FetchBackgrounds():
                return ListBackgrounds()
            case FetchConfigs():
                return ListConfigs()
            case FetchHistoryList():
                return ListHistories()
            case CreateNewHistory():
                return CreateHistory()
            case RequestInitConfig():
                return Describe(client)
            case FetchAndSetHistory():
                return ResumeHistory(message.history_uid)
            case DeleteHistory():
                return EraseHistory(message.history_uid)
            case SwitchConfig():
                return BecomeCharacter(client, message.file)
            case MicAudioData():
                return Hear(client, message.audio, self._microphone)
            case RawAudioData():
                return HearAll(client, message.audio)
            case MicAudioEnd():
                return AnswerUtterance(client, self._human_name, self._microphone)
            case AISpeakSignal():
                return SpeakUp(client, message.idle_time)
            case AudioPlayStart():
                return PlayStarted(client, message.display_text.text) if message.display_text else None
            case AddClientToGroup() | RemoveClientFromGroup() | RequestGroupInfo():
                return _group_command(message, client)
            case TwitchConnect() | TwitchDisconnect() | GetTwitch() | TwitchLogin():
                return _source_command(message, client)
            case Heartbeat():
                return None
            case _:
                assert_never(message)


def _operator_command(message: OperatorMessage, client: str) -> Command:
    match message:
        case live.Say():
            return orders.Say(client, message.text, message.verbatim, Priority(message.priority))
        case live.Stop():
            return orders.Stop(client)
        case live.Resume():
            return orders.Resume(client)
        case live.Skip():
            return orders.Skip(client)
        case live.PauseChat():
            return orders.PauseChat(client)
        case live.ResumeChat():
            return orders.ResumeChat(client)
        case live.QueueDrop():
            return orders.DropQueued(message.stimulus_id)
        case live.QueueMove():
            return orders.MoveQueued(message.stimulus_id, message.before)
        case live.HoldDecide():
            return orders.DecideHeld(message.id, message.allow)
        case live.ViewerBlock():
            return orders.BlockViewer(message.platform, message.username)
        case live.ViewerUnblock():
            return orders.UnblockViewer(message.platform, message.username)
        case live.ViewerForget():
            return orders.ForgetViewer(message.platform, message.username)
        case live.ModerationEdit():
            return orders.EditModeration(message.list, message.add, message.remove)
        case live.GetChatDecisions():
            return orders.ListDecisions()
        case GetTurnWhy():
            return orders.DescribeTurn(message.turn_id)
        case _:
            assert_never(message)


def _source_command(
    message: TwitchConnect | TwitchDisconnect | GetTwitch | TwitchLogin, client: str
) -> SourceCommand:
    match message:
        case TwitchConnect():
            token = message.token.get_secret_value()
            return ConnectTwitch(client, message.channel, token, message.anonymous, message.request_id)
        case TwitchDisconnect():
            return DisconnectTwitch()
        case GetTwitch():
            return DescribeTwitch()
        case TwitchLogin():
            return BeginTwitchLogin()


def _live_command(message: LiveClientMessage, client: str, role: AccessRole) -> AnyCommand:
    if isinstance(message, OperatorMessage):
        return _operator_command(message, client)
    match message:
        case ClientHello():
            return Hello(client, message.capabilities, role)
        case GetSnapshot():
            return TakeSnapshot(client)
        case TextGenerationRequest():
            return _text_command(message, client)
        case TextGenerationCancel():
            return CancelText(client, message.request_id)
        case SetBackendMode():
            return SetMode(client, message.mode, cut=message.when == "now")
        case GetBackendMode():
            return GetMode()
        case GetCharacterState():
            return GetState()
        case ExpressionCommand() | MotionCommand() | ExpressionRelease() | MotionRelease():
            return body_command(message, client)
        case SetFloor():
            return ChangeFloor(client, message.floor)
        case AutonomousSet() | AutonomousFire():
            return autonomous_command(message)
        case GetSettings() | EditSettings() | UndoEdit() | ReloadSettings():
            return settings_command(message, client)
        case _:
            assert_never(message)


def _text_command(message: TextGenerationRequest, client: str) -> GenerateText:
    options = message.options or GenerationOptions()
    return GenerateText(
        client=client,
        request_id=message.request_id,
        prompt=message.prompt,
        context=_context(message.context) if message.context else None,
        wishes=TextWishes(
            max_tokens=options.max_tokens, temperature=options.temperature, style=options.style
        ),
        speak=options.speak,
    )


def _context(given: GenerationContext) -> TextContext:
    return TextContext(
        source=given.source,
        username=given.username,
        timestamp=str(given.timestamp),
        chat_history=tuple(
            line if isinstance(line, str) else f"{line.username}: {line.message}"
            for line in given.chat_history
        ),
        stream_info={name: str(value) for name, value in given.stream_info.items() if value is not None},
        character_persona=given.character_persona,
    )


def _group_command(
    message: AddClientToGroup | RemoveClientFromGroup | RequestGroupInfo, client: str
) -> GroupCommand:
    match message:
        case AddClientToGroup():
            return AddToGroup(client, message.invitee_uid)
        case RemoveClientFromGroup():
            return RemoveFromGroup(client, message.target_uid)
        case RequestGroupInfo():
            return DescribeGroup(client)


def _answering(request_id: str | None, answer: ServerMessage) -> ServerMessage:
    if request_id is None or "request_id" not in type(answer).model_fields:
        return answer
    return answer.model_copy(update={"request_id": request_id})
