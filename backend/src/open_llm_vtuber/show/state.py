"""What a show tells of itself, gathered from its parts."""

from collections.abc import Mapping
from dataclasses import asdict

from open_llm_vtuber.modes import Mode
from open_llm_vtuber.ports import Books
from open_llm_vtuber.protocol.parts import CharacterNames, Provider, State, TwitchState
from open_llm_vtuber.show.autonomy_desk import AutonomyDesk
from open_llm_vtuber.show.body import Body
from open_llm_vtuber.show.co_host import CoHost
from open_llm_vtuber.show.operator import Operator
from open_llm_vtuber.show.role import Billing
from open_llm_vtuber.stimulus import EngineStatus


def state_of(  # noqa: PLR0913  its parts, each by name
    billing: Billing,
    *,
    body: Body,
    operator: Operator,
    unasked: AutonomyDesk,
    co_host: CoHost | None,
    books: Books | None,
    twitch: TwitchState | None,
    mode: Mode,
    providers: Mapping[str, EngineStatus],
    primary: str | None,
) -> State:
    """Return everything that an operator or a page wants to know of a show."""
    return State(
        expression=body.expression,
        motion=body.motion,
        abilities=body.abilities,
        speaking=operator.is_speaking,
        mode=mode,
        queue=operator.how_many_wait,
        waiting=operator.waiting,
        reacting_to=operator.under_way,
        timings=operator.timings,
        held=operator.held,
        is_stopped=operator.is_stopped,
        is_chat_paused=operator.is_chat_paused,
        primary=primary,
        spend=books.shown() if books else None,
        twitch=twitch,
        providers={job: Provider(**asdict(status)) for job, status in providers.items()},
        mood=unasked.mood,
        autonomous=unasked.summary,
        co_host=co_host.state if co_host else None,
        character=CharacterNames(
            conf_name=billing.conf_name,
            character_name=billing.character_name,
            human_name=billing.human_name,
        ),
    )
