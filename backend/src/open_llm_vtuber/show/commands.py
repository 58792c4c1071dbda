"""What may be asked of a show or told to it: plain data, so that it could as well come from another machine.

Commands come in families; one object of the show acts on each family.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from open_llm_vtuber.modes import Feature, FloorMode
from open_llm_vtuber.protocol.envelope import AccessRole, Capability
from open_llm_vtuber.show.autonomy_commands import AutonomousCommand, FireTrigger, SetAutonomous
from open_llm_vtuber.show.operator_commands import OperatorCommand
from open_llm_vtuber.show.settings_commands import SettingsCommand, TuneCommand
from open_llm_vtuber.show.stage_commands import StageCommand
from open_llm_vtuber.stimulus import (
    ChatEvent,
    ExpressionRequest,
    HistoryLine,
    MotionRequest,
    Stimulus,
    TextContext,
    TextWishes,
)


@dataclass(frozen=True, slots=True)
class Perform:
    """React to this when its turn comes. Refused as `busy` when too much is waiting."""

    stimulus: Stimulus


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Cut the running turn. `heard` is what the client says was heard, if it says so."""

    client: str
    heard: str | None


@dataclass(frozen=True, slots=True)
class PlaybackEnded:
    """A client has played all it got."""

    client: str


@dataclass(frozen=True, slots=True)
class Greet:
    """What an existing web client is told when it connects."""

    client: str


@dataclass(frozen=True, slots=True)
class Hello:
    """A client says what it can do."""

    client: str
    capabilities: tuple[Capability, ...]
    role: AccessRole = "developer"


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """All that a client needs to join or to catch up."""

    client: str


@dataclass(frozen=True, slots=True)
class Describe:
    """The model and the character's names."""

    client: str


@dataclass(frozen=True, slots=True)
class ListConfigs:
    """Which characters are there?"""


@dataclass(frozen=True, slots=True)
class ListBackgrounds:
    """Which background pictures are there?"""


@dataclass(frozen=True, slots=True)
class ListHistories:
    """Which conversations are stored?"""


@dataclass(frozen=True, slots=True)
class CreateHistory:
    """Begin a new conversation: the character forgets the last one, the store does not."""


@dataclass(frozen=True, slots=True)
class ResumeHistory:
    """Go on with a stored conversation, and return its lines."""

    history: str


@dataclass(frozen=True, slots=True)
class EraseHistory:
    """Delete a stored conversation."""

    history: str


@dataclass(frozen=True, slots=True)
class BecomeCharacter:
    """Become the character of that file, as it is listed."""

    client: str
    file: str


@dataclass(frozen=True, slots=True)
class Hear:
    """A piece of an utterance that the client has found: 16 kHz mono samples.

    `microphone` tells those apart that send over one connection.
    """

    client: str
    samples: tuple[float, ...]
    microphone: str = ""


@dataclass(frozen=True, slots=True)
class HearAll:
    """A piece of the microphone's sound, in which the server finds the utterances: 16 kHz mono samples."""

    client: str
    samples: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FindSpeech:
    """The same sound: return what was found in it instead of acting on it."""

    client: str
    samples: tuple[float, ...]
    microphone: str = ""


@dataclass(frozen=True, slots=True)
class AnswerUtterance:
    """The utterance of that client is complete."""

    client: str
    author: str
    microphone: str = ""


@dataclass(frozen=True, slots=True)
class Transcribe:
    """The utterance of that client is complete: return its words instead of answering them."""

    client: str
    microphone: str = ""


@dataclass(frozen=True, slots=True)
class SetFloor:
    """From now on do this when somebody on stage speaks."""

    client: str
    floor: FloorMode


@dataclass(frozen=True, slots=True)
class ForgetMicrophone:
    """Nobody will send more from there."""

    client: str
    microphone: str


@dataclass(frozen=True, slots=True)
class KeepLine:
    """Store a line that was said before this show's audience, and that is no business of a turn of its own."""

    line: HistoryLine


@dataclass(frozen=True, slots=True)
class SpeakUp:
    """Say something of your own accord; `idle_s` is how long it was silent."""

    client: str
    idle_s: float | None


@dataclass(frozen=True, slots=True)
class ChatHappened:
    """Something happened in a chat that the show reads."""

    event: ChatEvent


@dataclass(frozen=True, slots=True)
class AddToGroup:
    """Let the invited client's show talk with that of the client, and with all of its group."""

    client: str
    invitee: str


@dataclass(frozen=True, slots=True)
class RemoveFromGroup:
    """Let the target leave the client's group; its own uid is to leave."""

    client: str
    target: str


