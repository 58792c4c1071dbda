"""The message that carries her voice."""

from typing import Literal

from open_llm_vtuber.protocol.envelope import Cue
from open_llm_vtuber.protocol.parts import Actions, DisplayText


class Audio(Cue):
    """One sentence. `audio` is a whole base64 WAV (PCM 16) or null, `volumes` the loudness of each slice (0-1)."""

    type: Literal["audio"] = "audio"
    audio: str | None
    volumes: tuple[float, ...]
    slice_length: int
    display_text: DisplayText | None
    actions: Actions | None
    forwarded: bool = False
