"""Ranges that come in any order, made the columns of a flat table."""

from array import array
from collections.abc import Iterator
from itertools import chain
from typing import Generic, TypeVar

from connmon_enricher.geo.divide import divide
from connmon_enricher.geo.flatten import FIRST_VALUE, UNKNOWN, Row, flatten
from connmon_enricher.geo.sequences import Ipv4Sequence, Ipv6Sequence
from connmon_enricher.geo.writing import Columns

_MAPPED = 0xFFFF  # the upper 96 bits of ::ffff:a.b.c.d, RFC 4291 section 2.5.5.2
IPV4, IPV6 = 4, 16  # a family is named by the length of its addresses, in bytes
S = TypeVar("S", Ipv4Sequence, Ipv6Sequence)


class TableBuilder:
    """Takes ranges in any order, also nested ones."""

    def __init__(self) -> None:
        self._rows4 = _Rows(Ipv4Sequence)
        self._rows6 = _Rows(Ipv6Sequence)
        self._ids: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._rows4) + len(self._rows6)

    def value_id(self, value: str | None) -> int:
        """Return the number of `value` to give to `add`; None says "unknown"."""
        if value is None:
            return UNKNOWN
        return self._ids.setdefault(value, FIRST_VALUE + len(self._ids))

    def add(self, family: int, start: int, end: int, value_id: int) -> None:
        """Add the range from `start` to `end`, both included; mapped IPv4 as IPv4.

        Raises:
            ValueError: it ends before it starts.
        """
        if start > end:
            raise ValueError("the range ends before it starts")
        if family == IPV6 and start >> 32 == end >> 32 == _MAPPED:
            family, start, end = IPV4, start & Ipv4Sequence.TOP, end & Ipv4Sequence.TOP
        if family == IPV4:
            self._rows4.add(start, end, value_id)
        else:
            self._rows6.add(start, end, value_id)

    def build(self) -> Columns:
        """Return all that was added, flat; the builder is of no use afterwards."""
        starts4, ids4 = self._rows4.flattened()
        return Columns(starts4, ids4, divide(*self._rows6.flattened()), tuple(self._ids))


class _Rows(Generic[S]):
    """The ranges of one family, as they come."""

    def __init__(self, sequence: type[S]) -> None:
        self._sequence: type[S] = sequence
        self._starts: S = sequence()
        self._ends: S = sequence()
        self._ids = array("I")
        self._ordered = True
        self._last = (-1, -1)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, start: int, end: int, value_id: int) -> None:
        if start <= self._last[0]:
            self._ordered = self._ordered and (start, -end) >= (self._last[0], -self._last[1])
        self._last = (start, end)
        self._starts.append(start)
        self._ends.append(end)
        self._ids.append(value_id)

    def flattened(self) -> tuple[S, "array[int]"]:
        """Return starts and value ids of the segments, of which the first starts at address 0."""
        starts, ids = self._sequence(), array("I")
        segments = flatten(self._in_order(), self._sequence.TOP)
        first = next(segments, (0, UNKNOWN))
        for start, value_id in chain([(0, UNKNOWN)] if first[0] else [], [first], segments):
            starts.append(start)
            ids.append(value_id)
        return starts, ids

    def _in_order(self) -> Iterator[Row]:
        """Yield the rows from outer to inner; two stable sorts need no tuple per row."""
        order = range(len(self))
        if self._ordered:
            return self._rows(order)
        by_end = sorted(order, key=self._ends.__getitem__, reverse=True)
        by_end.sort(key=self._starts.__getitem__)
        return self._rows(by_end)

    def _rows(self, order: range | list[int]) -> Iterator[Row]:
        starts, ends, ids = self._starts, self._ends, self._ids
        return ((starts[i], ends[i], ids[i]) for i in order)
