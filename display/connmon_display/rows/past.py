"""The marks of groups, of which only the newest are made anew: what is past does not change.

A country may have ten thousand addresses. Those that changed in the last seconds are few. Pure.
"""

from collections.abc import Hashable
from typing import NamedTuple

from connmon_display.rows.merging import merged_marks
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_UNSURE_TICKS = 2 * TICKS_PER_SECOND  # before what was observed last: more may be told of them
_KEPT_GROUPS = 256  # more than a screen has lines


class _Kept(NamedTuple):
    """The marks of a group, from one tick to another."""

    tracks: list[Track]
    begin: int
    end: int
    marks: bytes

    def holds(self, tracks: list[Track], start: int, unit: int) -> bool:
        """Return whether the marks from `start` on are those of `tracks`."""
        return (
            self.begin <= start <= self.end
            and (start - self.begin) % unit == 0
            and (tracks == self.tracks or self._differs_late(tracks))
        )

    def _differs_late(self, tracks: list[Track]) -> bool:
        """Return whether what only one of both has begins behind the marks."""
        others = {*tracks} ^ {*self.tracks}
        return all(track.timeline.first_tick >= self.end for track in others)


class Past:
    """Remembers what was drawn of groups, and so holds on to their tracks."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept] = {}

    def forget(self) -> None:
        """Let go of all of them."""
        self._kept.clear()

    def marks(
        self, key: Hashable, tracks: list[Track], history: History, window: tuple[int, int, int]
    ) -> bytearray:
        """Return the marks of all `tracks` together; see `Timeline.marks`.

        Args:
            key: of the group.
            tracks: its rows, all of one host.
            history: that host's.
            window: start, unit and count of the marks.
        """
        start, unit, count = window
        kept = self._kept.pop((key, unit), None)
        known = b""
        if kept is not None and kept.holds(tracks, start, unit):
            known = kept.marks[(start - kept.begin) // unit :][:count]
        rest = merged_marks(tracks, start + len(known) * unit, unit, count - len(known))
        marks = bytearray(known) + rest
        sure = min(max(0, (history.coverage.end - _UNSURE_TICKS - start) // unit), count)
        end = start + sure * unit
        self._kept[key, unit] = _Kept(tracks, start, end, bytes(marks[:sure]))
        if len(self._kept) > _KEPT_GROUPS:
            del self._kept[next(iter(self._kept))]
        history.coverage.mask(marks, start, unit)
        return marks
