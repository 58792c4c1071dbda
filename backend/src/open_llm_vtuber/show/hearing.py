"""What clients ask of the show's ears: take sound in, find speech in it, answer it, write it down."""

from collections.abc import Callable, Sequence
from typing import assert_never

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.ears import SPEECH_BEGINS, Ears
from open_llm_vtuber.show.stage_commands import GiveWord, MakeWay, TakeWord
from open_llm_vtuber.stimulus import Stimulus

NO_STAGE = "A private show has no stage to share."


class Hearing:
    """Acts on the commands about microphones in a private show. `perform` has an utterance answered."""

    def __init__(
        self,
        ears: Ears,
        audience: Audience,
        director: Director,
        perform: Callable[[Stimulus], None],
    ) -> None:
        self._ears = ears
        self._audience = audience
        self._director = director
        self._perform = perform

    async def ask(self, command: commands.HearingCommand) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers. Raises ProtocolError and EngineError."""
        match command:
            case commands.Hear():
                self._ears.take_in(command.client, command.samples, command.microphone)
            case commands.HearAll():
                await self._find_speech(command)
            case commands.FindSpeech():
                return await self._ears.found(command.client, command.samples, command.microphone)
            case commands.AnswerUtterance():
                self._perform(self._ears.stimulus(command.client, command.author, command.microphone))
            case commands.Transcribe():
                return (await self._ears.words(command.client, command.microphone),)
            case commands.SetFloor() | GiveWord() | TakeWord() | MakeWay():
                raise ProtocolError(NO_STAGE, code="wrong-state")
            case commands.ForgetMicrophone():
                self._ears.forget(command.client, command.microphone)
            case _:
                assert_never(command)
        return ()

    async def _find_speech(self, command: commands.HearAll) -> None:
        outbox = self._audience.outbox(command.client)
        for found in await self._ears.found(command.client, command.samples):
            if outbox:  # at once: the client goes quiet before the turn has ended
                outbox.send(found)
            if found == SPEECH_BEGINS:
                await self._director.interrupt()
