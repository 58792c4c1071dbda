"""What is remembered of a conversation. All adapters of a character share one, so that a switch forgets nothing."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from open_llm_vtuber.stimulus import ChatRemoval, HistoryLine, PromptMessage, Stimulus

REMEMBERED_EXCHANGES = 50
LONGEST_REMEMBERED = 1_000
"""Characters kept of each line of an exchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What was said, and what the audience heard in answer; "" where there was nothing."""

    asked: str
    answered: str
    message_id: str | None = None
    username: str | None = None

    def __len__(self) -> int:
        """Return how many characters of a prompt it takes."""
        return len(self.asked) + len(self.answered)

    def messages(self) -> Iterator[PromptMessage]:
        """Yield it as a prompt holds it."""
        if self.asked:
            yield PromptMessage(role="user", content=self.asked)
        if self.answered:
            yield PromptMessage(role="assistant", content=self.answered)


class Memory:
    """The last exchanges, bounded in number and length."""

    def __init__(self) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=REMEMBERED_EXCHANGES)

    def window(self, characters: int) -> Sequence[PromptMessage]:
        """Return the last exchanges that together have at most so many characters: the oldest whole ones go first."""
        fitting: list[Exchange] = []
        for exchange in reversed(self._exchanges):
            characters -= len(exchange)
            if characters < 0:
                break
            fitting.append(exchange)
        return [message for exchange in reversed(fitting) for message in exchange.messages()]

    def remember(self, stimulus: Stimulus, heard: str) -> None:
        """Keep an exchange; a reply of which nothing was heard leaves only the question behind."""
        self._exchanges.append(
            Exchange(
                asked=stimulus.told[:LONGEST_REMEMBERED],
                answered=heard[:LONGEST_REMEMBERED],
                message_id=stimulus.message_id,
                username=stimulus.username,
            )
        )

    def forget(self) -> None:
        """Begin anew."""
        self._exchanges.clear()

    def recall(self, lines: Sequence[HistoryLine]) -> None:
        """Go on where these lines ended, as if they had just been said and heard."""
        self._exchanges.clear()
        for line in lines[-2 * REMEMBERED_EXCHANGES :]:
            content = line.content[:LONGEST_REMEMBERED]
            if line.role == "human":
                self._exchanges.append(_recalled(line, asked=content))
            elif self._exchanges:  # a reply of several lines is one reply
                last = self._exchanges.pop()
                answered = f"{last.answered} {content}".strip()[:LONGEST_REMEMBERED]
                self._exchanges.append(replace(last, answered=answered))
            else:
                self._exchanges.append(_recalled(line, answered=content))

    def take_back(self, removal: ChatRemoval) -> None:
        """Forget the exchanges about what a moderator removed. Those that came from no chat stay."""
        kept = [exchange for exchange in self._exchanges if not _concerns(removal, exchange)]
        self._exchanges.clear()
        self._exchanges.extend(kept)


def _recalled(line: HistoryLine, *, asked: str = "", answered: str = "") -> Exchange:
    return Exchange(
        asked=asked,
        answered=answered,
        message_id=line.message_id or None,
        username=line.username or None,
    )


def _concerns(removal: ChatRemoval, exchange: Exchange) -> bool:
    if removal.message_id is not None:
        return removal.message_id == exchange.message_id
    if removal.username is not None:  # also what thanked that viewer for something
        return removal.username == exchange.username
    return exchange.message_id is not None
