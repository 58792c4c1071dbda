"""The parts of a show behind its tape: what they answer is written down, and in a replay read again.

One set of classes does both: the tape decides whether the part itself is asked.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from open_llm_vtuber import course
from open_llm_vtuber.decided import digest
from open_llm_vtuber.ports import (
    Adapter,
    BodyControl,
    Books,
    Judge,
    SpeechRecognizer,
    SpeechStream,
    SpeechSynthesizer,
    VoiceActivityDetector,
)
from open_llm_vtuber.protocol.parts import ConfigFile, ExpressionResult, MotionResult, Spend, State
from open_llm_vtuber.reply import ReplyPiece, SpokenSentence
from open_llm_vtuber.show.ears import Ears
from open_llm_vtuber.show.role import Repertoire, Role
from open_llm_vtuber.show_log.hums import HUMS, Sound
from open_llm_vtuber.show_log.records import Codec, typed
from open_llm_vtuber.show_log.tape import Tape
from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded, SpeechEvent
from open_llm_vtuber.stimulus import (
    UNASKED,
    UNTIL_REPLACED,
    ChatRemoval,
    EngineStatus,
    HistoryLine,
    Priority,
    Stimulus,
    TextContext,
    TextReport,
    TextWishes,
)
from open_llm_vtuber.text_rules import shape
from open_llm_vtuber.tool_use import ToolUse
from open_llm_vtuber.units import Hertz, Milliseconds

PROVIDERS: Codec[dict[str, EngineStatus]] = typed(dict[str, EngineStatus])
_WORDS: Codec[str] = typed(str)
_YES: Codec[bool] = typed(bool)
_REPORT: Codec[TextReport | None] = typed(TextReport | None)


class TapedEngine:
    """What every engine of a taped show can do: it is started and stopped elsewhere."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None


class _Pieces:
    """The codec of a piece of a reply."""

    _tools: Codec[ToolUse] = typed(ToolUse)

    def dump(self, value: ReplyPiece) -> object:
        """Return it as JSON."""
        match value:
            case str():
                return value
            case ToolUse():
                return {"tool": self._tools.dump(value)}
            case SpokenSentence():
                sound = HUMS.dump((value.pcm, value.sample_rate))
                return {"text": value.text, "emotions": list(value.emotions), "sound": sound}

    def load(self, data: object) -> ReplyPiece:
        """Return what the JSON stands for. Raises ValueError."""
        if isinstance(data, str):
            return data
        if not isinstance(data, dict):
            raise TypeError("that is no piece of a reply")
        if "tool" in data:
            return self._tools.load(data["tool"])
        pcm, rate = HUMS.load(data["sound"])
        return SpokenSentence(
            text=str(data["text"]), emotions=tuple(map(str, data["emotions"])), pcm=pcm, sample_rate=rate
        )


_PIECES: Codec[ReplyPiece] = _Pieces()


async def _stream(
    tape: Tape, name: str, pieces: AsyncGenerator[Any, None], codec: Codec[Any], turn: str = ""
) -> AsyncGenerator[Any, None]:
    """Yield the pieces, each through the tape."""
    try:
        while True:
            try:
                piece = await tape.port(name, pieces.__anext__, codec, turn=turn)
            except StopAsyncIteration:
                return
            yield piece
    finally:
        await course.outside(pieces.aclose())


