"""Texts on demand: each is a task of the show that reports to whoever asked, and to nobody else."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from open_llm_vtuber import course
from open_llm_vtuber.errors import ProtocolError, VTuberError
from open_llm_vtuber.ports import Adapter
from open_llm_vtuber.protocol.codec import problem
from open_llm_vtuber.protocol.live_server_messages import TextGenerationChunk, TextGenerationResponse
from open_llm_vtuber.protocol.parts import GenerationMetadata
from open_llm_vtuber.protocol.server_messages import Error, ServerMessage
from open_llm_vtuber.show import commands
from open_llm_vtuber.show.audience import Audience
from open_llm_vtuber.show.sentences import TagFilter
from open_llm_vtuber.stimulus import Payer, Stimulus, TextReport
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

LONGEST_TEXT = 16_000
"""Characters after which a text is ended."""
LONGEST_GENERATION: Seconds = 120.0
MOST_OF_A_CLIENT = 8
MOST_IN_ALL = 64
CHARACTERS_A_TOKEN = 4
"""What a token comes to in English, as most providers say."""
REQUEST = "text-generation-request"

FinishReason = Literal["stop", "length", "cancelled"]


class Places:
    """How many texts may be written at once in all shows of this server."""

    def __init__(self, most: int = MOST_IN_ALL) -> None:
        self.most = most
        self.taken = 0

    def take(self) -> None:
        """Take a place. Raises ProtocolError `busy`."""
        if self.taken >= self.most:
            raise ProtocolError("Too many texts are being written; try again in a moment.", code="busy")
        self.taken += 1

    def leave(self) -> None:
        """Give it back."""
        self.taken -= 1


@dataclass(eq=False, slots=True)
class _Writing:
    """A text that is being written."""

    request: commands.GenerateText
    adapter: Adapter
    began: Seconds
    tags: TagFilter
    report: TextReport | None = None
    """What the engine says of it, once it has ended."""
    spoken: str = ""
    """The text with its tags, as it is performed."""
    text: str = ""
    task: asyncio.Task[None] | None = None

    def told(self, report: TextReport) -> None:
        self.report = report

    def response(self, finish_reason: FinishReason) -> TextGenerationResponse:
        passed = course.now() - self.began
        counted = self.report.answer_tokens if self.report else None
        return TextGenerationResponse(
            request_id=self.request.request_id,
            text=self.text,
            metadata=GenerationMetadata(
                model=self.report.model if self.report and self.report.model else self.adapter.model,
                tokens=-(-len(self.text) // CHARACTERS_A_TOKEN) if counted is None else counted,
                generation_ms=round(passed * 1000),
                finish_reason=finish_reason,
            ),
        )


class TextDesk:
    """Writes texts with whatever adapter the show has just then. Nothing of them is remembered or stored.

    `perform` has a text spoken, where that is asked for: that is a turn like every other.
    """

    def __init__(
        self,
        show: str,
        audience: Audience,
        adapter: Callable[[], Adapter],
        emotions: Callable[[], Collection[str]],
        perform: Callable[[Stimulus], None],
        places: Places | None = None,
    ) -> None:
        self._show_name = show
        self._audience = audience
        self._adapter = adapter
        self._emotions = emotions
        self._perform = perform
        self._places = places or Places()
        self._group: asyncio.TaskGroup | None = None
        self._writing: list[_Writing] = []

    def open(self, group: asyncio.TaskGroup) -> None:
        """Take orders from now on; `group` owns the work."""
        self._group = group

    def ask(self, command: commands.TextCommand) -> Sequence[ServerMessage]:
        """Begin or cancel a text. Raises ProtocolError."""
        match command:
            case commands.GenerateText():
                self._begin(command)
                return ()
            case commands.CancelText():
                return (self._cancel(command),)
            case _:
                assert_never(command)

    def forget(self, client: str) -> None:
        """Stop what was asked for by a client that has gone."""
        for writing in [each for each in self._writing if each.request.client == client]:
            self._stop(writing)

    def _begin(self, request: commands.GenerateText) -> None:
        if self._group is None:
            raise ProtocolError("The show has not begun.", code="wrong-state")
        own = [each.request for each in self._writing if _who(each.request) == _who(request)]
        if request.request_id is not None and any(
            (each.client, each.request_id) == (request.client, request.request_id) for each in own
        ):
            raise ProtocolError("A text is being written for that request_id already.", code="wrong-state")
        if len(own) >= MOST_OF_A_CLIENT:
            raise ProtocolError("Too many texts are being written for you; wait for one.", code="busy")
        self._places.take()
        began = course.now()
        writing = _Writing(request, self._adapter(), began, TagFilter(self._emotions()))
        self._writing.append(writing)
        writing.task = self._group.create_task(self._write(writing), name="a text on demand")
        writing.task.add_done_callback(lambda _: self._end(writing))

    def _end(self, writing: _Writing) -> None:
        self._places.leave()
        if writing in self._writing:
            self._writing.remove(writing)

    def _cancel(self, command: commands.CancelText) -> TextGenerationResponse:
        for writing in self._writing:
            request = writing.request
            if (request.client, request.request_id) == (command.client, command.request_id):
                self._stop(writing)
                return writing.response("cancelled")
        raise ProtocolError("No text is being written for that request_id.", code="not-found")

    def _stop(self, writing: _Writing) -> None:
        self._writing.remove(writing)  # at once: whatever still happens is no longer told
        if writing.task:
            writing.task.cancel()

    async def _write(self, writing: _Writing) -> None:
        try:
            async with course.timeout(LONGEST_GENERATION):
                reason = await self._pieces(writing)
            if writing.request.speak and writing.text.strip():
                self._perform(Stimulus(text=writing.spoken.strip(), source="typed", author="", verbatim=True))
            self._tell(writing, writing.response(reason))
        except TimeoutError:
            self._tell(writing, writing.response("length"))
        except VTuberError as error:
            log.warning("a text on demand: %s", error)
            self._tell(writing, problem(error, request_type=REQUEST, request_id=writing.request.request_id))
        except Exception:  # the boundary: a bug costs one text, not the show
            log.exception("a bug while writing a text on demand")
            self._tell(writing, _bug(writing.request))

    async def _pieces(self, writing: _Writing) -> FinishReason:
        request = writing.request
        wishes = replace(request.wishes, payer=Payer(show=self._show_name), report=writing.told)
        words = writing.adapter.generate_text(request.prompt, request.context, wishes)
        async with aclosing(words) as pieces:
            async for piece in pieces:
                writing.spoken += piece
                if not self._show(writing, writing.tags.feed(piece)):
                    return "length"
        is_whole = self._show(writing, writing.tags.finish())
        was_cut = writing.report is not None and writing.report.finish_reason == "length"
        return "stop" if is_whole and not was_cut else "length"

    def _show(self, writing: _Writing, text: str) -> bool:
        """Send the next piece; return whether there is room for more."""
        piece = text[: LONGEST_TEXT - len(writing.text)]
        writing.text += piece
        if piece:
            self._tell(writing, TextGenerationChunk(request_id=writing.request.request_id, text=piece))
        return len(piece) == len(text)

    def _tell(self, writing: _Writing, message: ServerMessage) -> None:
        outbox = self._audience.outbox(writing.request.client)
        if outbox and writing in self._writing:
            outbox.send(message)


def _who(request: commands.GenerateText) -> str:
    """Return who asks: a caller of REST has a client of its own for each text, whose uid begins with who it is."""
    return request.client.rpartition("/")[0] or request.client


def _bug(request: commands.GenerateText) -> Error:
    return Error(
        message="Something went wrong inside the server.",
        code="internal",
        request_type=REQUEST,
        request_id=request.request_id,
    )
