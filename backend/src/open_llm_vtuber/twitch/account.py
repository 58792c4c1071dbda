"""Everything that a channel is read with as an account: tokens, API, EventSub, sending, and the stream's facts."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from types import TracebackType
from typing import Self

from open_llm_vtuber.config import TwitchEndpoints
from open_llm_vtuber.errors import EngineError
from open_llm_vtuber.twitch.eventsub_socket import EventSubReader
from open_llm_vtuber.twitch.facts import channel_change, stream_change
from open_llm_vtuber.twitch.fields import identifier, parts
from open_llm_vtuber.twitch.helix import Helix
from open_llm_vtuber.twitch.inbox import Inbox
from open_llm_vtuber.twitch.login_file import Login
from open_llm_vtuber.twitch.scopes import READ_CHAT, READ_CHAT_OVER_IRC, SEND_CHAT, wanted
from open_llm_vtuber.twitch.sending import ChatSender
from open_llm_vtuber.twitch.session import Limits, Report
from open_llm_vtuber.twitch.subscriptions import Standing, Subscriptions
from open_llm_vtuber.twitch.tokens import AuthLost, Grant, LoginStore, Tokens
from open_llm_vtuber.twitch.twitch_router import TwitchMessageRouter
from open_llm_vtuber.twitch.web import ENGINE, Web
from open_llm_vtuber.units import Seconds

FACTS_EVERY_S: Seconds = 60.0

log = logging.getLogger(__name__)


class TokenRefused(EngineError):
    """The token is good, but not for this."""

    def __init__(self, why: str) -> None:
        super().__init__(why, engine=ENGINE, retryable=False)


class Account:
    """One account in one channel, while it is entered."""

    def __init__(
        self,
        web: Web,
        endpoints: TwitchEndpoints,
        login: Login,
        store: LoginStore | None = None,
        client_id: str = "",
    ) -> None:
        self._endpoints = endpoints
        self.tokens = Tokens(web, endpoints.id, login, store, client_id)
        self.helix = Helix(web, endpoints.helix, self.tokens)
        self.sender: ChatSender | None = None
        """None before reading begins, and where the token does not allow to write."""
        self.standings: Sequence[Standing] = ()
        self._grant: Grant | None = None
        self._broadcaster_id = ""

    async def __aenter__(self) -> Self:
        await self.tokens.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self.tokens.__aexit__(kind, error, trace)

    @property
    def access_token(self) -> str:
        """What requests are made with."""
        return self.tokens.access_token

    async def validate(self, channel: str) -> Grant:
        """Find out what the token allows, and who the channel is. Raises AuthLost, TokenRefused, EngineError."""
        grant = self._grant = await self.tokens.validate()
        if not {READ_CHAT, READ_CHAT_OVER_IRC} & grant.scopes:
            raise TokenRefused(
                f"The token may not read chat: it has neither the scope {READ_CHAT} nor {READ_CHAT_OVER_IRC}."
            )
        if not self.reads_over_irc_alone(grant):
            self._broadcaster_id = await self._id_of(channel)
        return grant

    @staticmethod
    def reads_over_irc_alone(grant: Grant) -> bool:
        """Whether the token is one of those that allow nothing but IRC."""
        return READ_CHAT not in grant.scopes

    async def read(
        self,
        router: TwitchMessageRouter,
        inbox: Inbox,
        report: Report,
        *,
        counts: list[Counter[str]],
        limits: Limits,
        rng: Random,
        clock: Callable[[], Seconds] = time.monotonic,
    ) -> None:
        """Read over EventSub for ever. Raises AuthLost, in a group. Call `validate` before."""
        if self._grant is None:
            raise TokenRefused("The token was not validated.")
        grant, room = self._grant, self._broadcaster_id
        subscriptions = Subscriptions(wanted(room, grant.user_id), grant.scopes, rng)
        reader = EventSubReader(
            self.helix,
            subscriptions,
            router,
            inbox,
            report,
            endpoint=self._endpoints.eventsub,
            limits=limits,
            rng=rng,
            clock=clock,
        )
        counts.append(reader.counts)
        self.standings = subscriptions.standings
        if SEND_CHAT in grant.scopes:
            self.sender = ChatSender(self.helix, room, grant.user_id, clock)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.tokens.keep_valid())
            tasks.create_task(self._watch_stream(router, inbox))
            await reader.run()

    async def _id_of(self, channel: str) -> str:
        answer = await self.helix.call("GET", "users", params=[("login", channel)])
        found = next((identifier(each, "id") for each in parts(answer, "data")), "")
        if not found:
            raise TokenRefused(f'Channel "{channel}" was not found.')
        return found

    async def _watch_stream(self, router: TwitchMessageRouter, inbox: Inbox) -> None:
        """Ask for the stream's facts, every minute."""
        while True:
            try:
                change = stream_change(
                    await self.helix.call("GET", "streams", params=[("user_id", self._broadcaster_id)])
                )
                changes = [change]
                if not change.is_live:
                    params = [("broadcaster_id", self._broadcaster_id)]
                    changes.append(channel_change(await self.helix.call("GET", "channels", params=params)))
                for each in changes:
                    for event in router.learned(each):
                        inbox.put(event)
            except AuthLost:
                raise
            except EngineError as error:
                log.info("The facts of the stream are not known: %s", error)
            await asyncio.sleep(FACTS_EVERY_S)
