"""What clients may ask about who is on air, and where."""

from collections.abc import Callable, Sequence
from typing import assert_never

from open_llm_vtuber.protocol.server_messages import (
    BackgroundFiles,
    ConfigFiles,
    ConfigSwitched,
    ServerMessage,
    SetModelAndConf,
)
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.role import Repertoire, RoleChange


class RoleDesk:
    """Lists characters and backgrounds, and lets the show become somebody else, which everybody is told."""

    def __init__(
        self,
        repertoire: Repertoire,
        change: RoleChange,
        audience: Audience,
        *,
        description: Callable[[str], SetModelAndConf],
        on_change: Callable[[], None],
    ) -> None:
        self._repertoire = repertoire
        self._change = change
        self._audience = audience
        self._description = description
        self._on_change = on_change

    async def ask(self, command: commands.RoleCommand) -> Sequence[ServerMessage]:
        """Do what is asked and return the answers for the client that asked. Raises ProtocolError."""
        match command:
            case commands.ListConfigs():
                return (ConfigFiles(configs=tuple(await self._repertoire.configs())),)
            case commands.ListBackgrounds():
                return (BackgroundFiles(files=tuple(await self._repertoire.backgrounds())),)
            case commands.BecomeCharacter():
                return await self._become(command)
            case _:
                assert_never(command)

    async def _become(self, command: commands.BecomeCharacter) -> Sequence[ServerMessage]:
        await self._change.become(command.file)
        switched = ConfigSwitched(message=f"Switched to config: {command.file}")
        self._audience.tell_each(lambda client: (self._description(client), switched), but_for=command.client)
        self._on_change()
        return (self._description(command.client), switched)
