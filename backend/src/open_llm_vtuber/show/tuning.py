"""What a show does when the settings have changed on air. No turn is cut for it."""

from collections.abc import Callable, Sequence
from typing import assert_never

from open_llm_vtuber.chat.cue_sheets import CueSheets
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.autonomy_desk import AutonomyDesk
from open_llm_vtuber.show.channel import Channel
from open_llm_vtuber.show.director import Director
from open_llm_vtuber.show.edited_lists import EditedLists
from open_llm_vtuber.show.settings_commands import HearOfFault, TakeSettings, TuneCommand


class Tuning:
    """Hands new settings to the parts of the show: the rules of moderation at once, all else between turns."""

    def __init__(
        self,
        director: Director,
        channel: Channel,
        lists: EditedLists,
        unasked: AutonomyDesk,
        audience: Audience,
        reread: Callable[[], None],
        is_shared: bool,  # noqa: FBT001
    ) -> None:
        """`reread` lets the role take over what the configuration says of the character now."""
        self._director = director
        self._channel = channel
        self._lists = lists
        self._unasked = unasked
        self._audience = audience
        self._reread = reread
        self._is_shared = is_shared

    async def ask(self, command: TuneCommand) -> Sequence[ServerMessage]:
        """Take it over. Raises EngineError of the store."""
        match command:
            case TakeSettings():
                await self._lists.take_rules(command.chat.moderation)
                self._director.between(lambda: self._take(command))
            case HearOfFault():
                pass
            case _:
                assert_never(command)
        if self._is_shared:
            but_for = (command.client,) if isinstance(command, TakeSettings) else ()
            self._audience.publish(command.told, but_for=but_for)
        return ()

    def _take(self, command: TakeSettings) -> None:
        self._reread()
        self._channel.tune(command.chat, CueSheets(command.sheets))
        if command.triggers is not None:
            self._unasked.configure(command.triggers)
