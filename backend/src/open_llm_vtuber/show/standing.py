"""How a show stands: what was set on air and must be so again when a crash is over."""

from pydantic import BaseModel, ConfigDict

from open_llm_vtuber.modes import Mode


class Standing(BaseModel):
    """What somebody has set on a show, as far as it is kept nowhere else."""

    model_config = ConfigDict(frozen=True)
    mode: Mode = "orphiq"
    is_stopped: bool = False
    is_chat_paused: bool = False
    channel: str = ""
    """The channel that is read; "" is none."""
