"""Ears. The table is all that the rest of the program knows of them."""

from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.ports import SpeechRecognizer

ASR_ENGINES: EngineTable[SpeechRecognizer] = EngineTable(
    "speech recognition",
    {
        "embedded_asr": "open_llm_vtuber.asr.embedded:EmbeddedASR",
        "openai_asr": "open_llm_vtuber.asr.openai_transcription:OpenAIASR",
        "scripted_asr": "open_llm_vtuber.asr.scripted:ScriptedASR",
    },
)
