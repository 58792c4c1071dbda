"""What a stage is shown of a show."""

from open_llm_vtuber.protocol.live_server_messages import (
    CharacterState,
    SentenceHeld,
    SentenceRefused,
    Snapshot,
    TwitchStatus,
)
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.protocol.settings_messages import SettingsChanged, SettingsRefused
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.stage_view import OPERATORS_OWN, for_a_stage, in_short
from wire.golden_server_messages import MESSAGES

OF_THE_AUDIENCE = {
    "expression",
    "motion",
    "abilities",
    "speaking",
    "mode",
    "queue",
    "is_stopped",
    "is_chat_paused",
    "primary",
    "character",
    "mood",
}


def golden(kind: type) -> list[object]:
    return [message for message in MESSAGES if isinstance(message, kind)]


def test_each_field_of_the_state_is_the_operators_or_the_audiences() -> None:
    assert set(State.model_fields) == OF_THE_AUDIENCE | set(OPERATORS_OWN)
    assert not OF_THE_AUDIENCE & set(OPERATORS_OWN)


def test_a_state_without_what_is_the_operators_is_still_one() -> None:
    for message in golden(CharacterState):
        assert isinstance(message, CharacterState)
        shown = for_a_stage(message)
        assert isinstance(shown, CharacterState)
        assert CharacterState.model_validate_json(shown.model_dump_json()) == shown
        assert {name for name in OPERATORS_OWN if getattr(shown, name)} == set()
        assert {name: getattr(shown, name) for name in OF_THE_AUDIENCE} == {
            name: getattr(message, name) for name in OF_THE_AUDIENCE
        }


def test_a_snapshot_holds_the_short_state_and_all_else() -> None:
    for message in golden(Snapshot):
        assert isinstance(message, Snapshot)
        assert for_a_stage(message) == message.model_copy(update={"state": in_short(message.state)})


def test_what_is_between_the_program_and_its_operator_is_not_shown_and_all_else_is() -> None:
    hidden = (SentenceHeld, SentenceRefused, SettingsChanged, SettingsRefused, TwitchStatus)
    assert all(golden(kind) for kind in hidden)
    for message in MESSAGES:
        if isinstance(message, hidden):
            assert for_a_stage(message) is None
        elif not isinstance(message, CharacterState | Snapshot):
            assert for_a_stage(message) is message


def test_what_a_stage_is_not_shown_leaves_no_gap_in_its_count() -> None:
    audience = Audience()
    with audience.attach("stage") as stage, audience.attach("room") as room:
        for outbox in (stage, room):
            outbox.capabilities = frozenset(("state",))
        stage.is_stage = True
        audience.publish(SentenceHeld(id="s", turn_id="t", text="Hm.", air_in_ms=1))
        assert (stage.seq, room.seq) == (0, 1)
