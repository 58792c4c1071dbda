"""A show with a log: everything that comes in is written down on the way."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from open_llm_vtuber.course import following
from open_llm_vtuber.protocol.autonomous_parts import MoodState
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Outbox
from open_llm_vtuber.show.show import Show
from open_llm_vtuber.show_log.inputs import CHANGES_NOTHING, COMMANDS
from open_llm_vtuber.show_log.records import Record
from open_llm_vtuber.show_log.tape import Tape
from open_llm_vtuber.text_rules import one_line


class TapedShow(Show):
    """A show that follows a tape. It must be built while that is followed, and its parts be behind the same tape."""

    def __init__(self, tape: Tape, *parts: Any, **named: Any) -> None:
        """Take the parts of a show besides."""
        self._tape = tape
        super().__init__(*parts, **named)
        self.reasons.serving = lambda: {job: status.engine for job, status in self._providers.items()}

    async def run(self) -> None:
        """Be on air until cancelled."""
        self._tape.enter(Record("run", 0.0))
        async with asyncio.TaskGroup() as group:
            with following(self._tape):
                running = group.create_task(super().run())
            try:
                await asyncio.wait([running])
            except (
                asyncio.CancelledError
            ):  # noted before it reaches the show, which still does something then
                self._tape.enter(Record("end", 0.0))
                raise

    def belongs_to(self, identity: str) -> None:
        """Say whose private show it is."""
        self._tape.enter(Record("whose", 0.0, "", identity))
        super().belongs_to(identity)

    @contextmanager
    def attach(self, client: str, *, listens_only: bool = False) -> Iterator[Outbox]:
        """Let a client join for as long as the context lasts."""
        joining = super().attach(client, listens_only=listens_only)
        with self._tape.takes("came", client, listens_only):
            outbox = joining.__enter__()
        try:
            yield outbox
        finally:
            with self._tape.takes("left", client):
                joining.__exit__(None, None, None)

    async def tell(self, command: commands.ChatHappened) -> None:
        """Take something in."""
        with self._tape.takes("in", type(command).__name__, command, COMMANDS[type(command)]):
            await super().tell(command)

    async def ask(self, command: commands.Command) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers. Raises ProtocolError."""
        if isinstance(command, commands.ChatHappened):
            await self.tell(command)
            return ()
        if isinstance(command, CHANGES_NOTHING):
            with following(self._tape):
                return await super().ask(command)
        with self._tape.takes("in", type(command).__name__, command, COMMANDS[type(command)]):
            return await super().ask(command)

    @property
    def mood(self) -> MoodState | None:
        """How she feels; None where nothing happens unasked."""
        return self._unasked.mood

    def scene(self) -> Sequence[str]:
        """Return in words what is going on, a line each."""
        turn, state = self._director.turn, self._state()
        under_way = (
            f"{turn.stimulus.source} {turn.id[:8]}: {one_line(turn.stimulus.text)[:80]}"
            if turn
            else "nothing"
        )
        return (
            f"reacting to {under_way}",
            f"waiting: {len(state.waiting)}, held: {len(state.held)}",
            f"mode {state.mode}, face {state.expression.name}, stopped: {state.is_stopped}",
            f"clients: {len(self.audience)}, primary {state.primary or 'none'}",
        )