class TapedAdapter:
    """Keeps the adapter port: words go through the tape, the body is the show's own."""

    def __init__(self, adapter: Adapter, tape: Tape) -> None:
        self._adapter = adapter
        self._tape = tape

    @property
    def model(self) -> str:
        """The name of the model that answers."""
        return self._tape.look("model", lambda: self._adapter.model, _WORDS)

    async def reply(self, stimulus: Stimulus) -> AsyncGenerator[ReplyPiece, None]:
        """Yield the reply of a turn. Raises EngineError."""
        name = f"reply {stimulus.message_id or stimulus.id}"
        words = self._adapter.reply(stimulus)
        async with aclosing(_stream(self._tape, name, words, _PIECES, stimulus.id)) as pieces:
            async for piece in pieces:
                yield piece

    async def generate_text(
        self, prompt: str, context: TextContext | None = None, options: TextWishes | None = None
    ) -> AsyncGenerator[str, None]:
        """Yield a text on demand. Raises EngineError."""
        name, told = f"text {digest(prompt)}", _Told(options)
        words = self._adapter.generate_text(prompt, context, told.options)
        async with aclosing(_stream(self._tape, name, words, _WORDS)) as pieces:
            async for piece in pieces:
                yield piece
        if options and options.report and (report := self._tape.look(f"report {name}", told.report, _REPORT)):
            options.report(report)

    async def trigger_expression(
        self, expression_id: int | str, duration: Milliseconds = UNTIL_REPLACED, priority: Priority = UNASKED
    ) -> ExpressionResult:
        """Claim the face. Raises ProtocolError."""
        return await self._adapter.trigger_expression(expression_id, duration, priority)

    async def trigger_motion(
        self, motion_group: str, motion_index: int, *, loop: bool = False, priority: Priority = UNASKED
    ) -> MotionResult:
        """Claim a gesture. Raises ProtocolError."""
        return await self._adapter.trigger_motion(motion_group, motion_index, loop=loop, priority=priority)

    async def get_character_state(self) -> State:
        """Return what the character is doing. Raises ProtocolError."""
        return await self._adapter.get_character_state()

    def take_stage(self, body: BodyControl, state: Callable[[], State]) -> None:
        """Take these for the body and the state of the show."""
        self._adapter.take_stage(body, state)

    def take_persona(self, persona: str, emotions: Collection[str]) -> None:
        """Be this character from the next turn on."""
        self._adapter.take_persona(persona, emotions)

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep the exchange for later prompts."""
        self._adapter.remember(stimulus, heard)

    def forget(self) -> None:
        """Begin a new conversation."""
        self._adapter.forget()

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on with a stored conversation."""
        self._adapter.recall(lines)

    def take_back(self, removal: ChatRemoval) -> None:
        """Forget the exchanges about what a moderator removed."""
        self._adapter.take_back(removal)

    async def end(self) -> None:
        """Let go of what it holds."""
        await course.outside(self._adapter.end())


class _Told:
    """Catches what an engine reports of a text on demand, so that it is told when the tape says so."""

    def __init__(self, options: TextWishes | None) -> None:
        self._report: TextReport | None = None
        self.options = replace(options, report=self._take) if options and options.report else options

    def report(self) -> TextReport | None:
        """Return what was reported."""
        return self._report

    def _take(self, report: TextReport) -> None:
        self._report = report


class TapedVoice(TapedEngine):
    """Keeps the voice's port. A sentence's sound comes as one piece: a turn needs the whole of it anyway."""

    def __init__(self, voice: SpeechSynthesizer, tape: Tape) -> None:
        self._voice = voice
        self._tape = tape
        self.sample_rate: Hertz = voice.sample_rate

    async def synthesize(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield the sentence's sound. Raises EngineError."""

        async def whole() -> Sound:
            async with aclosing(self._voice.synthesize(text)) as chunks:
                pcm = b"".join([chunk async for chunk in chunks])
            return pcm, self._voice.sample_rate

        # by the shape of its words, which stays the same where a viewer's are erased
        pcm, self.sample_rate = await self._tape.port(f"voice {digest(shape(text))}", whole, HUMS)
        if pcm:
            yield pcm


class TapedJudge:
    """Keeps the judge's port."""

    _codec: Codec[str | None] = typed(str | None)

    def __init__(self, judge: Judge, tape: Tape) -> None:
        self._judge = judge
        self._tape = tape

    async def objection(self, text: str) -> str | None:
        """Return the name of what speaks against it. Raises EngineError."""
        return await self._tape.port("judge", lambda: self._judge.objection(text), self._codec)


class TapedBooks:
    """Keeps the port to the books."""

    _codec: Codec[Spend] = typed(Spend)

    def __init__(self, books: Books, tape: Tape) -> None:
        self._books = books
        self._tape = tape

    def shown(self) -> Spend:
        """Return what an operator may see."""
        return self._tape.look("books", self._books.shown, self._codec)

    def stream_begins(self, at: Any) -> None:
        """Count a stream from then on."""
        self._books.stream_begins(at)


class _Statuses(Mapping[str, EngineStatus]):
    """The providers as the tape has them; they may change at any time."""

    def __init__(self, statuses: Mapping[str, EngineStatus], tape: Tape) -> None:
        self._statuses = statuses
        self._tape = tape

    def _seen(self) -> dict[str, EngineStatus]:
        return self._tape.look("providers", lambda: dict(self._statuses), PROVIDERS)

    def __getitem__(self, job: str) -> EngineStatus:
        return self._seen()[job]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen())

    def __len__(self) -> int:
        return len(self._seen())


