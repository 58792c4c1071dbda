"""Carries out a trigger that is written in Python: somebody else's code, which costs its own trigger only."""

import logging
from dataclasses import dataclass

from open_llm_vtuber import course
from open_llm_vtuber.autonomous.triggers import Trigger
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.errors import EngineError, ProtocolError
from open_llm_vtuber.protocol.autonomous_parts import Outcome
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

LIMIT: Seconds = 30.0
"""How long a trigger may take."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it."""

    outcome: Outcome
    reason: str = ""
    fault: str = ""
    """Why it is to be switched off; no text of the exception, which may hold anything."""


async def carry_out(name: str, trigger: Trigger, floor: Floor) -> Result | None:
    """Ask it whether it is time, and let it do what it does; return None where it was not time."""
    try:
        async with course.timeout(LIMIT):
            if not await trigger.should_trigger():
                return None
            await trigger.execute(floor)
    except EngineError as error:  # the provider's fault, not the trigger's
        return Result("failed", str(error))
    except ProtocolError as error:
        # A face that the avatar lacks stays lacking; a busy show does not stay busy.
        return Result("failed", str(error), str(error) if error.code == "not-found" else "")
    except Exception as error:  # the boundary
        log.exception("the trigger %s failed", name)
        fault = f"It raised {type(error).__name__}."
        return Result("failed", fault, fault)
    return Result("ran")
