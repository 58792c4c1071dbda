"""One parsed client message → one call on the show. The type checker finds a message that is forgotten here."""

from collections.abc import Sequence
from typing import assert_never

from open_llm_vtuber.autonomy_door import autonomous_command
from open_llm_vtuber.body_door import body_command
from open_llm_vtuber.errors import VTuberError
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
from open_llm_vtuber.protocol.live_client_messages import ClientHello, GetSnapshot
from open_llm_vtuber.protocol.server_messages import HeartbeatAck, ServerMessage
from open_llm_vtuber.show.commands import (
    AddToGroup,
    AnswerUtterance,
    BecomeCharacter,
    Command,
    CreateHistory,
    Describe,
    DescribeGroup,
    EraseHistory,
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
    SpeakUp,
    TakeSnapshot,
)
from open_llm_vtuber.shows import Shows
from open_llm_vtuber.stimulus import Stimulus


class MessageHandler:
    """Acts on the messages of one client in one show."""

    def __init__(self, shows: Shows, show: str, client: str, human_name: str) -> None:
        self._shows = shows
        self._show = show
        self._client = client
        self._human_name = human_name

    async def handle(self, message: ClientMessage) -> Sequence[ServerMessage]:
        """Do what the message asks and return the answers, in order."""
        if isinstance(message, Heartbeat):
            return (HeartbeatAck(request_id=message.request_id),)
        command = self._command(message)
        if command is None:
            return ()
        try:
            answers = await self._shows.ask(self._show, command)
        except VTuberError as error:
            return (problem(error, request_type=message.type, request_id=message.request_id),)
        return [_answering(message.request_id, answer) for answer in answers]

    def _command(self, message: ClientMessage) -> Command | GroupCommand | None:
        client = self._client
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
                return Hear(client, message.audio)
            case RawAudioData():
                return HearAll(client, message.audio)
            case MicAudioEnd():
                return AnswerUtterance(client, self._human_name)
            case AISpeakSignal():
                return SpeakUp(client, message.idle_time)
            case ClientHello():
                return Hello(client, message.capabilities)
            case GetSnapshot():
                return TakeSnapshot(client)
            case AddClientToGroup() | RemoveClientFromGroup() | RequestGroupInfo() | AudioPlayStart():
                return _group_command(message, client)
            case ExpressionCommand() | MotionCommand() | ExpressionRelease() | MotionRelease():
                return body_command(message, client)
            case AutonomousSet() | AutonomousFire():
                return autonomous_command(message)
            case Heartbeat():
                return None
            case _:
                assert_never(message)


def _group_command(
    message: AddClientToGroup | RemoveClientFromGroup | RequestGroupInfo | AudioPlayStart, client: str
) -> GroupCommand | None:
    match message:
        case AddClientToGroup():
            return AddToGroup(client, message.invitee_uid)
        case RemoveClientFromGroup():
            return RemoveFromGroup(client, message.target_uid)
        case RequestGroupInfo():
            return DescribeGroup(client)
        case AudioPlayStart():
            return PlayStarted(client, message.display_text.text) if message.display_text else None


def _answering(request_id: str | None, answer: ServerMessage) -> ServerMessage:
    if request_id is None or "request_id" not in type(answer).model_fields:
        return answer
    return answer.model_copy(update={"request_id": request_id})
