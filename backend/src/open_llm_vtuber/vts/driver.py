"""What to ask of VTube Studio so that it shows what the show wants, and within its limits. Pure.

It compares what is wanted with what VTube Studio has and asks for the difference: whatever got lost on the way
(a restart, another model, an expression that somebody switched by hand) is put right by the next comparison.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import inf

from open_llm_vtuber.text_rules import bounded, one_line
from open_llm_vtuber.units import Seconds
from open_llm_vtuber.vts.api import (
    EXPRESSION_UNKNOWN,
    EXPRESSION_WITHOUT_MODEL,
    HOTKEY_QUEUE_FULL,
    HOTKEY_TOO_SOON,
    HOTKEY_UNKNOWN,
    HOTKEY_WITHOUT_MODEL,
    PARAMETER_TAKEN,
    PARAMETER_UNKNOWN,
    Answer,
    Expressions,
    ExpressionsData,
    Hotkey,
    Hotkeys,
    ListExpressions,
    ListHotkeys,
    MoveMouth,
    PressHotkey,
    Refusal,
    Request,
    SwitchExpression,
)
from open_llm_vtuber.vts.login import in_words
from open_llm_vtuber.vts.matching import Matching
from open_llm_vtuber.vts.puppet import USUAL_FADE, Gesture, Puppet


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often what is asked."""

    look_every: Seconds = 5.0
    """For the model's expressions and hotkeys. Also notices that VTube Studio has fallen silent."""
    look_soon: Seconds = 0.5
    """Before the next look when something was not there."""
    face_gap: Seconds = 0.1
    """Between two changes of the face; of those in between only the last one counts."""
    mouth_every: Seconds = 1 / 30
    mouth_at_least: Seconds = 0.4
    """A parameter is lost when it is not sent for a second."""
    mouth_rests: Seconds = 5.0
    """After VTube Studio said that another plugin has it."""
    hotkey_gap: Seconds = 0.25
    """VTube Studio takes one from its queue every five frames; at 30 frames a second this is slower, so none waits."""
    hotkey_again: Seconds = 0.5
    """Before the next try when it was busy all the same."""
    hotkey_tries: int = 3
    gesture_stale: Seconds = 2.0
    """A gesture that could not be made by then is not made any more."""
    trust_look_after: Seconds = 1.0
    """A list sooner after a switch may not show it yet."""
    most_unanswered: int = 16
    most_unanswered_mouth: int = 4
    """So that a slow VTube Studio still has room for the rest."""


PACE = Pace()
IDLE = "idle"
"""The group of motions that play when nothing else does."""
WITHOUT_MODEL = (HOTKEY_WITHOUT_MODEL, EXPRESSION_WITHOUT_MODEL)


