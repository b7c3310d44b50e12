"""IPv6 segments by their upper halves alone, and apart from them those within one /64.

Networks are seldom smaller than a /64. So to search among upper halves, 8 bytes each, suffices
nearly always; a /64 that is divided has the value id DIVIDED there.
"""

from array import array
from typing import NamedTuple

from connmon_enricher.geo.flatten import DIVIDED, UNKNOWN
from connmon_enricher.geo.sequences import Ipv6Sequence

_BEYOND = 1 << 64  # the upper half after the last one


class Halves(NamedTuple):
    """Segments by the upper halves of their first addresses."""

    starts: "array[int]"
    ids: "array[int]"
    fine_highs: "array[int]"  # of all segments in divided /64s, both halves
    fine_lows: "array[int]"
    fine_ids: "array[int]"


def divide(starts: Ipv6Sequence, ids: "array[int]") -> Halves:
    """Return the segments that start at `starts`, of which the first is address 0."""
    halves = Halves(array("Q"), array("I"), array("Q"), array("Q"), array("I"))
    divided: int | None = None  # the /64 that the segment before lies in, if that is divided
    value = UNKNOWN  # of the segment before
    for high, low, value_id in zip(*starts.halves, ids, strict=True):
        if divided is not None and divided != high:
            _go_on(halves, divided, high, value)
            divided = None
        if low and divided is None:
            _begin(halves, high, value)
            divided = high
        _add(halves, high, low, value_id)
        value = value_id
    if divided is not None:
        _go_on(halves, divided, _BEYOND, value)
    return halves


def _add(halves: Halves, high: int, low: int, value_id: int) -> None:
    if low:
        halves.fine_highs.append(high)
        halves.fine_lows.append(low)
        halves.fine_ids.append(value_id)
    else:
        halves.starts.append(high)
        halves.ids.append(value_id)


def _begin(halves: Halves, high: int, value: int) -> None:
    """Divide the /64 `high`, at the beginning of which `value` holds."""
    if halves.starts[-1] == high:
        halves.ids[-1] = DIVIDED
    else:
        _add(halves, high, 0, DIVIDED)
    halves.fine_highs.append(high)
    halves.fine_lows.append(0)
    halves.fine_ids.append(value)


def _go_on(halves: Halves, divided: int, following: int, value: int) -> None:
    """Let `value` hold after the /64 `divided`, unless the next segment starts in the next /64."""
    if divided + 1 < following:
        _add(halves, divided + 1, 0, value)
