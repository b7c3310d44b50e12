"""How fast bytes went in the last seconds, as heights of bars. Pure."""

from collections.abc import Iterable

from connmon_display.following.paces import SECONDS
from connmon_display.rows.row import Row

_STEP_BITS = 3  # each height stands for eight times the rate of the one before
_HIGHEST = 8


def pace_of(rows: Iterable[Row]) -> bytes:
    """Return a level, 0 (nothing) to 8 (2 MiB/s and more), for each of the last seconds.

    9 stands for a second of which it is not known. Of a row that is the part of an address which
    one process or port has, only its share counts. Where nothing was carried, there are no levels.
    """
    rates: list[int | None] = [None] * SECONDS
    for row in rows:
        if not row.follower.paces.tells_of(row.track.peer):
            continue
        for purpose, found in row.follower.paces.last(row.track.peer, row.follower.now()):
            if row.purpose is None or row.purpose.fits(purpose):
                rates = [_sum(*both) for both in zip(rates, found, strict=True)]
    return bytes(map(level_of, rates)) if any(rates) else b""


def _sum(one: int | None, other: int | None) -> int | None:
    return one if other is None else other + (one or 0)


def level_of(rate: int | None) -> int:
    """Return the level of a rate in bytes a second; None: it is not known."""
    if rate is None:
        return _HIGHEST + 1
    return min(-(-rate.bit_length() // _STEP_BITS), _HIGHEST)
