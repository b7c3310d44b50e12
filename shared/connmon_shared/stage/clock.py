"""The clock of a stage: wall time that neither jumps nor runs backwards.

Timelines need times that only grow. The wall clock is read once, then carried on by a
monotonic clock; on Linux by CLOCK_BOOTTIME, which also counts a laptop's sleep.
"""

import sys
import time
from collections.abc import Callable
from functools import partial

Monotonic = Callable[[], float]


# Seconds since some fixed moment; never goes back, and counts sleep where the system can.
if sys.platform == "linux":
    boottime: Monotonic = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
else:
    boottime: Monotonic = time.monotonic


class Clock:
    """Wall time in seconds since 1970, anchored once."""

    def __init__(self, wall: float | None = None, monotonic: Monotonic = boottime) -> None:
        self._monotonic = monotonic
        self._offset = (time.time() if wall is None else wall) - monotonic()

    def now(self) -> float:
        """Return the current time, seconds since 1970."""
        return self._monotonic() + self._offset
