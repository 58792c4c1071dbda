"""Voice detection. The table is all that the rest of the program knows of it."""

from open_llm_vtuber.engines import EngineTable
from open_llm_vtuber.ports import VoiceActivityDetector

VAD_ENGINES: EngineTable[VoiceActivityDetector] = EngineTable(
    "voice detection",
    {
        "silero_vad": "open_llm_vtuber.vad.silero:SileroVAD",
        "energy_vad": "open_llm_vtuber.vad.energy:EnergyVAD",
    },
)
