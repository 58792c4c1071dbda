"""Voice detection by loudness alone."""

from fake_provider import run, tone
from open_llm_vtuber.speech_events import SpeechBegan, SpeechEnded
from open_llm_vtuber.vad.energy import EnergyVAD


def test_what_is_loud_for_long_enough_is_speech() -> None:
    async def main() -> list[type]:
        stream = EnergyVAD(EnergyVAD.Options(required_misses=10)).listen()
        kinds: list[type] = []
        for sound in (bytes(32_000), tone(500, 16_000), b"\1\0" * 16_000):
            kinds += [type(event) for event in await stream.hear(sound)]
        return kinds

    assert run(main()) == [SpeechBegan, SpeechEnded]


def test_the_threshold_can_be_set() -> None:
    async def main() -> int:
        stream = EnergyVAD(EnergyVAD.Options(db_threshold=85)).listen()
        return len(await stream.hear(tone(500, 16_000)))

    assert run(main()) == 0
