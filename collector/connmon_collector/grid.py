"""When samples are due: a fixed grid of slots, aligned to the wall clock. Pure.

Slot k is the time from k × interval to (k + 1) × interval, in seconds since 1970. A sample is
taken as a slot begins and vouches for that slot. One that comes too late vouches for the slot
that it falls into; the slots in between are nobody's, and so show as not observed. Because
every edge is a product and not a sum, columns never drift.
"""

import math
from typing import NamedTuple


class Slot(NamedTuple):
    """The time that one sample vouches for, seconds since 1970."""

    begin: float
    end: float


class Grid:
    """The slots of one interval, and which of them were used.

    Attributes:
        missed: how many slots passed without a sample.
    """

    def __init__(self, interval: float) -> None:
        self.missed = 0
        self._interval = interval
        self._last: int | None = None

    def left(self, now: float) -> float:
        """Return the seconds from `now` until a sample is due; 0 when it is due already."""
        if self._last is None:
            return 0.0
        return max(0.0, self._start(self._last + 1) - now)

    def take(self, now: float) -> Slot:
        """Return the slot that a sample taken at `now` vouches for, and use it up.

        The very first one begins at `now`: nobody looked before.
        """
        index = self._index(now)
        begin = now if self._last is None else self._start(index)
        if self._last is not None:
            self.missed += index - self._last - 1
        self._last = index
        return Slot(begin, self._start(index + 1))

    def _start(self, index: int) -> float:
        return index * self._interval

    def _index(self, now: float) -> int:
        index = math.floor(now / self._interval)
        if self._start(index + 1) <= now:  # the division was rounded down
            return index + 1
        return index - 1 if self._start(index) > now else index
