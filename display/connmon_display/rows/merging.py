"""The marks of several timelines as those of one. Pure.

Of timelines that are drawn with the same units the marks tell enough: one that is ACTIVE in a
unit is open at its end, or it would be CLOSED. So a CLOSED beside an ACTIVE closes nothing, and
all else is as loud as in one timeline. One thing is lost: a connection that came and went within
a unit is owed a CLOSED in the next, which is hidden if there another one is open whose begin
nobody saw, such as after a gap.
"""

import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import compress

from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import OPENED, STATE, TICK_SHIFT, Mark, Run

_RISING = (Mark.BLANK, Mark.EMPTY, Mark.LISTEN, Mark.CLOSED, Mark.ACTIVE, Mark.NEW)
#: A bit for each mark, so that `or` keeps the loudest; BLANK has none.
_BIT = {mark: 1 << at >> 1 for at, mark in enumerate(_RISING)}
_TO_BITS = bytes(_BIT.get(Mark(byte), 0) if byte < len(Mark) else 0 for byte in range(256))
_TO_MARK = bytes(_RISING[min(byte.bit_length(), len(_RISING) - 1)] for byte in range(256))

_CHOSEN = 1
#: Stands before the first transition of a timeline. Its state is none, its tick on no screen.
_BEGIN = (1 << 32) - 1
_LOW = 0 if sys.byteorder == "little" else 3  # where in a transition its lowest byte is
#: By that byte: whether the row is in a state from then on, and whether a connection was opened.
_IN_STATE = {run: bytes(low & STATE == run for low in range(256)) for run in Run}
_IS_OPENED = bytes(low & OPENED > 0 for low in range(256))


def merged(parts: Iterable[bytes | bytearray], count: int) -> bytearray:
    """Return the `count` marks of one timeline that is all of `parts`."""
    together = 0
    for marks in parts:
        together |= int.from_bytes(marks.translate(_TO_BITS))
    return bytearray(together.to_bytes(count).translate(_TO_MARK))


def merged_marks(tracks: list[Track], start: int, unit: int, count: int) -> bytearray:
    """Return the marks of all `tracks` of one host together; see `Timeline.marks`.

    They are not drawn one by one: how many are open at the end of each unit is enough, and what
    begins and ends in it is counted for all at once. Of 10,000 that takes a tenth of the time.
    """
    if len(tracks) == 1:  # of one nothing is to be merged, and most rows are one
        return tracks[0].timeline.marks(start, unit, count)
    first = max(0, start - unit) << TICK_SHIFT
    before, changes = _changes(tracks, first)
    lowest = changes.tobytes()[_LOW :: changes.itemsize]

    def counted(chosen: bytes, up: int = 0) -> list[int]:
        """Return how many of the chosen transitions are in each unit, and in one before these.

        One counts in the unit that it is in, or with `up` = `unit` - 1 in the first that does
        not begin before it.
        """
        units = [0] * (count + 1)
        if _CHOSEN not in chosen:  # of most groups nothing listens: no look at thousands of changes
            return units
        for change, many in Counter(compress(changes, chosen)).items():
            at = ((change >> TICK_SHIFT) - start + up) // unit + 1
            if first <= change and at <= count:
                units[at] += many
        return units

    opened = counted(lowest.translate(_IS_OPENED))
    begun, ended = map(counted, _turns(lowest.translate(_IN_STATE[Run.ACTIVE])))
    heard, silenced = _turns(lowest.translate(_IN_STATE[Run.LISTEN]))
    each = zip(opened, begun, ended, counted(heard), counted(silenced, unit - 1), strict=True)
    active, listening = before.count(Run.ACTIVE), before.count(Run.LISTEN)
    marks, owed = bytearray(), 0
    for new, more, less, more_heard, less_heard in each:
        active += more - less
        listening += more_heard - less_heard
        if new:
            mark = Mark.NEW
        elif active:
            mark = Mark.ACTIVE
        elif less or owed:
            mark = Mark.CLOSED
        else:
            mark = Mark.LISTEN if listening else Mark.EMPTY
        marks.append(mark)
        owed = new
    return marks[1:]  # what came before may only owe a CLOSED


def _changes(tracks: Iterable[Track], first: int) -> tuple[bytearray, "array[int]"]:
    """Return in which state each of `tracks` was before a transition `first`, and what came then.

    Those of each track come behind one before `first`, which tells its state.
    """
    before, changes = bytearray(), array("I")
    for track in tracks:
        entries = track.timeline.entries
        if not entries:
            continue
        if entries[-1] < first:
            before.append(entries[-1] & STATE)
            continue
        at = bisect_left(entries, first)
        before.append(entries[at - 1] & STATE if at else Run.EMPTY)
        changes.append(entries[at - 1] if at else _BEGIN)
        changes += entries[at:] if at else entries
    return before, changes


def _turns(there: bytes) -> Iterator[bytes]:
    """Return where in a row of zeros and ones a one follows a zero, and where a zero a one."""
    now = int.from_bytes(there)
    before = now >> 8
    yield (now & ~before).to_bytes(len(there))
    yield (before & ~now).to_bytes(len(there))
