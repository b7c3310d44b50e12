"""How fast bytes went in the last seconds, as heights of bars. Pure."""

from collections.abc import Iterable

from connmon_display.following.paces import SECONDS
from connmon_display.refresh.grouping.shares import Purpose
from connmon_display.refresh.row import Row

_STEP_BITS = 3  # each height stands for eight times the rate of the one before
_HIGHEST = 8


def pace_of(rows: Iterable[Row]) -> bytes:
    """Return a level, 0 (nothing) to 8 (2 MiB/s and more), for each of the last seconds.

    Of a row that is the part of an address which one process or port has, only its share counts.
    """
    rates = [0] * SECONDS
    for row in rows:
        for use, found in row.follower.paces.last(row.track.peer, row.follower.now()):
            if row.purpose is None or row.purpose.fits(Purpose(*use)):
                rates = [rate + more for rate, more in zip(rates, found, strict=True)]
    return bytes(level_of(rate) for rate in rates) if any(rates) else b""


def level_of(rate: int) -> int:
    """Return the level of a rate in bytes a second."""
    return min(-(-rate.bit_length() // _STEP_BITS), _HIGHEST)
