"""Who takes part in a turn, and whom it reports to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from open_llm_vtuber.chat.decisions import Decision
from open_llm_vtuber.ports import Adapter, SpeechSynthesizer
from open_llm_vtuber.show.airlock import Airlock
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.body import Body
from open_llm_vtuber.show.echo import Played
from open_llm_vtuber.stimulus import HistoryLine, Stimulus


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The parts of one turn."""

    adapter: Adapter
    voice: SpeechSynthesizer
    body: Body
    audience: Audience
    character_name: str
    avatar: str
    airlock: Airlock
    first_clause: bool
    listen: Callable[[bytes], Awaitable[str]]
    """Returns the words of an utterance. Raises ProtocolError `nothing-heard` or EngineError."""
    spoken: Callable[[str], str] = str
    """What the voice says of a sentence that is shown."""
    keep: Callable[[HistoryLine], Awaitable[None]]
    """Stores a line of the conversation."""
    decide: Callable[[Decision], None]
    """Says what became of a chat message."""
    began: Callable[[Stimulus], None]
    """Is told that she reacts to something."""
    is_awaited: Callable[[], bool]
    """Whether somebody waits for her, so that what nobody asked for must end."""
    brief: Callable[[Stimulus], Awaitable[tuple[str, ...]]]
    """Returns what else is known, as data for the prompt."""
    answering: Callable[[Stimulus], Awaitable[None]]
    """Is waited for before the first sentence goes out."""
    played: Played = field(default_factory=Played)
    """Keeps what she says for whoever has to know her voice from others."""
    ended: Callable[[Stimulus, str], Awaitable[None]]
    """Is told what was heard of the reply when the turn is over: nothing of one that was taken back."""
