"""Lets her say what is wanted: one line at a time, its words written beforehand, and never before a viewer's answer."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping

from open_llm_vtuber.autonomous.content_generator import Content, ContentGenerator, Occasion
from open_llm_vtuber.autonomous.moments import Now
from open_llm_vtuber.autonomous.wants import Want, Wants
from open_llm_vtuber.autonomy import Floor
from open_llm_vtuber.errors import ProtocolError
from open_llm_vtuber.protocol.autonomous_parts import Outcome
from open_llm_vtuber.stimulus import AUTONOMOUS, Stimulus

Told = Callable[[Want, Outcome, str, Content | None, str], None]
"""Want, outcome, reason, content, stimulus."""
MOST_IN_HAND = 8
"""Stimuli that were handed over and have not ended; there is hardly ever more than one."""


class Speaker:
    """Takes wants in and hands one after the other to the show.

    `objection` says why a want may not be said any more; `facts` are what its templates may be filled with; `told`
    hears what came of each want; `clock` gives the moment.
    """

    def __init__(
        self,
        generator: ContentGenerator,
        *,
        clock: Callable[[], Now],
        objection: Callable[[Want], str | None],
        facts: Callable[[], Mapping[str, str]],
        told: Told,
    ) -> None:
        self._generator = generator
        self._clock = clock
        self._objection = objection
        self._facts = facts
        self._told = told
        self._wants = Wants()
        self._writing: tuple[asyncio.Task[None], Want] | None = None
        self._own: OrderedDict[str, Want] = OrderedDict()

    def want(self, want: Want) -> None:
        """Take in something to say."""
        self._wants.put(want)

    def forget(self, name: str) -> None:
        """Take back what is wanted under that name."""
        if self._writing and self._writing[1].name == name:
            self.make_way()
        self._wants.drop(name)

    def forget_all(self) -> None:
        """Take everything back."""
        self.make_way()
        for want in self._wants:
            self._wants.drop(want.name)

    def look(self, floor: Floor, group: asyncio.TaskGroup) -> None:
        """Begin with the next want, if she is free."""
        for late in self._wants.drop_late(self._clock().loop):
            self._told(late, "dropped", "too late", late.content, "")
        if self._writing is None and floor.is_free and (want := self._wants.take()):
            task = group.create_task(self._speak(want, floor), name=f"words for {want.name}")
            self._writing = task, want

    def make_way(self) -> None:
        """Stop writing: somebody else is spoken with now."""
        if self._writing is None:
            return
        (task, want), self._writing = self._writing, None
        task.cancel()
        if want.name not in self._wants:  # a newer one of the same name is as good
            self._wants.put(want)

    def began(self, stimulus: Stimulus) -> None:
        """Take notice that she speaks: what was being written for later must wait."""
        if stimulus.id not in self._own:
            self.make_way()

    def ended(self, stimulus: Stimulus, heard: str, *, gave_way: bool) -> None:
        """Take notice that she has spoken, or gave way before her first word: then it comes again."""
        want = self._own.pop(stimulus.id, None)
        if want and gave_way and not heard and want.name not in self._wants:
            self._wants.put(want)
        self._generator.said(heard)

    async def _speak(self, want: Want, floor: Floor) -> None:
        if want.content is None:
            want.content = await self._content(want, floor)
        self._writing = None  # from here on nothing waits
        self._hand_over(want, want.content, floor)

    async def _content(self, want: Want, floor: Floor) -> Content:
        facts = {**self._facts(), **want.facts}
        if want.prompt is None:
            return self._generator.verbatim(want.lines, facts, self._clock().loop)
        occasion = Occasion(task=want.prompt, facts=facts)
        return await self._generator.generate_response(occasion, floor, self._clock().loop)

    def _hand_over(self, want: Want, content: Content, floor: Floor) -> None:
        if reason := None if want.is_forced else self._objection(want):
            self._told(want, "dropped", reason, content, "")
        elif not content.text:
            self._told(want, "quiet", content.reason, content, "")
        elif floor.is_free:
            self._say(want, content, floor)
        elif want.name not in self._wants:
            self._wants.put(want)

    def _say(self, want: Want, content: Content, floor: Floor) -> None:
        stimulus = Stimulus(
            text=content.text,
            source="unasked",
            author="",
            client=want.client,
            priority=AUTONOMOUS,
            verbatim=True,
        )
        self._own[stimulus.id] = want
        while len(self._own) > MOST_IN_HAND:
            self._own.popitem(last=False)
        try:
            floor.say(stimulus)
        except ProtocolError as error:
            del self._own[stimulus.id]
            self._told(want, "dropped", str(error), content, "")
            return
        self._told(want, "said", "", content, stimulus.id)
