"""Actions that need no words: a face, a gesture, a cue sheet."""

from collections.abc import Mapping

from open_llm_vtuber.autonomous.personality import Personality
from open_llm_vtuber.autonomous.templates import filled
from open_llm_vtuber.autonomous.triggers import Action
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.protocol.autonomous_parts import Outcome
from open_llm_vtuber.stimulus import UNASKED, ExpressionRequest, MotionRequest
from open_llm_vtuber.units import Seconds

OWNER = "autonomous"


def act(
    action: Action,
    floor: Floor,
    *,
    facts: Mapping[str, str],
    personality: Personality,
    now: Seconds,
    chance: float,
) -> tuple[Outcome, str]:
    """Carry an action out; return what came of it, and of which kind it was or why it was nothing.

    Raises ProtocolError for a face, a gesture or a cue sheet that there is not.
    """
    if action.cue_sheet is not None:
        floor.play(action.cue_sheet, facts)
        return "played", action.cue_sheet
    if floor.body is None:
        return "dropped", "no body"
    if action.motion is not None:
        wanted = personality.gesture(floor.motions, now, chance) if action.motion == "any" else action.motion
        if wanted is None:
            return "dropped", "no motions"
        group, index = wanted
        result = floor.body.move(MotionRequest(group=group, index=index, owner=OWNER, priority=UNASKED))
        return (
            ("dropped", result.reason or "rejected")
            if result.status == "rejected"
            else ("moved", f"{group} {index}")
        )
    return _show(action, floor, filled(str(action.expression), facts))


def _show(action: Action, floor: Floor, wanted: str) -> tuple[Outcome, str]:
    index = floor.faces.get(wanted.casefold())
    if index is None and "{mood}" in str(action.expression):
        return "dropped", f"no face for {wanted}"
    face: int | str = wanted if index is None else index
    if isinstance(action.expression, int):
        face = action.expression
    if floor.body is None:
        return "dropped", "no body"
    request = ExpressionRequest(expression=face, owner=OWNER, priority=UNASKED, duration=action.duration)
    result = floor.body.express(request)
    return ("dropped", result.reason or "rejected") if result.status == "rejected" else ("shown", result.name)
