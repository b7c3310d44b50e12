"""Growing sequences of addresses as integers, at 4 or 16 bytes each.

A list of Python integers would take 40 to 50 bytes each: too much for a million of them.
"""

from array import array
from bisect import bisect_left, bisect_right

_HALF_BITS = 64
_HALF_MASK = (1 << _HALF_BITS) - 1


class Ipv4Sequence:
    """IPv4 addresses."""

    __slots__ = ("_items",)
    TOP = (1 << 32) - 1

    def __init__(self) -> None:
        self._items = array("I")

    def append(self, address: int, /) -> None:
        """Add `address` at the end."""
        self._items.append(address)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, position: int, /) -> int:
        return self._items[position]

    def find(self, address: int, /) -> int:
        """Return the position of the last item <= `address`, -1 without; needs sorted items."""
        return bisect_right(self._items, address) - 1


class Ipv6Sequence:
    """IPv6 addresses, as an upper and a lower half."""

    __slots__ = ("_high", "_low")
    TOP = (1 << 128) - 1

    def __init__(self) -> None:
        self._high = array("Q")
        self._low = array("Q")

    def append(self, address: int, /) -> None:
        """Add `address` at the end."""
        self._high.append(address >> _HALF_BITS)
        self._low.append(address & _HALF_MASK)

    def __len__(self) -> int:
        return len(self._high)

    def __getitem__(self, position: int, /) -> int:
        return self._high[position] << _HALF_BITS | self._low[position]

    def find(self, address: int, /) -> int:
        """Return the position of the last item <= `address`, -1 without; needs sorted items."""
        high = address >> _HALF_BITS
        end = bisect_right(self._high, high)
        begin = bisect_left(self._high, high, 0, end)
        return bisect_right(self._low, address & _HALF_MASK, begin, end) - 1
