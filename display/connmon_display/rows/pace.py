"""How fast bytes went in the last seconds, as heights of bars. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from connmon_display.following.follow import Follower
from connmon_display.following.paces import Steps
from connmon_display.rows.row import Row

_STEP_BITS = 3  # each height stands for eight times the rate of the one before
_HIGHEST = 8


def pace_of(rows: Iterable[Row]) -> bytes:
    """Return a level, 0 (nothing) to 8 (2 MiB/s and more), for each of the last seconds.

    9 stands for a second of which it is not known. Of a row that is the part of an address which
    one process or port has, only its share counts. Where nothing was carried, there are no levels.
    """
    uses: defaultdict[Follower, list[Steps]] = defaultdict(list)
    for row in rows:
        for purpose, steps in row.follower.paces.uses(row.track.peer):
            if row.purpose is None or row.purpose.fits(purpose):
                uses[row.follower].append(steps)
    found = [follower.paces.last(steps, follower.now()) for follower, steps in uses.items()]
    rates = [_sum(each) for each in zip(*found, strict=True)]
    return bytes(map(level_of, rates)) if any(rates) else b""


def _sum(rates: Iterable[int | None]) -> int | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None


def level_of(rate: int | None) -> int:
    """Return the level of a rate in bytes a second; None: it is not known."""
    if rate is None:
        return _HIGHEST + 1
    return min(-(-rate.bit_length() // _STEP_BITS), _HIGHEST)
