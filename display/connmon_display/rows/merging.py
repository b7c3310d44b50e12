"""The marks of several timelines as those of one. Pure.

Of timelines that are drawn with the same units the marks tell enough: one that is ACTIVE in a
unit is open at its end, or it would be CLOSED. So a CLOSED beside an ACTIVE closes nothing, and
all else is as loud as in one timeline. One thing is lost: a connection that came and went within
a unit is owed a CLOSED in the next, which is hidden if there another one is open whose begin
nobody saw, such as after a gap.
"""

from collections.abc import Iterable, Iterator

from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import Mark

_RISING = (Mark.BLANK, Mark.EMPTY, Mark.LISTEN, Mark.CLOSED, Mark.ACTIVE, Mark.NEW)
#: A bit for each mark, so that `or` keeps the loudest; BLANK has none.
_BIT = {mark: 1 << at >> 1 for at, mark in enumerate(_RISING)}
_TO_BITS = bytes(_BIT.get(Mark(byte), 0) if byte < len(Mark) else 0 for byte in range(256))
_TO_MARK = bytes(_RISING[min(byte.bit_length(), len(_RISING) - 1)] for byte in range(256))


def merged(parts: Iterable[bytes | bytearray], count: int) -> bytearray:
    """Return the `count` marks of one timeline that is all of `parts`."""
    together = 0
    for marks in parts:
        together |= int.from_bytes(marks.translate(_TO_BITS))
    return bytearray(together.to_bytes(count).translate(_TO_MARK))


def merged_marks(tracks: list[Track], start: int, unit: int, count: int) -> bytearray:
    """Return the marks of all `tracks` of one host together; see `Timeline.marks`."""
    if len(tracks) == 1:  # of one nothing is to be merged, and most rows are one
        return tracks[0].timeline.marks(start, unit, count)
    return merged(_parts(tracks, start, unit, count), count)


def _parts(
    tracks: Iterable[Track], start: int, unit: int, count: int
) -> Iterator[bytes | bytearray]:
    """Yield the marks of each track that has changed within the units, and of one of each rest."""
    resting = {Mark.EMPTY}
    for track in tracks:
        timeline = track.timeline
        if timeline.last_tick >= start - unit:  # one earlier: it may owe a CLOSED
            yield timeline.marks(start, unit, count)
        elif track.open:
            resting.add(Mark.LISTEN if track.peer.listening else Mark.ACTIVE)
    for mark in resting:
        yield bytes((mark,)) * count
