"""From an address to the value of the range that it lies in, by binary search in flat arrays."""

from array import array
from collections.abc import Iterator
from typing import Generic, TypeVar

from connmon_enricher.geo.flatten import UNKNOWN, Row, flatten
from connmon_enricher.geo.sequences import Ipv4Sequence, Ipv6Sequence

V = TypeVar("V")
_Sequence = Ipv4Sequence | Ipv6Sequence
_Family = tuple[_Sequence, "array[int]"]  # starts of segments, and their value ids
IPV4, IPV6 = 4, 16  # a family is named by the length of its addresses, in bytes


class RangeTable(Generic[V]):
    """Values of address ranges; made by a TableBuilder."""

    def __init__(self, families: dict[int, _Family], values: list[V | None]) -> None:
        self._families = families
        self._values = values  # [UNKNOWN] is None

    def find(self, address: bytes) -> V | None:
        """Return the value for `address` (4 or 16 bytes); None: it lies in no range."""
        family = self._families.get(len(address))
        if family is None:
            return None
        starts, ids = family
        position = starts.find(int.from_bytes(address, "big"))
        return self._values[ids[position]] if position >= 0 else None


class TableBuilder(Generic[V]):
    """Takes ranges in any order, also nested ones."""

    def __init__(self) -> None:
        self._rows = {IPV4: _Rows(Ipv4Sequence), IPV6: _Rows(Ipv6Sequence)}
        self._values: list[V | None] = [None]

    def __len__(self) -> int:
        return sum(map(len, self._rows.values()))

    def value_id(self, value: V | None) -> int:
        """Return a number for `value` to give to `add`; None says "unknown"."""
        if value is None:
            return UNKNOWN
        self._values.append(value)
        return len(self._values) - 1

    def add(self, family: int, start: int, end: int, value_id: int) -> None:
        """Add the range from `start` to `end`, both included.

        Raises:
            ValueError: it ends before it starts.
        """
        if start > end:
            raise ValueError("the range ends before it starts")
        self._rows[family].add(start, end, value_id)

    def build(self) -> RangeTable[V]:
        """Return the table of all that was added; the builder is of no use afterwards."""
        families = {family: rows.flattened() for family, rows in self._rows.items()}
        return RangeTable(families, self._values)


class _Rows:
    """The ranges of one family, as they come."""

    def __init__(self, sequence: type[_Sequence]) -> None:
        self._sequence = sequence
        self._starts, self._ends, self._ids = sequence(), sequence(), array("I")
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

    def flattened(self) -> _Family:
        starts, ids = self._sequence(), array("I")
        for start, value_id in flatten(self._in_order(), self._sequence.TOP):
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
