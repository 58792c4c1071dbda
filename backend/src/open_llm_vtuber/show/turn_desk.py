"""What begins, ends and paces a turn, as clients ask for it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import assert_never

from open_llm_vtuber import course
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.autonomy_desk import AutonomyDesk
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.playback import Reports
from open_llm_vtuber.stimulus import Stimulus


class TurnDesk:
    """Hands the director what to react to, and the running turn what its primary client reports."""

    def __init__(
        self,
        director: Director,
        audience: Audience,
        unasked: AutonomyDesk,
        *,
        human_name: Callable[[], str],
        primary: Callable[[], str | None],
    ) -> None:
        """`human_name` is how the character calls whoever types; "" leaves it to the connection."""
        self._director = director
        self._audience = audience
        self._unasked = unasked
        self._human_name = human_name
        self._primary = primary
        self._reports = Reports()

    async def ask(self, command: commands.TurnCommand) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers for the client that asked. Raises ProtocolError."""
        match command:
            case commands.Perform():
                self.perform(command.stimulus)
            case commands.Interrupt():
                await self._interrupt(command)
            case commands.PlayStarted():
                if self._director.turn and command.client == self._primary():
                    self._director.turn.play_started(command.text)
            case commands.PlaybackEnded():
                self._playback_ended(command.client)
            case commands.SpeakUp():
                return self._unasked.speak_up(command.client)
            case _:
                assert_never(command)
        return ()

    def perform(self, stimulus: Stimulus) -> None:
        """React to this when its turn comes. Raises ProtocolError `busy` or `wrong-state`."""
        if stimulus.client and self._human_name() and not stimulus.standing:
            stimulus = replace(stimulus, author=self._human_name())
        self._director.submit(stimulus)
        if outbox := self._audience.outbox(stimulus.client or ""):
            outbox.is_interrupted = False  # an existing client that types listens again

    def forget(self, client: str) -> None:
        """Forget what a client reported: it has left."""
        self._reports.forget(client)

    async def _interrupt(self, command: commands.Interrupt) -> None:
        if outbox := self._audience.outbox(command.client):
            outbox.is_interrupted = True
        await self._director.interrupt(command.heard)

    def _playback_ended(self, client: str) -> None:
        is_copy = self._reports.is_copy(client, course.now())
        if self._director.turn and client == self._primary() and not is_copy:
            self._director.turn.playback_ended()
