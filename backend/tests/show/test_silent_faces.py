"""What existing web clients are sent so that they show a face outside speech."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from open_llm_vtuber.protocol.server_messages import Control
from open_llm_vtuber.show.audience import Audience, Outbox
from open_llm_vtuber.show.silent_faces import BECOMING_IDLE, LOADING, SilentFaces
from wire.existing_client import length_of

NEUTRAL, JOY = 0, 1


@contextmanager
def client() -> Iterator[tuple[Audience, Outbox, SilentFaces]]:
    """Return an existing client that has loaded its model by second 10."""
    audience = Audience()
    faces = SilentFaces(audience, NEUTRAL)
    with audience.attach("old") as outbox:
        faces.update(NEUTRAL, 10 - LOADING)
        yield audience, outbox, faces


def sent(outbox: Outbox) -> list[dict[str, Any]]:
    frames = [json.loads(frame.text) for frame in outbox._frames]
    outbox._frames.clear()
    return [frame for frame in frames if frame["type"] == "audio"]


def test_it_is_told_by_a_short_sentence_without_words_or_sound() -> None:
    with client() as (_, outbox, faces):
        assert faces.update(JOY, 10) is None
        (told,) = sent(outbox)
        assert (told["display_text"], told["actions"], told["forwarded"]) == (
            None,
            {"expressions": [1]},
            False,
        )
        assert 0 < length_of(told) <= 0.2
        assert set(told["volumes"]) == {0.0}
        assert faces.shows(JOY)


def test_what_it_shows_already_is_not_told_again() -> None:
    with client() as (_, outbox, faces):
        faces.update(NEUTRAL, 10)
        faces.update(JOY, 10)
        faces.update(JOY, 11)
        assert len(sent(outbox)) == 1


def test_a_client_that_has_just_come_is_told_when_it_has_loaded_its_model() -> None:
    audience = Audience()
    faces = SilentFaces(audience, NEUTRAL)
    with audience.attach("old") as outbox:
        assert faces.update(JOY, 0) == LOADING
        assert sent(outbox) == []
        faces.update(JOY, LOADING)
        assert len(sent(outbox)) == 1


def test_nothing_is_put_between_the_sentences_of_a_chain() -> None:
    with client() as (audience, outbox, faces):
        audience.publish(Control(text="conversation-chain-start"))
        assert faces.update(JOY, 10) is None
        assert sent(outbox) == []


def test_after_a_chain_the_client_has_reset_its_face_and_is_told_again_once_it_is_idle() -> None:
    with client() as (_, outbox, faces):
        faces.update(JOY, 10)
        faces.chain_ended(20)
        sent(outbox)
        assert faces.update(JOY, 20) == 20 + BECOMING_IDLE
        assert sent(outbox) == []
        faces.update(JOY, 20 + BECOMING_IDLE)
        assert len(sent(outbox)) == 1


def test_a_client_that_was_interrupted_would_lose_it_and_is_not_told() -> None:
    with client() as (audience, outbox, faces):
        audience.interrupted()
        faces.chain_ended(10)
        assert faces.update(JOY, 20) is None
        assert sent(outbox) == []
        assert faces.rides(NEUTRAL, sounds=True, now=20), "what it shows is not known"


def test_a_sentence_carries_what_some_client_does_not_show() -> None:
    with client() as (_, _outbox, faces):
        assert not faces.rides(NEUTRAL, sounds=True, now=10)
        assert faces.rides(JOY, sounds=False, now=10), "without sound it is not applied"
        assert faces.rides(JOY, sounds=True, now=10)
        assert not faces.rides(JOY, sounds=True, now=10)


def test_who_said_hello_is_told_otherwise_and_who_only_listens_not_at_all() -> None:
    with client() as (audience, outbox, faces), audience.attach("ear", listens_only=True) as ear:
        outbox.capabilities = frozenset({"expression"})
        assert faces.update(JOY, 99) is None
        assert sent(outbox) == sent(ear) == []
        assert not faces.rides(JOY, sounds=True, now=99)


def test_another_model_has_to_be_loaded_first() -> None:
    with client() as (_, outbox, faces):
        faces.model_changes(JOY, 10)
        assert faces.update(NEUTRAL, 10) == 10 + LOADING
        assert faces.update(JOY, 10) is None
        assert sent(outbox) == []
