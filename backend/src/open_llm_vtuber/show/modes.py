"""Where a show's words come from, and how that changes on air."""

from collections.abc import Callable, Sequence
from typing import assert_never

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.modes import MODES, Mode
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.protocol.live_server_messages import BackendMode, BackendModeSet
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.role import Role


class Modes:
    """Holds the adapter of the present mode. A turn keeps the one that it began with; the next one meets the new one.

    All adapters of a role share its memory, so nothing is forgotten; history and body are the show's anyway.
    """

    def __init__(self, audience: Audience, role: Role, mode: Mode, on_change: Callable[[], None]) -> None:
        self._audience = audience
        self._on_change = on_change
        self._wanted = mode
        self.mode: Mode = "orphiq"
        self.assume(role)

    @property
    def adapter(self) -> Adapter:
        """Where the words of the next turn come from."""
        return self._role.adapters[self.mode]

    @property
    def available(self) -> tuple[Mode, ...]:
        """The modes that can be chosen."""
        return tuple(mode for mode in MODES if mode in self._role.adapters)

    def assume(self, role: Role) -> None:
        """Stay in the mode that was last asked for with another character's adapters, if it has one for it."""
        self._role = role
        self.mode = self._wanted if self._wanted in role.adapters else "orphiq"

    async def ask(self, command: commands.ModeCommand, director: Director) -> Sequence[ServerMessage]:
        """Change the mode, or say which it is. Raises ProtocolError; then nothing has changed."""
        match command:
            case commands.SetMode():
                return (await self._set(command, director),)
            case commands.GetMode():
                return (BackendMode(mode=self.mode, available=self.available),)
            case _:
                assert_never(command)

    async def _set(self, command: commands.SetMode, director: Director) -> BackendModeSet:
        mode = self._checked(command.mode)
        if command.cut:
            await director.between_turns(lambda: self._switch(mode))
        else:
            self._switch(mode)
        told = BackendModeSet(mode=mode)
        self._audience.publish(told, but_for=(command.client,))
        return told

    def _checked(self, name: str) -> Mode:
        mode = next((each for each in MODES if each == name), None)
        if mode is None:
            raise ProtocolError(f"Invalid backend mode: {name}", code="bad-message")
        if mode not in self._role.adapters:
            reason = self._role.unavailable.get(mode, "It is not configured.")
            raise ProtocolError(f"The mode {mode} cannot be chosen. {reason}", code="not-configured")
        return mode

    def _switch(self, mode: Mode) -> None:
        self.mode = self._wanted = mode
        self._on_change()
