"""What an operator may say about the output to VTube Studio."""

from pydantic import BaseModel, ConfigDict, Field


class VTubeStudioSettings(BaseModel):
    """A running VTube Studio that is to show what the show on air shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    enabled: bool = False
    url: str = "ws://127.0.0.1:8001"
    expressions: dict[str, str] = Field(default_factory=dict)
    """Expression or emotion → an expression file of the model there."""
    motions: dict[str, str] = Field(default_factory=dict)
    """Motion as group/index → name or id of a hotkey of the model there."""
    mouth_parameter: str = Field(default="MouthOpen", min_length=1, max_length=64)
