"""Units of measure as types: a number that crosses a boundary says what it counts."""

from typing import NewType

Milliseconds = NewType("Milliseconds", int)
Hertz = NewType("Hertz", int)
Seconds = float
"""Inside the process, times and durations are float seconds of the event loop's clock."""
