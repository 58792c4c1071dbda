"""A sentence with its sound."""

from dataclasses import dataclass

from open_llm_vtuber.show.sentences import Sentence
from open_llm_vtuber.show.speech import Speech


@dataclass(frozen=True, slots=True)
class Voiced:
    """A sentence on its way to the air."""

    id: str
    sentence: Sentence
    spoken: Speech | None
