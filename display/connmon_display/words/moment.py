"""A moment in words, and how far local clocks are from UTC."""

import time
from collections.abc import Iterator

_DAY = 86_400  # in which no clocks are changed twice


def local_time(seconds: float, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return the moment `seconds` since 1970 in local time."""
    return time.strftime(pattern, time.localtime(seconds))


def zones(begin: float, end: float) -> Iterator[tuple[float, int]]:
    """Yield since when local time is by how many seconds ahead of UTC, from `begin` to `end`."""
    known = zone_at(begin)
    yield begin, known
    while begin < end:
        later = min(begin + _DAY, end)
        if zone_at(later) != known:
            changed = _change(int(begin), int(later))
            known = zone_at(changed)
            yield changed, known
        begin = later


def zone_at(moment: float) -> int:
    """Return by how many seconds local time is ahead of UTC at a moment since 1970."""
    return time.localtime(moment).tm_gmtoff


def _change(before: int, after: int) -> int:
    """Return the second between two with which the clocks are changed."""
    known = zone_at(before)
    while after - before > 1:
        middle = (before + after) // 2
        if zone_at(middle) == known:
            before = middle
        else:
            after = middle
    return after
