"""What the others in a group see of one member's turn."""

import asyncio

from fakes import Reader
from open_llm_vtuber.group_reply import CHAIN_END, CHAIN_START, Member, Reply, show_cue
from open_llm_vtuber.protocol.server_messages import (
    ForceNewMessage,
    FullText,
    InterruptSignalCue,
    ServerMessage,
)
from open_llm_vtuber.show.audience import INTERRUPTED_CLIENT_NEEDS, Outbox
from virtual_time import run_virtual

START, END = "conversation-chain-start", "conversation-chain-end"


def shown(*cues: ServerMessage) -> list[str]:
    """Return what a listener gets of a turn with these cues that is then closed, twice."""

    async def main() -> list[str]:
        speaker, listener = Member("a", Outbox("a")), Member("b", Outbox("b"))
        reader = Reader(listener.outbox)
        reply = Reply(speaker, [listener])
        for cue in cues:
            reply.follow(cue)
        reply.close()
        reply.close()
        listener.outbox.send(FullText(text="that is all"))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(reader.run())
            await asyncio.sleep(1)
            task.cancel()
        return reader.types()

    return run_virtual(main())


def test_a_chain_that_its_show_could_not_end_is_ended_once_for_the_others() -> None:
    assert shown(CHAIN_START) == [START, "force-new-message", END, "full-text"]


def test_a_chain_is_ended_by_closing_so_that_its_words_can_be_kept_before() -> None:
    assert shown(CHAIN_START, ForceNewMessage()) == [START, "force-new-message", END, "full-text"]
    assert shown() == ["full-text"]


def test_a_member_that_was_interrupted_is_given_time_like_in_its_own_show() -> None:
    async def main() -> tuple[bool, bool, bool, float]:
        outbox = Outbox("a")
        show_cue(outbox, CHAIN_START)
        began = outbox.is_in_chain
        show_cue(outbox, InterruptSignalCue())
        was_interrupted = outbox.is_interrupted
        show_cue(outbox, CHAIN_END)
        ended = not outbox.is_in_chain
        show_cue(outbox, CHAIN_START)
        return began, was_interrupted, ended, outbox._audio_from

    began, was_interrupted, ended, audio_from = run_virtual(main())
    assert began
    assert was_interrupted
    assert ended
    assert audio_from == INTERRUPTED_CLIENT_NEEDS
