"""Two slow arbiters that are obviously right: they keep every claim for ever and look through all of them each time.

They share no code with the real ones. Time is counted in whole ticks.
"""

from dataclasses import dataclass

Event = tuple[str, str]
"""The id of a claim that has ended, and why."""


@dataclass
class Face:
    id: str
    owner: str
    priority: int
    asked: int
    ends: float
    gone: bool = False


class SlowFaces:
    """The face, by looking through everything that was ever claimed."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.all: list[Face] = []

    def alive(self) -> list[Face]:
        return [face for face in self.all if not face.gone]

    def pass_time(self, now: int) -> list[Event]:
        events = []
        for face in self.alive():
            if now >= face.ends:
                face.gone = True
                events.append((face.id, "expired"))
        return events

    def claim(self, id_: str, owner: str, priority: int, ends: float, now: int) -> tuple[bool, list[Event]]:
        events = self.pass_time(now)
        asked = Face(id_, owner, priority, len(self.all), ends)
        for face in self.alive():
            if face.owner == owner:
                face.gone = True
                events.append((face.id, "replaced"))
        if len(self.alive()) == self.most:
            lowest = min(face.priority for face in self.alive())
            if priority < lowest:
                return False, events
            oldest = next(face for face in self.alive() if face.priority == lowest)
            oldest.gone = True
            events.append((oldest.id, "dropped"))
        self.all.append(asked)
        return True, events

    def release(self, now: int, *, claim_id: str | None = None, owner: str | None = None) -> list[Event]:
        events = self.pass_time(now)
        for face in self.alive():
            if face.id == claim_id or face.owner == owner:
                face.gone = True
                events.append((face.id, "released"))
        return events

    def winner(self) -> str | None:
        best = None
        for face in self.alive():
            if best is None or face.priority >= best.priority:  # later ones come later in the list
                best = face
        return best.id if best else None


@dataclass
class Gesture:
    id: str
    owner: str
    priority: int
    length: int
    loop: bool
    asked: int
    played: int = 0
    gone: bool = False
    has_begun: bool = False


class SlowGestures:
    """The gestures, tick by tick."""

    def __init__(self, most: int, patience: int) -> None:
        self.most = most
        self.patience = patience
        self.now = 0
        self.all: list[Gesture] = []
        self.current: Gesture | None = None

    def alive(self) -> list[Gesture]:
        return [gesture for gesture in self.all if not gesture.gone]

    def pass_time(self, now: int) -> list[Event]:
        events = []
        while self.now < now:
            self.now += 1
            events += self._tick()
        return events

    def _tick(self) -> list[Event]:
        events = []
        for gesture in self.alive():
            if not gesture.has_begun and not gesture.loop and self.now >= gesture.asked + self.patience:
                gesture.gone = True
                events.append((gesture.id, "dropped"))
        if self.current:
            self.current.played += 1
            if not self.current.loop and self.current.played == self.current.length:
                self.current.gone = True
                events.append((self.current.id, "expired"))
        self._choose()
        return events

    def _choose(self) -> None:
        """Whoever plays goes on unless somebody is more urgent; otherwise the most urgent, of equals the first."""
        if self.current and self.current.gone:
            self.current = None
        for gesture in self.alive():
            if self.current is None or gesture.priority > self.current.priority:
                self.current = gesture
        if self.current:
            self.current.has_begun = True

    def claim(
        self, id_: str, owner: str, priority: int, length: int, loop: bool, now: int
    ) -> tuple[bool, list[Event]]:
        events = self.pass_time(now)
        asked = Gesture(id_, owner, priority, length, loop, now)
        before = self.current
        self.all.append(asked)
        self._choose()
        if before and self.current is not before and not before.loop:
            before.gone = True
            events.append((before.id, "dropped"))
        if len(self.alive()) <= self.most:
            return True, events
        lowest = min(gesture.priority for gesture in self.alive() if gesture is not self.current)
        last = [g for g in self.alive() if g is not self.current and g.priority == lowest][-1]
        last.gone = True
        if last is asked:
            self.all.remove(asked)
            return False, events
        return True, [*events, (last.id, "dropped")]

    def release(self, now: int, *, claim_id: str | None = None, owner: str | None = None) -> list[Event]:
        events = self.pass_time(now)
        for gesture in self.alive():
            if gesture.id == claim_id or gesture.owner == owner:
                gesture.gone = True
                events.append((gesture.id, "released"))
        self._choose()
        return events

    def winner(self) -> str | None:
        return self.current.id if self.current else None
