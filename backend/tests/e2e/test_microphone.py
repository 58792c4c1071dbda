"""The pages as the streamer's microphone: open, by a held key, and refused by the browser."""

from pathlib import Path
from typing import Any

import pytest

from e2e.studio import Studio, Watched, on_air, until
from live_server import SCRIPTED

pytestmark = pytest.mark.e2e

HEARD = "Hello, can you hear me?"
CONFIG: dict[str, Any] = {
    "character_config": {**SCRIPTED, "vad_config": {"vad_model": "energy_vad"}},
    "live_config": {"co_host": {"name": "Alex"}},
}
HUMS = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const hum = context.createOscillator();
  hum.connect(out);
  hum.start();
  return out.stream;
};
"""
"""A microphone into which somebody hums."""
REFUSES = (
    "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };"
)


async def sent(page: Watched, type_: str, times: int = 1) -> None:
    async def was_sent() -> bool:
        return sum(str(message["type"]) == type_ for message in page.sent) >= times

    await until(was_sent, f"{times} {type_}")


async def was_heard(page: Watched) -> None:
    async def has_come() -> bool:
        return any(cue["text"] == HEARD for cue in page.cues("user-input-transcription"))

    await until(has_come, "a line that was heard")


def test_who_speaks_into_a_page_is_answered_and_a_refusal_is_explained(
    studio: Studio, tmp_path: Path
) -> None:
    async def scene() -> None:
        async with on_air(tmp_path, CONFIG) as port:
            address = f"http://127.0.0.1:{port}"
            async with studio.page(f"{address}/", script=HUMS) as talk:
                await talk.page.click("#mic")
                await talk.shows("document.getElementById('mic').classList.contains('heard')")
                await talk.picture("microphone")
                await talk.page.click("#mic-off")  # in the middle of a sentence
                await was_heard(talk)
            async with studio.page(f"{address}/control", script=HUMS) as control:
                await control.page.click("[data-floor=push-to-talk]")
                await control.shows("document.querySelector('[data-floor=push-to-talk][aria-pressed=true]')")
                await control.page.keyboard.down("F8")
                await sent(control, "mic-audio-data", 5)
                await control.shows(
                    "document.getElementById('co-host').textContent.includes('You have the floor')"
                )
                await control.page.keyboard.up("F8")
                await was_heard(control)
                assert all(message["type"] != "raw-audio-data" for message in control.sent)
            async with studio.page(f"{address}/", script=REFUSES) as talk:
                await talk.page.hover("#mic")
                await talk.page.mouse.down()  # push-to-talk is still on
                await talk.shows("document.getElementById('mic-line').textContent.includes('Allow it')")
                await talk.page.mouse.up()

    studio.play(scene())
