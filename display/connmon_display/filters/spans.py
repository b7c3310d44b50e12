"""A million spans of addresses in little memory, and which of them an address is in. Pure.

The spans are whole, sorted by their first address (of several with one, the longest first). Each
knows the nearest one before it that reaches further: from the last span that begins at or before
an address, that chain leads to the innermost one that holds it. The chain is as long as spans
are nested, so 33 at most for networks.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Protocol

_LINE_BITS = 32
_LINE = (1 << _LINE_BITS) - 1
_BLOCK_BITS = 16  # the upper bits of an address that tell its block in the index
_GATHERED_BITS = 12  # likewise while spans are gathered: more lists would keep the GC busy
_WORTH_AN_INDEX = 4_096  # spans
_NONE = -1


class _Numbers(Protocol):
    def append(self, number: int, /) -> None: ...
    def __getitem__(self, place: int, /) -> int: ...


class _Wide:
    """Numbers of 128 bits, in 16 bytes each."""

    def __init__(self) -> None:
        self._high, self._low = array("Q"), array("Q")

    def append(self, number: int) -> None:
        self._high.append(number >> 64)
        self._low.append(number & 0xFFFF_FFFF_FFFF_FFFF)

    def __getitem__(self, place: int) -> int:
        return self._high[place] << 64 | self._low[place]

    def after(self, number: int, begin: int, end: int) -> int:
        """Return the place of the first number that is greater, of sorted ones between places."""
        high = number >> 64
        end = bisect_right(self._high, high, begin, end)
        if end == begin or self._high[end - 1] != high:
            return end
        begin = bisect_left(self._high, high, begin, end)
        return bisect_right(self._low, number & 0xFFFF_FFFF_FFFF_FFFF, begin, end)


class Gathering:
    """Spans on their way into a `Spans`, in any order.

    They are sorted in the order of blocks, each for itself: a sort holds all other threads up.

    Args:
        bits: of an address: 32 or 128.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self._top = (1 << bits) - 1
        self._shift = bits - _GATHERED_BITS
        #: First address, what the last lacks to the highest, and line, as one number; by block.
        self._keys: defaultdict[int, list[int]] = defaultdict(list)

    def add(self, first: int, last: int, line: int) -> None:
        """Add the span of one line."""
        key = (first << self.bits | self._top - last) << _LINE_BITS | line
        self._keys[first >> self._shift].append(key)

    def spans(self) -> "Spans":
        """Return them all; nothing is left here."""
        found = Spans(self.bits)
        for block in sorted(self._keys):
            for key in sorted(self._keys.pop(block)):  # they go as the next come
                span = key >> _LINE_BITS
                found.append(span >> self.bits, self._top - (span & self._top), key & _LINE)
        found.finish()
        return found


class Spans:
    """Spans in the order of their first addresses, each with the line that it is from.

    Args:
        bits: of an address: 32 or 128.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self._firsts: _Numbers
        self._after: Callable[[int, int, int], int]
        self._lasts: _Numbers
        if bits == 32:  # noqa: PLR2004 - of IPv4
            narrow = array("I")
            self._firsts, self._lasts = narrow, array("I")
            self._after = partial(bisect_right, narrow)
        else:
            wide = _Wide()
            self._firsts, self._lasts = wide, _Wide()
            self._after = wide.after
        self._lines = array("I")
        self._outer = array("i")  # the place of the nearest span before it that reaches further
        self._open: list[int] = []  # the chain from the newest one on, the newest last
        self._shift = bits  # by so much an address tells its block
        self._index = array("I")  # where each block begins, and the last one ends

    def __len__(self) -> int:
        return len(self._lines)

    def append(self, first: int, last: int, line: int) -> None:
        """Add the next one in the order; one that is there already is left out."""
        place, chain = len(self._lines), self._open
        if place and self._firsts[place - 1] == first and self._lasts[place - 1] == last:
            return
        while chain and self._lasts[chain[-1]] <= last:
            chain.pop()
        self._outer.append(chain[-1] if chain else _NONE)
        chain.append(place)
        self._firsts.append(first)
        self._lasts.append(last)
        self._lines.append(line)

    def finish(self) -> None:
        """Add no more, and be ready to find."""
        self._open.clear()
        count = len(self)
        if count >= _WORTH_AN_INDEX:
            self._shift = self.bits - _BLOCK_BITS
        begins = (block << self._shift for block in range(1, 1 << self.bits - self._shift))
        self._index = array("I", (0, *(self._after(n - 1, 0, count) for n in begins), count))

    def find(self, number: int) -> int:
        """Return the place of the innermost span that holds an address, -1 if none does."""
        block = number >> self._shift
        place = self._after(number, self._index[block], self._index[block + 1]) - 1
        while place >= 0 and self._lasts[place] < number:
            place = self._outer[place]
        return place

    def span(self, place: int) -> tuple[int, int]:
        """Return the first and last address of the span at `place`."""
        return self._firsts[place], self._lasts[place]

    def line(self, place: int) -> int:
        """Return the number of the line that the span at `place` is from."""
        return self._lines[place]