@dataclass(frozen=True, slots=True)
class DescribeGroup:
    """Who is in the client's group?"""

    client: str


@dataclass(frozen=True, slots=True)
class PlayStarted:
    """A client has begun to play this sentence."""

    client: str
    text: str


@dataclass(frozen=True, slots=True)
class ClaimExpression:
    """Show this face, as far as nothing more urgent does. `client` is who is told what became of it."""

    client: str
    request: ExpressionRequest


@dataclass(frozen=True, slots=True)
class ClaimMotion:
    """Make this gesture when its turn comes."""

    client: str
    request: MotionRequest


@dataclass(frozen=True, slots=True)
class ReleaseClaim:
    """Give up a claim: the one of that id, or the owner's (`client` is the owner unless `owner` says another)."""

    client: str
    kind: Literal["expression", "motion"]
    claim_id: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ConnectTwitch:
    """Let the show read that channel. Without a token it is the stored login, unless it is to be nobody's."""

    client: str
    channel: str
    token: str = field(default="", repr=False)
    anonymous: bool = False
    request_id: str | None = None
    """Of the request, for it is answered when it is done."""


@dataclass(frozen=True, slots=True)
class DisconnectTwitch:
    """Let the show read its channel no more."""


@dataclass(frozen=True, slots=True)
class DescribeTwitch:
    """How is the reading going?"""


@dataclass(frozen=True, slots=True)
class BeginTwitchLogin:
    """Ask for the code of a login."""


BodyCommand = ClaimExpression | ClaimMotion | ReleaseClaim
"""What concerns the face and the gestures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateText:
    """Write a text on demand; its pieces and the text itself come to the client as cues for it alone."""

    client: str
    request_id: str | None
    prompt: str
    context: TextContext | None = None
    wishes: TextWishes = field(default_factory=TextWishes)
    speak: bool = False
    """Have it performed when it is complete."""


@dataclass(frozen=True, slots=True)
class CancelText:
    """Stop that client's generation; what there is of the text is its answer."""

    client: str
    request_id: str


TextCommand = GenerateText | CancelText
"""What concerns texts on demand."""


@dataclass(frozen=True, slots=True)
class SetMode:
    """Take the words from somewhere else from the next turn on; `cut` ends the running one first."""

    client: str
    mode: str
    cut: bool = False


@dataclass(frozen=True, slots=True)
class GetMode:
    """Where do the words come from?"""


ModeCommand = SetMode | GetMode
"""What concerns the backend mode."""


@dataclass(frozen=True, slots=True)
class GetState:
    """What is the character doing?"""


GroupCommand = AddToGroup | RemoveFromGroup | DescribeGroup
"""What concerns several shows, so that none of them can do it."""

SourceCommand = ConnectTwitch | DisconnectTwitch | DescribeTwitch | BeginTwitchLogin
"""What concerns where a show's chat comes from: the assembly's, for several shows may read one channel."""

AudienceCommand = Greet | Hello | TakeSnapshot | Describe | GetState
"""What a client that joins wants to know."""

HistoryCommand = ListHistories | CreateHistory | ResumeHistory | EraseHistory | KeepLine
"""What concerns stored conversations."""

RoleCommand = ListConfigs | ListBackgrounds | BecomeCharacter
"""What concerns who is on air, and where."""

HearingCommand = (
    Hear | HearAll | FindSpeech | AnswerUtterance | Transcribe | ForgetMicrophone | SetFloor | StageCommand
)
"""What concerns a client's microphone, and who else is on stage."""

TurnCommand = Perform | Interrupt | PlayStarted | PlaybackEnded | SpeakUp
"""What begins, ends or paces a turn."""

Command = (
    AudienceCommand
    | HistoryCommand
    | RoleCommand
    | HearingCommand
    | TurnCommand
    | BodyCommand
    | TextCommand
    | ModeCommand
    | OperatorCommand
    | AutonomousCommand
    | TuneCommand
    | ChatHappened
)
AnyCommand = Command | GroupCommand | SourceCommand | SettingsCommand
"""Whatever may be asked, also of what stands in front of the shows."""

NEEDS: Mapping[type, Feature] = {
    ClaimExpression: "character_control",
    ClaimMotion: "character_control",
    ReleaseClaim: "character_control",
    ConnectTwitch: "twitch",
    DisconnectTwitch: "twitch",
    DescribeTwitch: "twitch",
    BeginTwitchLogin: "twitch",
    GenerateText: "text_generation",
    CancelText: "text_generation",
    SetAutonomous: "autonomous",
    FireTrigger: "autonomous",
}
"""Command → the switch in the configuration's `features` that must be on for it."""
