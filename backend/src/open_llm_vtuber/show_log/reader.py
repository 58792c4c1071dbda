"""Reads a log as a whole. Whatever somebody hands over as one: the answer is a log or one clear sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from open_llm_vtuber.show_log.frames import BadLog, frames
from open_llm_vtuber.show_log.plan import Plan
from open_llm_vtuber.show_log.records import Record, decoded

LARGEST = 2_000_000_000
"""Bytes of a file that is read."""


@dataclass(frozen=True, slots=True)
class ShowLog:
    """A log: how the show was built, and what happened, in order."""

    plan: Plan
    records: Sequence[Record]
    """Up to the end, or to the last whole one, or to the first gap."""
    lost: int = 0
    """How many records are missing after these; a replay ends there."""

    @property
    def length(self) -> float:
        """How many seconds of the show it holds."""
        return max(0.0, self.records[-1].at - self.plan.began) if self.records else 0.0


def read_log(file: Path) -> ShowLog:
    """Read a file. Raises BadLog for one that is none, that was tampered with, or of another version."""
    try:
        if file.stat().st_size > LARGEST:
            raise BadLog(f"The log {file.name} is too large to be read.")
        return parsed(file.read_bytes())
    except OSError as error:
        raise BadLog(f"The log {file.name} cannot be read: {error.strerror}.") from error


def parsed(data: bytes) -> ShowLog:
    """Return the log that these bytes are. Raises BadLog."""
    plan: Plan | None = None
    records: list[Record] = []
    for each in frames(data):
        record = decoded(each.record)
        if plan is None:
            plan = _plan(record)
            continue
        if record.kind == "gap":
            return ShowLog(plan, records, record.value if isinstance(record.value, int) else 1)
        if record.kind == "plan" or (records and record.at < records[-1].at):
            raise BadLog("The log is damaged: its records are not in the order in which they were written.")
        records.append(record)
    if plan is None:
        raise BadLog("The log ends before the show begins.")
    return ShowLog(plan, records)


def _plan(record: Record) -> Plan:
    if record.kind != "plan":
        raise BadLog("The log is damaged: it does not begin with what the show was built from.")
    try:
        return Plan.model_validate(record.value)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise BadLog(
            f"The show of this log cannot be built by this version: {place}: {fault['msg']}."
        ) from None
