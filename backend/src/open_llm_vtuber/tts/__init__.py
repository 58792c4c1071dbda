"""Voices. The table is all that the rest of the program knows of them."""

from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.ports import SpeechSynthesizer

TTS_ENGINES: EngineTable[SpeechSynthesizer] = EngineTable(
    "voice",
    {
        "embedded_tts": "open_llm_vtuber.tts.embedded:EmbeddedTTS",
        "tone_tts": "open_llm_vtuber.tts.tone:ToneTTS",
        "openai_tts": "open_llm_vtuber.tts.openai_speech:OpenAITTS",
        "piper_tts": "open_llm_vtuber.tts.piper:PiperTTS",
        "kokoro_tts": "open_llm_vtuber.tts.kokoro:KokoroTTS",
        "edge_tts": "open_llm_vtuber.tts.edge:EdgeTTS",
        "elevenlabs_tts": "open_llm_vtuber.tts.elevenlabs:ElevenLabsTTS",
    },
)
