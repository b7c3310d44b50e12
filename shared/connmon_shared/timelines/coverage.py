"""What of a history was observed, and which characters are blank therefore."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice, takewhile

from connmon_shared.timelines.thinning import UNITS


class Coverage:
    """Which ticks were observed: a beginning, an end, and the gaps between."""

    def __init__(self, begin: int, end: int, gaps: list[tuple[int, int]] | None = None) -> None:
        self.begin = begin
        self.end = end
        self.gaps = gaps if gaps is not None else []

    def extend(self, begin: int, end: int) -> None:
        """Add the observed ticks [begin, end); what lies between the last end and them is a gap."""
        if begin >= end:  # nothing: gaps never touch each other
            return
        before, self.end = self.end, max(self.end, end)
        if begin > before:
            self.lose(before, begin)

    def lose(self, begin: int, end: int) -> None:
        """Take the ticks [begin, end) out again: something in them may have been missed."""
        begin, end = max(begin, self.begin), min(end, self.end)
        if begin >= end:
            return
        first = bisect_left(self.gaps, begin, key=lambda gap: gap[1])
        after = bisect_right(self.gaps, end, key=lambda gap: gap[0])
        met = [(begin, end), *self.gaps[first:after]]  # they become one
        self.gaps[first:after] = [(min(gap[0] for gap in met), max(gap[1] for gap in met))]

    def thin(self, origin: int) -> int:
        """Make the older half of the gaps coarser until half of those are gone, if that can be.

        Of each gap the whole units are left: what is drawn with that unit, or with one that holds
        several whole ones, is blank where it was. The time observed counts as a little longer.

        Args:
            origin: the tick since 1970 that the ticks count from.

        Returns:
            The tick before which gaps may be missing.
        """
        half = len(self.gaps) // 2
        kept = self.gaps[:half]
        for unit in UNITS:
            if len(kept) <= half // 2:
                break
            whole = (_whole_units(gap, unit, origin) for gap in kept)
            kept = [(begin, end) for begin, end in whole if begin < end]
        thinned = self.gaps[half][0]
        self.gaps[:half] = kept
        return thinned

    def observed(self, start: int, end: int) -> int:
        """Return how many of the ticks [start, end) were observed."""
        start, end = max(start, self.begin), min(end, self.end)
        lost = sum(min(end, stop) - max(start, gap) for gap, stop in self._gaps_within(start, end))
        return max(0, end - start - lost)

    def gaps_after(self, tick: int) -> list[tuple[int, int]]:
        """Return the gaps that reach beyond `tick` and are over: something was observed later."""
        return [gap for gap in self._gaps_within(tick, self.end) if gap[1] < self.end]

    def _gaps_within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the gaps that reach into the ticks [start, end)."""
        first = bisect_right(self.gaps, start, key=lambda gap: gap[1])
        return takewhile(lambda gap: gap[0] < end, islice(self.gaps, first, None))

    def _unobserved(self, start: int, end: int) -> Iterator[tuple[int | None, int | None]]:
        """Yield every stretch around [start, end) that was not observed; None: no bound."""
        yield None, self.begin
        yield from self._gaps_within(start, end)
        yield self.end, None

    def mask(self, marks: bytearray, start: int, unit: int) -> bytearray:
        """Blank, in place, each mark whose whole unit was not observed, and return `marks`."""
        count = len(marks)
        gap = self.gaps[-1][1] if self.gaps else self.begin
        if max(self.begin, gap) <= start and self.end > start + (count - 1) * unit:
            return marks  # as nearly always
        for begin, end in self._unobserved(start, start + count * unit):
            first = 0 if begin is None else max(0, -(-(begin - start) // unit))
            last = count if end is None else min(count, (end - start) // unit)
            if first < last:
                marks[first:last] = bytes(last - first)
        return marks


def _whole_units(gap: tuple[int, int], unit: int, origin: int) -> tuple[int, int]:
    begin, end = gap
    return begin + -(begin + origin) % unit, end - (end + origin) % unit
