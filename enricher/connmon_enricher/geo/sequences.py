"""Growing sequences of addresses as integers, at 4 or 16 bytes each.

A list of Python integers would take 40 to 50 bytes each: too much for a million of them.
"""

from array import array

_HALF_BITS = 64
_HALF_MASK = (1 << _HALF_BITS) - 1


class Ipv4Sequence:
    """IPv4 addresses.

    Attributes:
        items: of them.
    """

    __slots__ = ("items",)
    TOP = (1 << 32) - 1

    def __init__(self) -> None:
        self.items = array("I")

    def append(self, address: int, /) -> None:
        """Add `address` at the end."""
        self.items.append(address)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, position: int, /) -> int:
        return self.items[position]


class Ipv6Sequence:
    """IPv6 addresses.

    Attributes:
        halves: the upper ones and the lower ones.
    """

    __slots__ = ("_high", "_low", "halves")
    TOP = (1 << 128) - 1

    def __init__(self) -> None:
        self._high = array("Q")
        self._low = array("Q")
        self.halves = self._high, self._low

    def append(self, address: int, /) -> None:
        """Add `address` at the end."""
        self._high.append(address >> _HALF_BITS)
        self._low.append(address & _HALF_MASK)

    def __len__(self) -> int:
        return len(self._high)

    def __getitem__(self, position: int, /) -> int:
        return self._high[position] << _HALF_BITS | self._low[position]
