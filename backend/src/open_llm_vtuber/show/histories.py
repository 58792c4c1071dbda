"""What clients ask of stored conversations: begin one, go on with one, delete one."""

from collections.abc import Callable, Sequence
from typing import assert_never

from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.protocol.server_messages import (
    HistoryData,
    HistoryDeleted,
    NewHistoryCreated,
    ServerMessage,
)
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.conversation import Conversation, history_data
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.role import Billing


class Histories:
    """Keeps what the show says, what it remembers and what is stored at the same conversation."""

    def __init__(
        self,
        conversation: Conversation,
        director: Director,
        *,
        adapter: Callable[[], Adapter],
        billing: Callable[[], Billing],
        is_shared: bool,
    ) -> None:
        self._conversation = conversation
        self._director = director
        self._adapter = adapter
        self._billing = billing
        self._is_shared = is_shared

    async def ask(self, command: commands.HistoryCommand) -> Sequence[ServerMessage]:
        """Do what is asked and return the answer. Raises ProtocolError."""
        match command:
            case commands.ListHistories():
                return (await self._conversation.listed(),)
            case commands.CreateHistory():
                return (await self._create(),)
            case commands.ResumeHistory():
                return (await self._resume(command.history),)
            case commands.EraseHistory():
                return (await self._erase(command.history),)
            case commands.KeepLine():
                await self._conversation.keep(command.line)
                return ()
            case _:
                assert_never(command)

    async def _create(self) -> NewHistoryCreated:
        # Existing clients ask for it whenever they connect; who joins a shared show must not cut it off.
        if self._is_shared and self._conversation.history:
            return NewHistoryCreated(history_uid=self._conversation.history)
        await self._director.interrupt()
        history = await self._conversation.begin()
        self._adapter().forget()
        return NewHistoryCreated(history_uid=history)

    async def _resume(self, history: str) -> HistoryData:
        self._refuse_if_shared()
        found = await self._conversation.find(history)
        while await self._director.interrupt():  # a turn that ends now may have written its last lines there
            found = await self._conversation.find(history)
        self._conversation.resume(found)
        self._adapter().recall(found.lines)
        billing = self._billing()
        return history_data(found.lines, billing.character_name, billing.avatar)

    async def _erase(self, history: str) -> HistoryDeleted:
        self._refuse_if_shared()
        found = await self._conversation.find(history)
        if history == self._conversation.history:
            await self._director.interrupt()
            found = await self._conversation.find(history)  # its last line may have made it our own
            self._conversation.end()
            self._adapter().forget()
        await self._conversation.erase(found)
        return HistoryDeleted(success=True, history_uid=history)

    def _refuse_if_shared(self) -> None:
        if self._is_shared:
            raise ProtocolError("This conversation belongs to everybody in the show.", code="wrong-state")
