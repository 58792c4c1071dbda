"""The body: who may show which face. For now the latest wins."""

from collections.abc import Callable

from open_llm_vtuber.live2d_model import Live2dModel
from open_llm_vtuber.protocol.live_server_messages import SetExpression
from open_llm_vtuber.protocol.parts import Expression
from open_llm_vtuber.stimulus import Priority

FADE_MS = 250
RESTING = Priority(0)


class Body:
    """The character's face, as the audience sees it or is about to."""

    def __init__(self, model: Live2dModel, publish: Callable[[SetExpression], None]) -> None:
        self._model = model
        self._publish = publish
        self._shown = model.resting

    @property
    def expression(self) -> Expression:
        """The expression that was asked for last."""
        return Expression(expression_id=self._shown, name=self._model.name_of(self._shown))

    @property
    def emotions(self) -> frozenset[str]:
        """Emotions that the avatar can show, in lower case."""
        return frozenset(self._model.emotions)

    def express(self, emotion: str) -> int | None:
        """Take on the face of an emotion; return its index, which rides on the sentence, or None if there is none."""
        index = self._model.emotions.get(emotion)
        if index is not None:
            self._shown = index
        return index

    def rest(self) -> None:
        """Go back to the resting face: a reply's face ends with its turn."""
        if self._shown == self._model.resting:
            return
        self._shown = self._model.resting
        self._publish(
            SetExpression(**self.expression.model_dump(), fade_ms=FADE_MS, owner="turn", priority=RESTING)
        )