class _Utterances:
    """The codec of what a detector found: of a sound only its length is kept."""

    def dump(self, value: Sequence[SpeechEvent]) -> object:
        """Return a number of bytes for each utterance, and nothing for the beginning of one."""
        return [None if isinstance(each, SpeechBegan) else len(each.utterance) for each in value]

    def load(self, data: object) -> Sequence[SpeechEvent]:
        """Return silent utterances. Raises ValueError."""
        if not isinstance(data, list):
            raise TypeError("that is nothing a detector finds")
        return [
            SpeechBegan() if each is None else SpeechEnded(bytes(min(int(each), 10_000_000))) for each in data
        ]


class _TapedStream:
    _codec: Codec[Sequence[SpeechEvent]] = _Utterances()

    def __init__(self, stream: SpeechStream, tape: Tape) -> None:
        self._stream = stream
        self._tape = tape

    async def hear(self, sound: bytes) -> Sequence[SpeechEvent]:
        return await self._tape.port("detector", lambda: self._stream.hear(sound), self._codec)


class TapedDetector(TapedEngine):
    """Keeps the port of what finds speech."""

    def __init__(self, detector: VoiceActivityDetector, tape: Tape) -> None:
        self._detector = detector
        self._tape = tape

    def listen(self) -> SpeechStream:
        """Return a stream for one microphone."""
        return _TapedStream(self._detector.listen(), self._tape)


class TapedRecognizer(TapedEngine):
    """Keeps the ear's port."""

    def __init__(self, recognizer: SpeechRecognizer, tape: Tape) -> None:
        self._recognizer = recognizer
        self._tape = tape

    async def transcribe(self, utterance: bytes) -> str:
        """Return what was said. Raises EngineError."""
        return await self._tape.port("ear", lambda: self._recognizer.transcribe(utterance), _WORDS)


class TapedRepertoire:
    """Keeps the port to the characters: a new one comes behind the same tape."""

    _configs: Codec[Sequence[ConfigFile]] = typed(tuple[ConfigFile, ...])
    _names: Codec[Sequence[str]] = typed(tuple[str, ...])

    def __init__(self, repertoire: Repertoire, tape: Tape, roles: Codec[Role]) -> None:
        """`roles` makes a plan of a role and, in a replay, a role of a plan."""
        self._repertoire = repertoire
        self._tape = tape
        self._roles = roles

    async def configs(self) -> Sequence[ConfigFile]:
        """Return the characters."""
        return await self._tape.port("configs", self._repertoire.configs, self._configs)

    async def backgrounds(self) -> Sequence[str]:
        """Return the backgrounds."""
        return await self._tape.port("backgrounds", self._repertoire.backgrounds, self._names)

    async def become(self, file: str) -> Role:
        """Return the character of a file. Raises any VTuberError."""
        role = await self._tape.port("become", lambda: self._repertoire.become(file), self._roles)
        return taped_role(role, self._tape)


def taped_role(role: Role, tape: Tape) -> Role:
    """Return the role with everything that it is played by behind the tape."""

    def reread() -> Judge | None:
        judge = role.reread()
        is_judged = tape.look("judged", lambda: judge is not None, _YES)
        return TapedJudge(judge, tape) if judge and is_judged else None

    async def leave() -> None:
        await course.outside(role.leave())

    return replace(
        role,
        adapters={mode: TapedAdapter(adapter, tape) for mode, adapter in role.adapters.items()},
        voice=TapedVoice(role.voice, tape),
        providers=_Statuses(role.providers, tape),
        judge=TapedJudge(role.judge, tape) if role.judge else None,
        reread=reread,
        leave=leave,
    )


def taped_ears(
    recognizer: SpeechRecognizer | None, detector: VoiceActivityDetector | None, tape: Tape
) -> Ears:
    """Return ears whose parts are behind the tape."""
    return Ears(
        TapedRecognizer(recognizer, tape) if recognizer else None,
        TapedDetector(detector, tape) if detector else None,
    )
