"""From an address to its value, by binary search in a compiled file that is mapped into memory.

The pages of the file are the kernel's and are shared by all who map it. It must never be cut
short, or reading it kills the process (SIGBUS): so only our own files are mapped, which are
replaced by renaming (`store.py`), never the user's.
"""

import mmap
import os
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Generic, TypeVar

from connmon_enricher.geo import layout
from connmon_enricher.geo.flatten import DIVIDED, FIRST_VALUE, UNKNOWN
from connmon_enricher.geo.layout import IPV4_SHIFT, IPV6_SHIFT, IPV6_STEP_BITS
from connmon_shared.endpoints import MAPPED_PREFIX

V = TypeVar("V")
_IPV4_LENGTH, _IPV6_LENGTH = 4, 16  # bytes
_VALUES_KEPT = 2_048  # of those decoded; 0.3 MB of organisations
_IPV6_STEP = 1 << IPV6_STEP_BITS
_number = int.from_bytes  # its default is "big"
_halves = struct.Struct(">QQ").unpack


class DamagedTableError(Exception):
    """A compiled file has lost its sense somewhere inside."""


class Table(Generic[V]):
    """A compiled table that is open.

    Attributes:
        about: what it tells of itself.

    Args:
        descriptor: of the file; it may be closed afterwards.
        decode: makes a value of its text.

    Raises:
        ForeignTableError: the file is none that can be used.
    """

    def __init__(self, descriptor: int, decode: Callable[[str], V]) -> None:
        if not os.fstat(descriptor).st_size:
            raise layout.ForeignTableError("it is empty")
        whole = memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
        self.about, sections = layout.read(whole)
        self._starts4, self._ids4, self._index4, self._wholes4 = sections[:4]
        self._starts6, self._ids6, self._steps6, self._index6 = sections[4:8]
        self._fine_highs, self._fine_lows, self._fine_ids = sections[8:11]
        self._offsets, self._texts = sections.offsets, sections.texts
        self._decode = decode
        self._values = self._nothing_decoded()
        self._decoded = 0

    def find(self, address: bytes) -> V | None:
        """Return the value for `address` (4 or 16 bytes); None: it lies in no range.

        Raises:
            DamagedTableError: the file is.
        """
        if len(address) != _IPV4_LENGTH:
            return self._find6(address) if len(address) == _IPV6_LENGTH else None
        number = _number(address)
        block = number >> IPV4_SHIFT
        try:
            value = self._values[self._wholes4[block]]
            if value is not None:
                return value
            index = self._index4
            position = bisect_right(self._starts4, number, index[block], index[block + 1])
            value_id = self._ids4[position - 1]
            value = self._values[value_id]
        except IndexError as error:
            raise DamagedTableError from error
        return self._value(value_id) if value is None else value

    def _find6(self, packed: bytes) -> V | None:
        high, low = _halves(packed)
        if not high and packed.startswith(MAPPED_PREFIX):
            return self.find(packed[len(MAPPED_PREFIX) :])
        block = high >> IPV6_SHIFT
        try:
            index = self._index6
            step = bisect_right(self._steps6, high, index[block], index[block + 1])
            end = step << IPV6_STEP_BITS
            position = bisect_right(self._starts6, high, end - _IPV6_STEP, end)
            value_id = self._ids6[position - 1]
            value = self._values[value_id]
            if value is not None:
                return value
            if value_id == DIVIDED:
                value_id = self._within(high, low)
        except (IndexError, ValueError) as error:
            raise DamagedTableError from error
        return self._value(value_id)

    def _within(self, high: int, low: int) -> int:
        """Return the value id in the /64 `high`, which is divided."""
        begin = bisect_left(self._fine_highs, high)
        end = bisect_right(self._fine_highs, high, begin)
        return self._fine_ids[bisect_right(self._fine_lows, low, begin, end) - 1]

    def _value(self, value_id: int) -> V | None:
        """Return the value of `value_id`, decoded for this time and the next."""
        if value_id == UNKNOWN:
            return None
        if self._decoded == _VALUES_KEPT:
            self._values, self._decoded = self._nothing_decoded(), 0
        try:
            begin, end = self._offsets[value_id - FIRST_VALUE : value_id - FIRST_VALUE + 2]
            value = self._values[value_id] = self._decode(str(self._texts[begin:end], "utf-8"))
        except (IndexError, ValueError) as error:
            raise DamagedTableError from error
        self._decoded += 1
        return value

    def _nothing_decoded(self) -> list[V | None]:
        """Return a list for the value of each id, empty so far."""
        return [None] * (FIRST_VALUE + len(self._offsets) - 1)