class Driver:
    """One connection's work. `ours` are the files that we ever turned on, in lower case: no other is turned off."""

    def __init__(
        self, puppet: Puppet, matching: Matching, parameter: str, ours: set[str], pace: Pace = PACE
    ) -> None:
        self._puppet = puppet
        self._matching = matching
        self._parameter = parameter
        self._ours = ours
        self._pace = pace
        self._model_id: str | None = None
        """None: no model is loaded, or we do not know yet."""
        self._model = ""
        self._files: tuple[str, ...] = ()
        self._hotkeys: tuple[Hotkey, ...] | None = None
        self._was_checked = False
        self._missed: set[str] = set()
        """Faces that were said to be missing in this model."""
        self._on: set[str] = set()
        self._looked_at = self._switched_at = self._pressed_at = -inf
        self._pressed: Gesture | None = None
        """The gesture that was dealt with last."""
        self._press_at: Seconds = 0.0
        self._tries = 0
        self._mouth: float | None = None
        self._mouth_at = -inf
        self._mouth_from: Seconds = 0.0
        self._notes: list[str] = []

    def farewell(self) -> list[Request]:
        """Return what to ask for so that nothing of ours stays on."""
        return [SwitchExpression(file, on=False, fade=USUAL_FADE) for file in sorted(self._on)]

    def notes(self) -> list[str]:
        """Return what the operator should know since the last time."""
        notes, self._notes = self._notes, []
        return notes

    def due(self, now: Seconds, unanswered: Collection[Request]) -> list[Request]:
        """Return what to ask for now."""
        if len(unanswered) >= self._pace.most_unanswered:
            return []  # it is slow: what is wanted by then is asked for later
        return [
            *self._look(now),
            *self._face(now),
            *self._gesture(now, unanswered),
            *self._move_mouth(now, unanswered),
        ]

    def wake_at(self, now: Seconds) -> Seconds:
        """Return when something may be due although nothing happens."""
        times = [self._looked_at + self._pace.look_every, self._switched_at + self._pace.face_gap]
        if self._puppet.gesture and self._hotkeys is not None:
            times.append(max(self._press_at, self._pressed_at + self._pace.hotkey_gap))
        if self._puppet.mouth(now) is not None:
            times.append(max(now + self._pace.mouth_every, self._mouth_from))
        # What is due already and was not asked for waits for an answer, which comes or ends the connection.
        return min((time for time in times if time > now), default=now + self._pace.look_every)

    def heard(self, request: Request, answer: Answer, now: Seconds) -> None:
        """Take an answer in."""
        match answer:
            case Expressions():
                self._see(answer.data)
            case Hotkeys() if answer.data.model_id == self._model_id:  # else the model is just changing
                self._hotkeys = answer.data.hotkeys
                self._check()
            case Refusal():
                self._refused(request, answer, now)
            case _:
                pass

    def _look(self, now: Seconds) -> Iterator[Request]:
        if now >= self._looked_at + self._pace.look_every:
            self._looked_at = now
            yield ListExpressions()
            yield ListHotkeys()

    def _see(self, data: ExpressionsData) -> None:
        if not data.is_loaded:
            self._forget_model()
            return
        active = {each.file for each in data.expressions if each.active}
        if data.model_id != self._model_id:
            self._forget_model()
            self._model_id, self._model = data.model_id, bounded(one_line(data.model), 60)
            ours = self._ours | self._matching.configured_files
            self._on = {file for file in active if file.lower() in ours}
        elif self._looked_at >= self._switched_at + self._pace.trust_look_after:
            self._on &= active
        self._files = tuple(each.file for each in data.expressions)

    def _forget_model(self) -> None:
        self._model_id, self._files, self._hotkeys, self._was_checked = None, (), None, False
        self._on, self._missed = set(), set()

    def _check(self) -> None:
        """Say in one line what a new model does not have."""
        if self._model_id is None or self._hotkeys is None or self._was_checked:
            return
        self._was_checked = True
        missing = list(self._matching.faults(self._files, self._hotkeys))
        for names in self._puppet.emotions:
            if not self._matching.is_configured(names) and not self._matching.file(names, self._files):
                missing.append(f"expression {names[-1]}")
                self._missed.add(names[-1])
        if missing:
            self._miss(", ".join(missing))

    def _miss_face(self, names: tuple[str, ...]) -> None:
        is_said = not names or names[-1] in self._missed or self._matching.is_configured(names)
        if not is_said:
            self._missed.add(names[-1])
            self._miss(f"expression {names[-1]}")

    def _miss(self, what: str) -> None:
        self._notes.append(f"VTube Studio's model {self._model} lacks: {bounded(one_line(what), 400)}.")

    def _face(self, now: Seconds) -> Iterator[Request]:
        if self._model_id is None or now < self._switched_at + self._pace.face_gap:
            return
        look = self._puppet.look
        wanted = self._matching.file(look.names, self._files)
        if wanted is None and not look.is_at_rest:
            self._miss_face(look.names)
        for file in sorted(self._on - {wanted}):
            self._switched_at = now
            yield SwitchExpression(file, on=False, fade=look.fade)
        self._on &= {wanted} if wanted else set()
        if wanted and wanted not in self._on:
            self._on = {wanted}
            self._ours.add(wanted.lower())
            self._switched_at = now
            yield SwitchExpression(wanted, on=True, fade=look.fade)

    def _gesture(self, now: Seconds, unanswered: Collection[Request]) -> Iterator[Request]:
        gesture = self._puppet.gesture
        if gesture is None or self._hotkeys is None:
            return
        if self._pressed is None or self._pressed.number != gesture.number:
            self._pressed, self._press_at, self._tries = gesture, now, 0
        is_late = gesture.repeats_after is None and now > gesture.since + self._pace.gesture_stale
        is_early = now < max(self._press_at, self._pressed_at + self._pace.hotkey_gap)
        if is_late or is_early or any(isinstance(each, PressHotkey) for each in unanswered):
            return
        hotkey = self._matching.hotkey(gesture, self._hotkeys)
        if hotkey is None:
            self._press_at = inf
            if gesture.group.lower() != IDLE:  # it has idle motions of its own
                self._miss(f"hotkey {gesture.name}")
            return
        self._pressed_at, self._press_at = now, now + (gesture.repeats_after or inf)
        self._tries += 1
        yield PressHotkey(hotkey.hotkey_id)

    def _move_mouth(self, now: Seconds, unanswered: Collection[Request]) -> Iterator[Request]:
        opening = self._puppet.mouth(now)
        if opening is None:
            self._mouth = None
            return
        if sum(isinstance(each, MoveMouth) for each in unanswered) >= self._pace.most_unanswered_mouth:
            return
        opening = round(opening, 3)
        since = now - self._mouth_at
        is_due = since >= self._pace.mouth_at_least or (
            opening != self._mouth and since >= self._pace.mouth_every - 0.001
        )
        if is_due and now >= self._mouth_from:
            self._mouth, self._mouth_at = opening, now
            yield MoveMouth(self._parameter, opening)

    def _refused(self, request: Request, refusal: Refusal, now: Seconds) -> None:
        match request, refusal.data.number:
            case PressHotkey(), n if n in (HOTKEY_QUEUE_FULL, HOTKEY_TOO_SOON):
                if self._tries < self._pace.hotkey_tries:
                    self._press_at = min(self._press_at, now + self._pace.hotkey_again)
            case PressHotkey(), n if n == HOTKEY_UNKNOWN:
                self._look_soon(now)
            case (PressHotkey(), n) | (SwitchExpression(), n) if n in WITHOUT_MODEL:
                self._forget_model()
                self._look_soon(now)
            case SwitchExpression(file), n if n == EXPRESSION_UNKNOWN:
                self._files = tuple(each for each in self._files if each != file)
                self._on.discard(file)
                self._notes.append(in_words(refusal))
            case MoveMouth(), n if n == PARAMETER_UNKNOWN:
                self._mouth_from = inf
                self._notes.append(
                    f"VTube Studio has no parameter {self._parameter} (live_config.vtube_studio.mouth_parameter):"
                    " the mouth does not move."
                )
            case MoveMouth(), n if n == PARAMETER_TAKEN:
                self._mouth_from = now + self._pace.mouth_rests
                self._notes.append(
                    f"Another plugin of VTube Studio moves {self._parameter}: the mouth is tried again until it is free."
                )
            case _:
                self._notes.append(in_words(refusal))

    def _look_soon(self, now: Seconds) -> None:
        self._looked_at = min(self._looked_at, now + self._pace.look_soon - self._pace.look_every)
