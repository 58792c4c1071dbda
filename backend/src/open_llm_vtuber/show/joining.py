"""What a client is told when it joins, and whenever it asks who is on air."""

from collections.abc import Callable, Sequence
from typing import assert_never

from open_llm_vtuber.protocol.live_server_messages import (
    CharacterState,
    ClientWelcome,
    Snapshot,
    SpeechUnderWay,
)
from open_llm_vtuber.protocol.server_messages import (
    Control,
    FullText,
    GroupUpdate,
    ServerMessage,
    SetModelAndConf,
)
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.role import Billing


class Joining:
    """Answers clients that join a show. `snapshot` returns it as of a cue's number, `under_way` what she is saying."""

    def __init__(
        self,
        show: str,
        audience: Audience,
        *,
        billing: Callable[[], Billing],
        snapshot: Callable[[int], Snapshot],
        under_way: Callable[[], SpeechUnderWay | None],
        can_hear: bool,
    ) -> None:
        self._show = show
        self._audience = audience
        self._billing = billing
        self._snapshot = snapshot
        self._under_way = under_way
        self._can_hear = can_hear

    def ask(self, command: commands.AudienceCommand) -> Sequence[ServerMessage]:
        """Return the answers."""
        match command:
            case commands.Greet():
                return self._greeting(command.client)
            case commands.Hello():
                return self._welcome(command)
            case commands.TakeSnapshot():
                return (self._seen_by(command.client),)
            case commands.Describe():
                return (self.description(command.client),)
            case commands.GetState():
                return (CharacterState(**dict(self._snapshot(0).state)),)
            case _:
                assert_never(command)

    def description(self, client: str) -> SetModelAndConf:
        """Return who is on air, for that client."""
        billing = self._billing()
        return SetModelAndConf(
            model_info=dict(billing.model.info),
            conf_name=billing.conf_name,
            conf_uid=billing.conf_uid,
            client_uid=client,
        )

    def _greeting(self, client: str) -> Sequence[ServerMessage]:
        return (
            GroupUpdate(),
            FullText(text="Connection established"),
            self.description(client),
            GroupUpdate(),
            *((Control(text="start-mic"),) if self._can_hear else ()),
        )

    def _welcome(self, hello: commands.Hello) -> Sequence[ServerMessage]:
        if outbox := self._audience.outbox(hello.client):
            outbox.capabilities = frozenset(hello.capabilities)
            outbox.is_stage = hello.role == "stage"
        answer = ClientWelcome(show=self._show, client_uid=hello.client, role=hello.role)
        welcome = (answer, self._seen_by(hello.client))
        speech = self._under_way() if "expression" in hello.capabilities else None
        return (*welcome, speech) if speech else welcome

    def _seen_by(self, client: str) -> Snapshot:
        outbox = self._audience.outbox(client)
        return self._snapshot(outbox.seq if outbox else 0)
