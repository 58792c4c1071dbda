"""What an operator may say about two characters on one stage."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DuetSettings(BaseModel):
    """Two named shows that share a stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    shows: tuple[str, str]
    """The first one has the chat, but for what names the other."""
    exchanges: int = Field(default=4, ge=0, le=40)
    """How many lines they say to each other after something that somebody else began."""
    seconds: float = Field(default=60.0, ge=1, le=900)
    """How long after that the last of these may begin."""

    @model_validator(mode="after")
    def _two_are_needed(self) -> "DuetSettings":
        if self.shows[0] == self.shows[1]:
            raise ValueError("a character cannot share the stage with itself: name two shows")
        return self
