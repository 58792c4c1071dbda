"""How long it takes to make subtitles, sound and the report of an hour on air, from its log."""

import time
from collections.abc import Callable, Iterator

from benchmarks.measure import Measured, milliseconds
from open_llm_vtuber.clips.clip import as_json, clip_of_span
from open_llm_vtuber.clips.cues import srt, vtt
from open_llm_vtuber.clips.sound import laid_out, wav
from open_llm_vtuber.decided import Fact, Settled, Spoken, TurnBegan, TurnEnded
from open_llm_vtuber.log_report.figures import figures
from open_llm_vtuber.log_report.page import page
from open_llm_vtuber.protocol.parts import Expression
from open_llm_vtuber.settings.chat import ChatSettings
from open_llm_vtuber.show.commands import ChatHappened
from open_llm_vtuber.show_log.frames import MAGIC, frame
from open_llm_vtuber.show_log.inputs import COMMANDS
from open_llm_vtuber.show_log.reader import ShowLog, parsed
from open_llm_vtuber.show_log.records import Record, encoded
