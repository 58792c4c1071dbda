"""A show's side of a stage that it shares with another character: it speaks when it is given the word."""

from collections.abc import Callable, Sequence
from typing import assert_never

from open_llm_vtuber.protocol.live_server_messages import CharacterState
from open_llm_vtuber.protocol.parts import State
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.stage_commands import GiveWord, MakeWay, StageCommand, TakeWord
from open_llm_vtuber.text_rules import stage_mark

SCENE = (
    "{name} is another character, on stage with you. What {name} says begins with {mark}. Talk with {name}: react to "
    "it, in a sentence or two, and do not say it again."
)


class Partner:
    """Keeps the word. A show that shares no stage always has it."""

    def __init__(
        self, director: Callable[[], Director], state: Callable[[], State], look: Callable[[], None]
    ) -> None:
        """`look` lets what happens unasked look whether she is free."""
        self._director = director
        self._state = state
        self._look = look
        self._name: str | None = None
        self._has_word = True

    @property
    def is_waiting(self) -> bool:
        """Whether no turn may begin."""
        return not self._has_word

    @property
    def scene(self) -> str:
        """What she is told about who is on stage with her; "" while she is alone."""
        return SCENE.format(name=self._name, mark=stage_mark(self._name, "character")) if self._name else ""

    async def ask(self, command: StageCommand) -> Sequence[ServerMessage]:
        """Do what is asked."""
        match command:
            case GiveWord():
                self._name, self._has_word = command.partner, True
                self._director().wake()
                self._look()
            case TakeWord():
                self._has_word = False
                return (CharacterState(**dict(self._state())),)
            case MakeWay():
                await self._director().make_way()
            case _:
                assert_never(command)
        return ()

    def began(self) -> None:
        """Note that a turn has begun: it was the one for which she was given the word."""
        self._has_word = self._name is None
