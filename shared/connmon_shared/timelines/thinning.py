"""Old detail made coarser: of the transitions within a unit of time at most two are left. Pure.

Each unit keeps whether a connection was opened in it, whether one was open, or else whether
something listened, in which state the row was at its end, and for how long a connection was open
(a tick is missing at most). So what is drawn with this unit, or with one that holds several whole
ones, is the same as before; both are aligned to the wall clock.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from connmon_shared.timelines.timeline import (
    OPENED,
    STATE,
    TICK_SHIFT,
    TICKS_PER_SECOND,
    Run,
    Timeline,
    transition,
)

#: Ticks, from a second to 100 days; each holds whole ones of all before it. What the refresh
#: view zooms to is among them, but for 2 s.
UNITS = tuple(
    seconds * TICKS_PER_SECOND
    for seconds in (1, 5, 10, 30, 60, 300, 900, 3_600, 86_400, 864_000, 8_640_000)
)
_LEFT = 2  # transitions in a unit, at most
_ALIVE = OPENED | Run.ACTIVE  # bits: STATE is 2 for it, and 1 for what listens


def thin(timeline: Timeline, origin: int) -> int:
    """Make the oldest transitions coarser until a quarter of all is gone, as far as that goes.

    The finest unit that surely suffices is taken. The newer half stays, and so does the first
    transition: it tells since when the row is known.

    Args:
        timeline: the one to shorten.
        origin: the tick since 1970 that its ticks count from.

    Returns:
        The tick before which detail was lost; 0: none was.
    """
    entries, thinned = timeline.entries, 0
    half, excess = len(entries) // 2, len(entries) // 4
    unit = _sufficient(entries[1:half], excess, origin)
    merged, taken = entries[:1], 1
    while taken < half and taken - len(merged) < excess:
        begin = ((entries[taken] >> TICK_SHIFT) + origin) // unit * unit - origin
        end = min(begin + unit, entries[half] >> TICK_SHIFT)
        found = entries[taken : bisect_left(entries, end << TICK_SHIFT, taken)]
        if len(found) > _LEFT:
            before = entries[taken - 1]
            begin = max(begin, (before >> TICK_SHIFT) + 1)
            merged.extend(_coarser(found, before & STATE, begin, end))
            thinned = end
        else:
            merged.extend(found)
        taken += len(found)
    timeline.entries = merged + entries[taken:]
    return thinned


def _sufficient(old: "array[int]", excess: int, origin: int) -> int:
    """Return the finest unit with which `excess` of the transitions `old` surely go."""
    finer, numbers = 1, {(entry >> TICK_SHIFT) + origin for entry in old}
    for unit in UNITS:
        numbers = {number // (unit // finer) for number in numbers}
        if len(old) - _LEFT * len(numbers) >= excess:
            return unit
        finer = unit
    return UNITS[-1]


def _coarser(found: "array[int]", before: int, begin: int, end: int) -> Iterator[int]:
    """Yield at most two transitions in place of `found`, which are those of ticks [begin, end).

    `before` is the state in which they found the row.
    """
    last, was_active = found[-1] & STATE, before == Run.ACTIVE
    opened = any(entry & OPENED for entry in found)
    active = _active(found, before, begin, end)
    if last == Run.ACTIVE:
        start = end - active
        if was_active and start > begin:
            yield transition(begin, Run.EMPTY)
        if opened or start > begin or not was_active:
            yield transition(start, last, opened=opened)
    elif active > opened:
        start = begin if was_active else next(e for e in found if e & _ALIVE) >> TICK_SHIFT
        if opened or not was_active:
            yield transition(start, Run.ACTIVE, opened=opened)
        yield transition(min(start + active, end - 1), last)
    elif last == Run.EMPTY and not (opened or was_active):  # servers in turns, and nothing else
        if before != Run.LISTEN:
            yield next((entry for entry in found if entry & STATE == Run.LISTEN), found[0])
        yield found[-1]
    elif opened or last != before:
        yield transition(found[0] >> TICK_SHIFT, last, opened=opened)


def _active(found: "array[int]", before: int, begin: int, end: int) -> int:
    """Return for how many ticks a connection was open: at least one when one was opened."""
    active, state, since = 0, before, begin
    for entry in found:
        tick = entry >> TICK_SHIFT
        if state == Run.ACTIVE:
            active += tick - since
        active += entry & (OPENED | STATE) == OPENED  # and closed, within the tick
        state, since = entry & STATE, tick
    return active + (end - since if state == Run.ACTIVE else 0)
