"""Pure: what a client of the role `stage` is shown of a show: what the audience may notice, and no more.

The address of a stage stands in OBS, and in every scene collection that is passed on.
"""

from collections.abc import Mapping

from open_llm_vtuber.protocol.live_server_messages import (
    CharacterState,
    SentenceHeld,
    SentenceRefused,
    Snapshot,
    TwitchStatus,
)
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.protocol.settings_messages import SettingsChanged, SettingsRefused

OPERATORS_OWN: Mapping[str, object] = {
    "waiting": (),
    "reacting_to": None,
    "held": (),
    "timings": None,
    "twitch": None,
    "providers": {},
    "spend": None,
    "autonomous": None,
    "co_host": None,
}
"""Fields of a state that are nobody else's business, and what a stage gets instead."""


def for_a_stage(message: ServerMessage) -> ServerMessage | None:
    """Return the message as a stage gets it, None when it does not get it at all."""
    match message:
        case SentenceHeld() | SentenceRefused() | TwitchStatus() | SettingsChanged() | SettingsRefused():
            return None
        case CharacterState():
            return message.model_copy(update=OPERATORS_OWN)
        case Snapshot():
            return message.model_copy(update={"state": in_short(message.state)})
        case _:
            return message


def in_short(state: State) -> State:
    """Return a state without what is the operator's."""
    return state.model_copy(update=OPERATORS_OWN)
