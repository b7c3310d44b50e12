"""Ranges that may lie within each other, made flat: at every address the innermost one counts.

Of two ranges the inner one is the one that starts later; with the same start, the one that
ends earlier; with both the same, the later row. For ranges that overlap without one lying
within the other this still gives one answer.
"""

from collections.abc import Iterable, Iterator

UNKNOWN = 0  # the value id of an address in no range
DIVIDED = UNKNOWN + 1  # the value id of a /64 that is
FIRST_VALUE = DIVIDED + 1  # the lowest value id of a real value

Row = tuple[int, int, int]  # first address, last address, value
Segment = tuple[int, int]  # first address, value; it ends where the next one begins


def flatten(rows: Iterable[Row], top: int) -> Iterator[Segment]:
    """Yield segments from `rows`, which come ordered from outer to inner as said above.

    `top` is the highest address there is. Gaps become segments of UNKNOWN, and neighbours
    with one value become one segment.
    """
    return _merge(_sweep(rows, top))


def _sweep(rows: Iterable[Row], top: int) -> Iterator[Segment]:
    open_rows: list[tuple[int, int]] = []  # (last address, value) from outer to inner
    for start, end, value in rows:
        if open_rows and open_rows[-1][0] < start:
            yield from _close(open_rows, start)
        open_rows.append((end, value))
        yield start, value
    yield from _close(open_rows, top + 1)


def _close(open_rows: list[tuple[int, int]], until: int) -> Iterator[Segment]:
    """Yield what follows each open row that ends before `until`; something begins there."""
    while open_rows and open_rows[-1][0] < until:
        end = open_rows.pop()[0]
        while open_rows and open_rows[-1][0] <= end:
            open_rows.pop()
        if end + 1 < until:
            yield end + 1, open_rows[-1][1] if open_rows else UNKNOWN


def _merge(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Leave out segments that the next one hides, and those that go on with the same value."""
    held = (0, UNKNOWN)
    value = UNKNOWN
    for segment in segments:
        if segment[0] != held[0] and held[1] != value:
            yield held
            value = held[1]
        held = segment
    if held[1] != value:
        yield held
