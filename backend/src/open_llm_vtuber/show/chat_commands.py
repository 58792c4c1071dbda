"""What viewers and moderators may ask for in chat, done: each command ends in one cue that says what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import assert_never

from open_llm_vtuber import course
from open_llm_vtuber.chat.commands import Ask, Block, Gesture, Plain, ShowFace
from open_llm_vtuber.chat.decisions import Decision, skipped
from open_llm_vtuber.chat.why import in_words
from open_llm_vtuber.errors import VTuberError
from open_llm_vtuber.ports import BodyControl
from open_llm_vtuber.protocol.live_server_messages import ChatCommand
from open_llm_vtuber.protocol.server_messages import ServerMessage
from open_llm_vtuber.show import operator_commands as orders
from open_llm_vtuber.show.chat_desk import Asked, ChatDesk, stimulus_of
from open_llm_vtuber.stimulus import ExpressionRequest, MotionRequest, Priority, Stimulus
from open_llm_vtuber.text_rules import bounded
from open_llm_vtuber.units import Milliseconds

VIEWERS = Priority(2)
FACE_LASTS = Milliseconds(4_000)
LONGEST_REASON = 300
"""Code points of the answer to `!why` in chat."""
NOTHING_KNOWN = "Nothing was answered yet."

AskOperator = Callable[[orders.OperatorCommand], Awaitable[Sequence[ServerMessage]]]


class ChatCommands:
    """Does what a command asks for, and says what became of it."""

    def __init__(
        self,
        chat: ChatDesk,
        *,
        ask: AskOperator,
        submit: Callable[[Stimulus], None],
        body: Callable[[], BodyControl | None],
        publish: Callable[[ServerMessage], None],
        write: Callable[[str, str], None],
        explains: bool,
    ) -> None:
        """`write` answers a message in chat. `explains`: so are commands that made no sense."""
        self._chat = chat
        self._ask = ask
        self._submit = submit
        self._body = body
        self._publish = publish
        self._write = write
        self._explains = explains

    async def obey(self, asked: Asked) -> None:
        """Do it. What cannot be done is told and counted, and never fatal."""
        message, name = asked.message, asked.call.name
        if asked.call.wish is None:
            self._explain(asked)
            return
        try:
            reason, text = await self._do(asked)
        except VTuberError as error:
            self._chat.decide(skipped(message.id, f"command-{error.code}"))
            self._tell(asked, reason=error.code, done=False, text=str(error))
            if error.code == "not-found":
                self._explain(asked)
            return
        if name != "say":  # that one is answered by a turn
            self._chat.decide(Decision(message_id=message.id, outcome="answered", reason=reason))
        self._tell(asked, reason=reason, done=True, text=text)
        if name == "why":  # who asked is a moderator, and may have no page open
            self._write(bounded(text, LONGEST_REASON), message.id)

    def _explain(self, asked: Asked) -> None:
        """Tell its writer in chat how the command is used. His own words are not repeated: they would be ours."""
        usage = self._chat.usage(asked, course.now()) if self._explains else None
        if usage:
            self._write(usage, asked.message.id)

    async def _do(self, asked: Asked) -> tuple[str, str]:
        message, wish = asked.message, asked.call.wish
        owner = f"viewer:{message.username}"
        match wish:
            case ShowFace(expression):
                request = ExpressionRequest(
                    expression=expression, owner=owner, priority=VIEWERS, duration=FACE_LASTS
                )
                body = self._body()
                return (body.express(request).status, "") if body else ("no-body", "")
            case Gesture(group, index):
                body = self._body()
                motion = MotionRequest(group=group, index=index, owner=owner, priority=VIEWERS)
                return (body.move(motion).status, "") if body else ("no-body", "")
            case Ask(text):
                self._submit(stimulus_of(message, text))
                return "queued", ""
            case Block(username):
                await self._ask(orders.BlockViewer(message.platform, username))
                return "blocked", ""
            case Plain():
                return await self._steer(asked, wish)
            case None:
                return "command-arguments", ""
            case _:
                assert_never(wish)

    async def _steer(self, asked: Asked, wish: Plain) -> tuple[str, str]:
        message = asked.message
        client = f"chat:{message.username}"
        match wish.name:
            case "stop":
                await self._ask(orders.Stop(client))
            case "resume":  # whatever was stopped or paused
                await self._ask(orders.Resume(client))
                await self._ask(orders.ResumeChat(client))
            case "pause":
                await self._ask(orders.PauseChat(client))
            case "skip":
                await self._ask(orders.Skip(client))
            case "forgetme":
                await self._ask(orders.ForgetViewer(message.platform, message.username))
            case "why":
                reason = self._chat.log.last_answered
                return "why", in_words(reason) if reason else NOTHING_KNOWN
            case "expression" | "motion" | "say" | "block":  # read as wishes of their own
                return "command-arguments", ""
            case _:
                assert_never(wish.name)
        return wish.name, ""

    def _tell(self, asked: Asked, *, reason: str, done: bool, text: str) -> None:
        self._publish(
            ChatCommand(
                id=asked.message.id,
                command=asked.call.name,
                username=asked.message.username if asked.call.name != "forgetme" else "",
                done=done,
                reason=reason,
                text=text,
            )
        )
