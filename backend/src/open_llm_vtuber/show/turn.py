"""One turn, in order: text → sentences → guard → voice → face → cues. Cancelling it is interrupting."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

from open_llm_vtuber import course
from open_llm_vtuber.chat.decisions import Decision, skipped
from open_llm_vtuber.errors import EngineError, VTuberError
from open_llm_vtuber.protocol.codec import harmless
from open_llm_vtuber.protocol.live_server_messages import SentenceRefused, SpeechRetracted
from open_llm_vtuber.protocol.parts import DisplayText
from open_llm_vtuber.protocol.server_messages import (
    BackendSynthComplete,
    Control,
    Error,
    ForceNewMessage,
    FullText,
    InterruptSignalCue,
    ServerMessage,
    UserInputTranscription,
)
from open_llm_vtuber.reply import ReplyPiece, SpokenSentence
from open_llm_vtuber.show import noted
from open_llm_vtuber.show.aired import Aired
from open_llm_vtuber.show.cast import Cast
from open_llm_vtuber.show.emotions import face_of
from open_llm_vtuber.show.sentences import Sentence, SentenceSplitter, as_spoken
from open_llm_vtuber.show.speech import Speech, speech
from open_llm_vtuber.show.stopwatch import Stopwatch
from open_llm_vtuber.show.tool_lines import ToolLines
from open_llm_vtuber.show.voiced import Voiced
from open_llm_vtuber.stimulus import HistoryLine, Stimulus, TurnId, TurnTimings
from open_llm_vtuber.tool_use import ToolUse
from open_llm_vtuber.units import Seconds

log = logging.getLogger(__name__)

WAITING_SENTENCES = 1
"""Sentences that wait for the voice. The writer holds one more, so the text is at most two ahead."""
LONGEST_REPLY = 2_000
"""Characters after which a reply is ended, whatever the model still wants to say."""
HELD_SENTENCES = 4
"""Sentences with their sound that wait for the air, where an operator wants to hold them."""
PLAYBACK_GRACE: Seconds = 2.0
"""How much longer than its audio a turn may take when a client is to report the end and does not."""


class Turn:
    """The reaction to one stimulus, from chain start to chain end."""

    def __init__(self, stimulus: Stimulus, cast: Cast) -> None:
        self.id = TurnId(stimulus.id)
        self.stimulus = stimulus
        self._cast = cast
        self.aired = Aired(self.id)
        self._playback = self.aired.playback
        self._tools = ToolLines(cast.character_name, self._publish)
        self._sentences_sent = 0
        self._was_interrupted = False
        self._making: list[asyncio.Task[Exception | None]] = []
        self._given = stimulus
        self._is_known = stimulus.is_known
        self.is_put_off = False
        """It was cut before anything was heard of it, and begins anew later, as if nothing had been."""
        self.is_over = False
        """From here on there is nothing left to interrupt."""
        self._reported: str | None = None
        self.retracted: str | None = None
        self._admitted = ""
        self._was_refused = False
        self._voice_failed = False
        self._stopwatch = Stopwatch()

    async def perform(self) -> None:
        """Do it all. On every path the lines are kept and the chain is ended."""
        self._open()
        try:
            if await self._understood():
                await self._reply()
                await self._until_played()
            if self.aired.yields:
                self._cut()
        except asyncio.CancelledError:
            self._cut()
            if self.retracted is not None:
                self._publish(SpeechRetracted(turn_id=self.id, reason=self.retracted))
            raise
        finally:
            await self._close()

    @property
    def timings(self) -> TurnTimings:
        """How long everything took so far."""
        return self._stopwatch.timings

    def heard_by_client(self, text: str | None) -> None:
        """Note, before the turn is cancelled, what a client says was heard of it."""
        self._reported = text

    def retract(self, reason: str) -> None:
        """Note, before the turn is cancelled, that nothing of it may stay anywhere."""
        self.retracted = reason

    def give_floor(self) -> bool:
        """Let the clause that is heard be the last; return False, with nothing changed, where nothing is heard yet."""
        if self.aired.yields is None and (yields := self.aired.give_floor()):
            self._publish(yields)
            self._fall_silent()
        return self.aired.yields is not None

    @property
    def again(self) -> Stimulus:
        """What to begin anew with, after it was put off."""
        now = self.stimulus
        return replace(self._given, text=now.text, utterance=now.utterance, is_known=self._is_known)

    def playback_ended(self) -> None:
        """Note that the primary client has played everything. Reports for an earlier turn come too soon to count."""
        if self.aired.is_complete:
            self.aired.played()

    def play_started(self, text: str) -> None:
        """Note that the primary client begins to play a sentence."""
        if (sentence := self._playback.begun(text, course.now())) is not None:
            self._cast.body.sentence_begins(sentence)
            self._cast.played.begins((self.id, sentence), course.now())

    def _open(self) -> None:
        self._cast.began(self.stimulus)
        noted.began(self.stimulus)
        self._cast.audience.chain_starts(turn_id=self.id)
        self._publish(FullText(text="Thinking..."))

    async def _understood(self) -> bool:
        """Find out what was said, show and keep it; return whether there is something to react to."""
        if self.stimulus.utterance is not None:
            try:
                text = await self._cast.listen(self.stimulus.utterance)
            except Exception as error:  # noqa: BLE001  the boundary: an ear that fails costs one turn
                self._fail(error)
                return False
            self.stimulus = replace(self.stimulus, text=text, utterance=None)
        line = self.stimulus.line
        # What was said in a group, that has shown and kept.
        if line and self.stimulus.source != "group" and not self._is_known:
            self._is_known = True
            self._show_line(line)
            await self._keep("human", self.stimulus.author, self.stimulus.text)
        if not self.stimulus.verbatim and (notes := await self._cast.brief(self.stimulus)):
            self.stimulus = replace(self.stimulus, notes=(*self.stimulus.notes, *notes))
        return True

    def _show_line(self, line: str) -> None:
        # Who typed has it on the screen already, who spoke has not.
        knows_it = (self.stimulus.client,) if self.stimulus.source == "typed" else ()
        cue = UserInputTranscription(text=harmless(line))
        self._cast.audience.publish(cue, turn_id=self.id, but_for=knows_it)

    async def _reply(self) -> None:
        ready: asyncio.Queue[Sentence | ToolUse | None] = asyncio.Queue(maxsize=WAITING_SENTENCES)
        voiced: asyncio.Queue[Voiced | ToolUse | None] = asyncio.Queue(maxsize=HELD_SENTENCES)
        try:
            async with asyncio.TaskGroup() as group:
                writing = group.create_task(self._written(ready))
                works = (self._speak(ready, voiced), self._air(voiced))
                self._making = [writing, *(group.create_task(work) for work in works)]
            if not writing.cancelled() and (error := writing.result()):
                self._fail(error)
        except ExceptionGroup as errors:
            self._fail(_first(errors))

    def _fall_silent(self) -> None:
        """Make no more of it: what is still to come is not wanted."""
        for task in self._making:
            task.cancel()

    async def _written(self, ready: asyncio.Queue[Sentence | ToolUse | None]) -> Exception | None:
        """Write the reply; a brain that fails does not take along what was complete before."""
        failure = None
        try:
            await self._write(ready)
        except Exception as error:  # noqa: BLE001  the boundary: it is told when what there is has been said
            failure = error
        await ready.put(None)
        return failure

    async def _write(self, ready: asyncio.Queue[Sentence | ToolUse | None]) -> None:
        splitter = SentenceSplitter(self._cast.body.emotions, first_clause=self._cast.first_clause)
        length = 0
        async with aclosing(self._words()) as pieces:
            async for piece in pieces:
                if not isinstance(piece, str):  # what was said before it is complete
                    for sentence in splitter.finish():
                        await ready.put(sentence)
                if isinstance(piece, ToolUse):
                    await ready.put(piece)
                    continue
                self._stopwatch.reached("first_token_ms")
                for sentence in self._sentences(piece, splitter):
                    await ready.put(sentence)
                length += len(piece if isinstance(piece, str) else piece.text)
                if length > LONGEST_REPLY:
                    break
        for sentence in splitter.finish():
            await ready.put(sentence)

    def _sentences(self, piece: str | SpokenSentence, splitter: SentenceSplitter) -> list[Sentence]:
        if isinstance(piece, str):
            return splitter.feed(piece)
        sentence = as_spoken(piece, self._cast.body.emotions)
        return [sentence] if sentence.text else []

    def _words(self) -> AsyncGenerator[ReplyPiece, None]:
        if self.stimulus.verbatim:
            return _as_given(self.stimulus.text)
        return self._cast.adapter.reply(self.stimulus)

    async def _speak(
        self,
        ready: asyncio.Queue[Sentence | ToolUse | None],
        voiced: asyncio.Queue[Voiced | ToolUse | None],
    ) -> None:
        """Give every sentence that may go on air its sound."""
        count = 0
        while sentence := await ready.get():
            if isinstance(sentence, ToolUse):
                await voiced.put(sentence)
                continue
            self._stopwatch.reached("first_sentence_ms")
            rule = await self._cast.airlock.objection(sentence.text, self._admitted)
            noted.guarded(self.id, sentence.text, self._admitted, rule)
            if rule:
                self._refuse(rule)
                continue
            self._admitted += f" {sentence.text}"
            ready_one = Voiced(f"{self.id}:{count}", sentence, await self._voiced(sentence))
            count += 1
            self._cast.airlock.hold(ready_one.id, self.id, sentence.text)
            await voiced.put(ready_one)
        await voiced.put(None)

    async def _air(self, voiced: asyncio.Queue[Voiced | ToolUse | None]) -> None:
        """Publish what is ready, in order and in its time, unless it gives way to somebody."""
        while each := await voiced.get():
            if isinstance(each, ToolUse):
                self._tools.show(each)
            elif rule := await self._cast.airlock.release(each.id):
                self._refuse(rule)
            elif await self._may_go_on():
                await self._say(each.sentence, each.spoken)
            else:
                return self._fall_silent()
        instead = self._cast.airlock.guard.instead
        if self._was_refused and not self._sentences_sent and instead:
            sentence = Sentence(instead)
            await self._say(sentence, await self._voiced(sentence))
        return None

    async def _may_go_on(self) -> bool:
        """Whether the next sentence may be said: what nobody asked for goes sentence by sentence, and gives way."""
        if not self.stimulus.gives_way:
            return True
        await course.sleep(max(0.0, self._playback.left(course.now())))
        return not self._cast.is_awaited()

    def _refuse(self, rule: str) -> None:
        log.warning("turn %s: a sentence was kept off the air (%s)", self.id[:8], rule)
        self._publish(SentenceRefused(turn_id=self.id, rule=rule))
        self._was_refused = True

    async def _say(self, sentence: Sentence, spoken: Speech | None) -> None:
        if not self._sentences_sent:
            await self._cast.answering(self.stimulus)
        text = harmless(sentence.text) + " "  # clients join texts without a separator
        start = self.aired.plan(text, spoken)
        if spoken:
            self._cast.played.add((self.id, self._sentences_sent), spoken.pcm, spoken.rate, at=start)
        face = self._cast.body.accompany(
            self._sentences_sent,
            face_of(sentence, "" if self._sentences_sent else self.stimulus.text, self._cast.body.feel),
            at=start,
            priority=self.stimulus.priority,
            sounds=spoken is not None,
        )
        self._send(text, spoken, face)

    async def _voiced(self, sentence: Sentence) -> Speech | None:
        voice = self._cast.voice
        if not sentence.is_speakable:
            return None
        if sentence.sound:
            return speech(sentence.sound.pcm, sentence.sound.sample_rate)
        try:
            async with aclosing(voice.synthesize(self._cast.spoken(sentence.text))) as chunks:
                pcm = b"".join([chunk async for chunk in chunks])
        except EngineError as error:
            if not self._voice_failed:  # the words still get through; saying so once a turn is enough
                self._voice_failed = True
                self._fail(error)
            return None
        return speech(pcm, voice.sample_rate) if pcm else None

    def _send(self, text: str, spoken: Speech | None, face: int | None) -> None:
        words = DisplayText(text=text, name=self._cast.character_name, avatar=self._cast.avatar)
        message = self.aired.sentence(spoken, words, face)
        self._cast.audience.publish(message, turn_id=self.id, index=self._sentences_sent)
        noted.spoken(self.id, self._sentences_sent, text, spoken, face)
        if spoken:
            self._stopwatch.reached("first_audio_ms")
        if self._sentences_sent == 0 and self.stimulus.message_id:
            self._cast.decide(Decision(message_id=self.stimulus.message_id, outcome="answered"))
        self._sentences_sent += 1

    async def _until_played(self) -> None:
        if self._playback.is_empty:
            return
        self._publish(BackendSynthComplete())
        await self.aired.heard_out(PLAYBACK_GRACE if len(self._cast.audience) else 0.0)

    async def _close(self) -> None:
        self.is_over = True
        heard = self._playback.whole()
        if self._was_interrupted:
            heard = self._playback.heard(course.now(), self._reported)
        if self.retracted is not None:
            heard = ""
        self._cast.body.rest()
        self._cast.airlock.forget(self.id)
        try:
            if not self.is_put_off:
                await self._conclude(heard)
        finally:
            self._tools.end()
            self._publish(ForceNewMessage())
            self._publish(Control(text="conversation-chain-end"))
            self._cast.body.chain_ended()
        self._stopwatch.reached("end_ms")
        noted.ended(self.id, self.timings, heard, self.retracted, interrupted=self._was_interrupted)
        log.info("turn %s (%s): %s", self.id[:8], self.stimulus.source, self._stopwatch.in_words())

    async def _conclude(self, heard: str) -> None:
        """Remember and keep what was said and heard, and let everybody know how it ended."""
        if not self._sentences_sent and self.stimulus.message_id:
            reason = "no-reply" if self.retracted is None else "removed"
            self._cast.decide(skipped(self.stimulus.message_id, reason))
        if (self.stimulus.line or heard) and self.retracted is None:
            self._cast.adapter.remember(self.stimulus, heard)
        if heard:
            await self._keep("ai", self._cast.character_name, heard)
        await self._cast.ended(self.stimulus, heard)

    def _cut(self) -> None:
        self._was_interrupted = True
        self._cast.audience.interrupted()
        self._publish(InterruptSignalCue())

    async def _keep(self, role: Literal["human", "ai"], name: str, content: str) -> None:
        try:
            await self._cast.keep(
                HistoryLine(
                    role=role,
                    name=name,
                    content=content,
                    timestamp=course.wall(),
                    interrupted=role == "ai" and self._was_interrupted,
                    avatar=self._cast.avatar if role == "ai" else "",
                    message_id=self.stimulus.message_id or "",
                    username=self.stimulus.username or "",
                )
            )
        except Exception as error:  # noqa: BLE001  the boundary: a line that is not stored does not cost the show
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, VTuberError):
            log.warning("turn %s: %s", self.id[:8], error)
            self._publish(Error(message=str(error), code=error.code))
        else:
            log.error("turn %s: a bug", self.id[:8], exc_info=error)
            self._publish(Error(message="Something went wrong inside the server.", code="internal"))

    def _publish(self, message: ServerMessage) -> None:
        self._cast.audience.publish(message, turn_id=self.id)


async def _as_given(text: str) -> AsyncGenerator[ReplyPiece, None]:
    yield text


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    inner = errors.exceptions[0]
    return _first(inner) if isinstance(inner, ExceptionGroup) else inner
