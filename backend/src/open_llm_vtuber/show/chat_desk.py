"""Pure but for the cues it publishes: the show's side of chat. Which line is answered, and what the overlay shows."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from open_llm_vtuber.chat.decisions import Decision
from open_llm_vtuber.chat.selection import Selection, clean_text
from open_llm_vtuber.protocol.live_server_messages import ChatDecision, ChatMessageCue, ChatMessageRemoved
from open_llm_vtuber.protocol.parts import Badge, Emote
from open_llm_vtuber.protocol.parts import Decision as WireDecision
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.stimulus import CHAT, ChatMessage, ChatRemoval, Stimulus
from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds

SHOWN_MESSAGES = 50
LONGEST_NAME = 40


class ChatDesk:
    """Takes chat in, hands one line at a time to the director, and keeps what an overlay shows."""

    def __init__(self, selection: Selection, publish: Callable[[ServerMessage], None]) -> None:
        self._selection = selection
        self._publish = publish
        self._shown: OrderedDict[str, ChatMessageCue] = OrderedDict()

    @property
    def shown(self) -> tuple[ChatMessageCue, ...]:
        """The last messages, oldest first."""
        return tuple(self._shown.values())

    @property
    def is_awaited(self) -> bool:
        """Whether a viewer's line waits for an answer."""
        return len(self._selection) > 0

    def answer_to(self, names: Sequence[str], channel: str) -> None:
        """Take these for the character's names from now on."""
        self._selection.answer_to(names, channel)

    def take_in(self, message: ChatMessage, now: Seconds) -> None:
        """Decide about a message and show it with the decision."""
        decisions = {decision.message_id: decision for decision in self._selection.offer(message, now)}
        own = decisions.pop(message.id)
        cue = self._shown[message.id] = _cue(message, own)
        if len(self._shown) > SHOWN_MESSAGES:
            self._shown.popitem(last=False)
        self._publish(cue)
        self._announce(decisions.values())

    def next_line(self, now: Seconds) -> Stimulus | None:
        """Return the line to answer now, if there is one."""
        taken, decisions = self._selection.take(now)
        self._announce(decisions)
        if taken is None:
            return None
        message = taken.message
        return Stimulus(
            text=clean_text(message),
            source="chat",
            author=bounded(one_line(message.display_name), LONGEST_NAME),
            message_id=message.id,
            username=message.username,
            priority=CHAT,
        )

    def decide(self, decision: Decision) -> None:
        """Note what became of a message that was taken."""
        self._announce([decision])

    def remove(self, removal: ChatRemoval) -> None:
        """Take away what a moderator removed."""
        self._announce(self._selection.remove(removal))
        for cue in self.shown:
            if removal.message_id in (cue.id, None) and removal.username in (cue.username, None):
                del self._shown[cue.id]
        self._publish(ChatMessageRemoved(id=removal.message_id, username=removal.username))

    def _announce(self, decisions: Iterable[Decision]) -> None:
        for decision in decisions:
            wire = _on_the_wire(decision)
            if cue := self._shown.get(decision.message_id):
                self._shown[decision.message_id] = cue.model_copy(update={"decision": wire})
            self._publish(ChatDecision(id=decision.message_id, decision=wire))


def _on_the_wire(decision: Decision) -> WireDecision:
    return WireDecision(outcome=decision.outcome, reason=decision.reason, score=decision.score)


def _cue(message: ChatMessage, decision: Decision) -> ChatMessageCue:
    return ChatMessageCue(
        id=message.id,
        platform=message.platform,
        username=message.username,
        display_name=message.display_name,
        color=message.color,
        badges=tuple(Badge(**asdict(badge)) for badge in message.badges),
        message=message.text,
        emotes=tuple(Emote(**asdict(emote)) for emote in message.emotes),
        timestamp=message.timestamp.isoformat(),
        decision=_on_the_wire(decision),
    )
