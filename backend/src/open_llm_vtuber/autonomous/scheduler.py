"""The scheduler: looks at each trigger when it is due, and lets her speak and move when she may.

It is one loop over a heap of due times, woken by what happens in between. What cannot be now waits or is left out, as
its trigger says; nothing piles up, and a trigger that breaks is switched off alone.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from open_llm_vtuber import course
from open_llm_vtuber.autonomous import changes, wants
from open_llm_vtuber.autonomous.content_generator import Content, ContentGenerator
from open_llm_vtuber.autonomous.gestures import act
from open_llm_vtuber.autonomous.journal import Journal
from open_llm_vtuber.autonomous.listening import made_due
from open_llm_vtuber.autonomous.moments import Now, wall_clock, zone
from open_llm_vtuber.autonomous.personality import Personality
from open_llm_vtuber.autonomous.python_trigger import carry_out
from open_llm_vtuber.autonomous.reports import described, mood_state, summarised
from open_llm_vtuber.autonomous.roster import Entry, Roster
from open_llm_vtuber.autonomous.senses import Senses
from open_llm_vtuber.autonomous.settings import MOST_TRIGGERS, AutonomousSettings, trigger_from, triggers_from
from open_llm_vtuber.autonomous.speaker import Speaker
from open_llm_vtuber.autonomous.timing import fired, is_too_late, obstacle
from open_llm_vtuber.autonomous.topics import Topics
from open_llm_vtuber.autonomous.triggers import ChatTrigger, Trigger, TriggerConfig, free_name
from open_llm_vtuber.autonomous.walk import Move, Walk
from open_llm_vtuber.autonomous.wants import Want
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.autonomous_parts import Autonomous, AutonomousSummary, MoodState, Outcome
from open_llm_vtuber.stimulus import ChatEvent, Stimulus
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

LONGEST_WAIT: Seconds = 60.0
"""So often it looks whether somebody has set the clock."""
CLOCK_WAS_SET: Seconds = 2.0
ASKED_FOR = "ai-speak-signal"
"""Under this name stands what a client asked for."""


class EventScheduler:
    """Makes one character speak and move of her own accord. Needs a running loop."""

    def __init__(
        self,
        settings: AutonomousSettings,
        *,
        wall: Callable[[], datetime] = wall_clock,
        seed: int | None = None,
        report: Callable[[str], None] = log.warning,
    ) -> None:
        self._wall = wall
        self._report = report
        self._is_enabled, self._was_enabled = settings.enabled, False
        self._floor: Floor | None = None
        draw = random.Random(seed).random  # noqa: S311  chance, not secrecy
        now, person = self._now(), settings.personality
        self._personality = Personality(person.traits, person.mood, now.loop, person.style)
        self._senses = Senses(self._personality, zone(settings.timezone), now)
        self._generator = ContentGenerator(
            self._personality,
            topics=Topics(person.topics, person.topic_rest_s),
            draw=draw,
            lines=settings.lines,
            propose_topics=person.propose_topics,
        )
        self._speaker = Speaker(
            self._generator, clock=self._now, objection=self._objection, facts=self._facts, told=self._told
        )
        self._journal = Journal()
        self._roster = Roster(draw)
        self._walk = Walk(settings.rundown, self._generator, person.topic_rest_s, self._speaker.want)
        self._woken = asyncio.Event()
        self._offset = self._clock_offset()
        self._configured = {trigger.name: trigger for trigger in settings.triggers}
        for trigger in settings.triggers:
            self._roster.put(trigger.name, trigger, now, self._senses.scene)

    @property
    def is_enabled(self) -> bool:
        """Whether triggers fire: switched on, or the backend mode is `autonomous`."""
        return self._is_enabled or (self._floor is not None and self._floor.mode == "autonomous")

    def add_trigger(self, trigger: Trigger) -> str:
        """Add a trigger that is written in Python and return the name that it goes by."""
        name = trigger.name or free_name("python", {entry.name for entry in self._roster})
        self._roster.put(name, trigger, self._now(), self._senses.scene)
        self._changed()
        return name

    def set_trigger(self, name: str, settings: Mapping[str, object] | None, *, enabled: bool | None) -> None:
        """Add or change a trigger, or switch it. Raises ProtocolError `not-found`, `bad-message` or `busy`."""
        now, scene = self._now(), self._senses.scene
        if settings is not None:
            if name not in self._roster and len(self._roster) >= MOST_TRIGGERS:
                raise ProtocolError("There are too many triggers already.", code="busy")
            self._roster.put(name, trigger_from(name, settings), now, scene)
        if enabled is not None:
            entry = self._found(name)
            if isinstance(entry.trigger, Trigger):
                entry.is_off, entry.fault = not enabled, ""
                self._roster.arm(entry, now, scene)
            else:
                self._roster.put(name, entry.trigger.model_copy(update={"enabled": enabled}), now, scene)
        self._changed()

    def remove_trigger(self, name: str) -> None:
        """Take a trigger off. Raises ProtocolError `not-found`."""
        self._found(name)
        self._roster.remove(name)
        self._speaker.forget(name)
        self._changed()

    def changes(self) -> str:
        """Return what was changed of the triggers, for `restore`; "" for nothing. Those in Python do not count."""
        present = (entry.trigger for entry in self._roster if not isinstance(entry.trigger, Trigger))
        return changes.written(self._configured, present)

    def restore(self, text: str) -> None:
        """Change the triggers as `changes` has it, and report what cannot be kept."""
        for name, trigger in changes.read(text, self._configured, self._report).items():
            if trigger:
                self._roster.put(name, trigger, self._now(), self._senses.scene)
            else:
                self._roster.remove(name)
        self._changed()

    def configure(self, triggers: Sequence[Mapping[str, object]]) -> None:
        """Take over the triggers of the configuration as it is now; one that is the same goes on undisturbed."""
        kept, before = self.changes(), self._configured
        self._configured = {trigger.name: trigger for trigger in triggers_from(triggers)}
        for name in before.keys() - self._configured.keys():
            self._roster.remove(name)
            self._speaker.forget(name)
        for name, trigger in self._configured.items():
            if trigger != before.get(name):
                self._roster.put(name, trigger, self._now(), self._senses.scene)
        self.restore(kept)

    def fire(self, name: str) -> None:
        """Let a trigger fire as soon as she is free, whatever its conditions. Raises ProtocolError `not-found`."""
        entry, now = self._found(name), self._now()
        if isinstance(entry.trigger, Trigger):
            self._roster.hurry(entry, now, self._senses.scene)
        else:
            self._carry_out(entry, entry.trigger, {}, now, is_forced=True)
        self._changed()

    def look(self) -> None:
        """Look again whether there is something to do."""
        self._woken.set()

    def speak_up(self, prompt: str, client: str) -> None:
        """Say something that this client asked for without saying what."""
        want = Want(name=ASKED_FOR, rank=wants.OPERATOR, since=self._now().loop, prompt=prompt, client=client)
        self._speaker.want(replace(want, is_forced=True))
        self._woken.set()

    def enable(self, *, on: bool) -> None:
        """Let triggers fire, or not."""
        self._is_enabled = on
        self._follow_the_switch()
        self._changed()

    def move_rundown(self, move: Move, minutes: float) -> None:
        """Go about in the run-down. Raises ProtocolError `wrong-state` without one, while none runs, or while off."""
        if self._walk.plan and not self.is_enabled:
            raise ProtocolError("Nothing happens unasked while it is switched off.", code="wrong-state")
        self._walk.move(move, minutes, self._now().loop)
        self._changed()

    def mood(self) -> MoodState:
        """Return how she feels."""
        return mood_state(self._personality.mood(self._now().loop))

    def summary(self) -> AutonomousSummary:
        """Return how it goes, in short."""
        return summarised(
            self._roster, self._walk.plan, self._journal.last, self._now(), is_enabled=self.is_enabled
        )

    def describe(self) -> Autonomous:
        """Return how it goes."""
        fires = self._journal.fires
        return described(
            self._roster, self._walk.plan, self._personality, fires, self._now(), is_enabled=self.is_enabled
        )

    def happened(self, event: ChatEvent) -> None:
        """Take notice of something on the channel."""
        now, viewers = self._now(), self._senses.viewers or 0
        self._senses.hear(event, now)
        if not self.is_enabled:
            return
        for entry, trigger, facts in made_due(event, self._roster, self._senses.scene, viewers, now):
            self._come_due(entry, trigger, now.loop, now, facts)
        self._woken.set()

    def turn_began(self, stimulus: Stimulus) -> None:
        """Take notice that she reacts to something."""
        self._senses.began()
        self._speaker.began(stimulus)

    def turn_ended(self, stimulus: Stimulus, heard: str, *, gave_way: bool = False) -> None:
        """Take notice of what the audience has heard of it."""
        self._senses.ended(stimulus, heard, self._now())
        self._speaker.ended(stimulus, heard, gave_way=gave_way)
        self._woken.set()

    async def run(self, floor: Floor) -> None:
        """Look at triggers until cancelled."""
        self._floor, self._was_enabled = floor, False
        async with asyncio.TaskGroup() as group:
            while True:
                self._look(floor, group)
                await self._until_woken()

    async def _until_woken(self) -> None:
        now = self._now().loop
        times = (self._roster.next_due(), self._walk.ends) if self.is_enabled else ()
        until = min((time for time in times if time is not None), default=now + LONGEST_WAIT)
        with suppress(TimeoutError):
            async with course.timeout_at(min(max(now, until), now + LONGEST_WAIT)):
                await self._woken.wait()
        self._woken.clear()

    def _follow_the_switch(self) -> None:
        """Begin anew where it was switched on, and take everything back where it was switched off."""
        if self.is_enabled is self._was_enabled:
            return
        self._was_enabled = self.is_enabled
        if self.is_enabled:
            self._roster.restart(self._now(), self._senses.scene)
            self._walk.begin(self._now().loop)
        else:
            self._speaker.forget_all()

    def _look(self, floor: Floor, group: asyncio.TaskGroup) -> None:
        self._follow_the_switch()  # the backend mode may be another one
        now, scene = self._now(), self._senses.scene
        scene.mode = floor.mode
        self._senses.refresh(now)
        if abs(self._clock_offset() - self._offset) > CLOCK_WAS_SET:
            self._offset = self._clock_offset()
            self._roster.arm_wall_times(now, scene)
        if self.is_enabled:
            self._walk.advance(now.loop)
            while found := self._roster.pop_due(now, scene):
                entry, due = found
                if isinstance(entry.trigger, Trigger):
                    self._start(entry, entry.trigger, floor, group)
                else:
                    self._come_due(entry, entry.trigger, due, now, {})
        self._speaker.look(floor, group)

    def _come_due(
        self, entry: Entry, trigger: TriggerConfig, due: Seconds, now: Now, facts: Mapping[str, str]
    ) -> None:
        """Carry a due trigger out or leave it out; either way what was due until now is dealt with."""
        late = is_too_late(trigger, entry.state, due, now, self._senses.scene)
        self._roster.settle(entry, now)
        reason = "too late" if late else self._obstacle(entry, trigger, now)
        if reason:
            entry.outcome = f"dropped: {reason}"
        else:
            self._carry_out(entry, trigger, facts, now)
        if entry.trigger is trigger:
            self._roster.arm(entry, now, self._senses.scene)

    def _carry_out(
        self,
        entry: Entry,
        trigger: TriggerConfig,
        facts: Mapping[str, str],
        now: Now,
        *,
        is_forced: bool = False,
    ) -> None:
        if isinstance(trigger, ChatTrigger) and (asked := self._senses.scene.pulse.question()):
            facts = {**facts, "message": asked[1]}
            if trigger.unanswered_s is not None:
                self._senses.scene.pulse.answered()
        if trigger.action.speaks:
            self._speaker.want(wants.of_trigger(trigger, facts, now.loop, is_forced=is_forced))
            return
        self._act(entry, trigger, facts, now)

    def _act(self, entry: Entry, trigger: TriggerConfig, facts: Mapping[str, str], now: Now) -> None:
        if self._floor is None:
            return
        try:
            outcome, what = act(
                trigger.action,
                self._floor,
                facts={**self._facts(), **facts},
                personality=self._personality,
                now=now.loop,
                chance=self._roster.draw(),
            )
        except ProtocolError as error:
            if error.code == "not-found":
                self._break(entry, str(error), now)
            self._done(entry, "failed", str(error))
            return
        self._done(entry, outcome, what)

    def _start(self, entry: Entry, trigger: Trigger, floor: Floor, group: asyncio.TaskGroup) -> None:
        now = self._now()
        self._roster.settle(entry, now)
        self._roster.arm(entry, now, self._senses.scene)
        if not entry.is_busy:
            entry.is_busy = True
            group.create_task(self._run_python(entry, trigger, floor), name=f"trigger {entry.name}")

    async def _run_python(self, entry: Entry, trigger: Trigger, floor: Floor) -> None:
        try:
            result = await carry_out(entry.name, trigger, floor)
        finally:
            entry.is_busy = False
        if result is None:
            return
        if result.fault:
            self._break(entry, result.fault, self._now())
        self._done(entry, result.outcome, result.reason)

    def _break(self, entry: Entry, fault: str, now: Now) -> None:
        self._roster.switch_off(entry, fault, now, self._senses.scene)
        self._report(f"The trigger {entry.name} is switched off: {fault}")

    def _objection(self, want: Want) -> str | None:
        entry = self._roster.get(want.name)
        if entry is None or isinstance(entry.trigger, Trigger):
            return None
        return self._obstacle(entry, entry.trigger, self._now())

    def _obstacle(self, entry: Entry, trigger: TriggerConfig, now: Now) -> str | None:
        segment = self._walk.segment
        if segment and segment.is_break and trigger.action.speaks:
            return "break"
        return obstacle(trigger, entry.state, now, self._senses.scene)

    def _told(
        self, want: Want, outcome: Outcome, reason: str, content: Content | None, stimulus: str
    ) -> None:
        now, entry = self._now(), self._roster.get(want.name)
        if entry:
            self._done(entry, outcome, reason, content, stimulus)
            return
        self._journal.note(now, want.name, outcome, reason=reason, content=content, stimulus=stimulus)
        self._changed()

    def _done(
        self,
        entry: Entry,
        outcome: Outcome,
        reason: str = "",
        content: Content | None = None,
        stimulus: str = "",
    ) -> None:
        now = self._now()
        entry.outcome, entry.last = f"{outcome}: {reason}" if reason else outcome, now.wall
        if outcome not in ("dropped", "failed", "quiet"):
            entry.fires += 1
            if not isinstance(entry.trigger, Trigger):
                entry.state = fired(entry.trigger, entry.state, now.loop)
        self._journal.note(now, entry.name, outcome, reason=reason, content=content, stimulus=stimulus)
        self._changed()

    def _found(self, name: str) -> Entry:
        entry = self._roster.get(name)
        if entry is None:
            raise ProtocolError("There is no such trigger.", code="not-found")
        return entry

    def _facts(self) -> Mapping[str, str]:
        segment = self._walk.segment
        character = self._floor.character if self._floor else ""
        return self._senses.facts(self._now(), character, segment.name if segment else None)

    def _changed(self) -> None:
        self._woken.set()
        if self._floor:
            self._floor.changed()

    def _now(self) -> Now:
        return Now(course.now(), self._wall())

    def _clock_offset(self) -> Seconds:
        now = self._now()
        return now.wall.timestamp() - now.loop
