"""The ear that always hears the same."""

from fake_provider import run, tone
from open_llm_vtuber.asr.scripted import ScriptedASR


def test_hears_its_text_in_everything_but_silence() -> None:
    async def main() -> list[str]:
        async with ScriptedASR(ScriptedASR.Options(text="Hello Mika.")) as ear:
            return [await ear.transcribe(sound) for sound in (tone(500, 16_000), bytes(32_000), b"")]

    assert run(main()) == ["Hello Mika.", "", ""]
