"""Writes a flat table as `layout.py` says: with the indexes that the search in it needs."""

import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO, NamedTuple

from connmon_enricher.geo.divide import Halves
from connmon_enricher.geo.flatten import DIVIDED, FIRST_VALUE
from connmon_enricher.geo.layout import (
    ALIGNMENT,
    BLOCKS,
    CHECKSUM,
    HEADER,
    IPV4_SHIFT,
    IPV6_SHIFT,
    IPV6_STEP_BITS,
    MAGIC,
    ORDER,
    SECTION,
    START,
    VERSION,
    About,
)
from connmon_enricher.geo.sequences import Ipv4Sequence

_LAST_HALF = (1 << 64) - 1


class Columns(NamedTuple):
    """The flat table. Of each family the first segment starts at address 0."""

    starts4: Ipv4Sequence
    ids4: "array[int]"
    halves: Halves
    texts: Sequence[str]  # of the values from FIRST_VALUE on


def write(out: BinaryIO, about: About, columns: Columns) -> None:
    """Write a table to the beginning of `out`.

    Raises:
        OSError: it cannot be written.
    """
    sections = list(_sections(about, columns))
    kind, (_, size, mtime) = about.kind.encode("ascii"), about.source
    header = HEADER.pack(MAGIC, ORDER, VERSION, kind, size, mtime, about.good, about.bad)
    offset = _aligned(START)
    for section in sections:
        length = len(section) * section.itemsize
        header += SECTION.pack(section.typecode.encode("ascii"), offset, length)
        offset = _aligned(offset + length)
    header += CHECKSUM.pack(zlib.crc32(header))
    for part in (header, *map(array.tobytes, sections)):
        out.write(part)
        out.write(bytes(_aligned(len(part)) - len(part)))


def _sections(about: About, columns: Columns) -> Iterator["array[int]"]:
    """Yield the sections in the order of `Sections`."""
    halves, highest_id = columns.halves, FIRST_VALUE + len(columns.texts)
    yield columns.starts4.items
    yield _narrow(columns.ids4, highest_id)
    yield _index(columns.starts4.items, IPV4_SHIFT)
    yield _narrow(_wholes(columns.starts4.items, columns.ids4), highest_id)
    missing = -len(halves.starts) % (1 << IPV6_STEP_BITS)  # to whole steps: no value changes there
    steps = halves.starts[:: 1 << IPV6_STEP_BITS]
    yield halves.starts + array("Q", [_LAST_HALF]) * missing
    yield _narrow(halves.ids + halves.ids[-1:] * missing, highest_id)
    yield steps
    yield _index(steps, IPV6_SHIFT)
    yield halves.fine_highs
    yield halves.fine_lows
    yield _narrow(halves.fine_ids, highest_id)
    texts = [text.encode() for text in columns.texts]
    offsets = array("I", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    yield offsets
    yield array("B", b"".join(texts))
    yield array("B", about.source.path.encode("utf-8", "surrogateescape"))
    yield array("B", about.complaints.encode())


def _index(starts: "array[int]", shift: int) -> "array[int]":
    """Return for each block, and the one after the last, how many of `starts` lie before it."""
    index = array("I")
    for position, start in enumerate(starts):
        index.extend(array("I", [position]) * ((start >> shift) + 1 - len(index)))
    index.extend(array("I", [len(starts)]) * (BLOCKS + 1 - len(index)))
    return index


def _wholes(starts: "array[int]", ids: "array[int]") -> "array[int]":
    """Return the value id of each block that lies in one segment; the others are DIVIDED."""
    wholes = array("I", [DIVIDED]) * BLOCKS
    ends = chain(starts[1:], [BLOCKS << IPV4_SHIFT])
    for start, end, value_id in zip(starts, ends, ids, strict=True):
        first, beyond = -(-start >> IPV4_SHIFT), end >> IPV4_SHIFT
        if first < beyond:
            wholes[first:beyond] = array("I", [value_id]) * (beyond - first)
    return wholes


def _narrow(ids: "array[int]", highest: int) -> "array[int]":
    """Return `ids` in the smallest items that hold `highest`."""
    typecode = next(code for code in "BHI" if highest < 1 << 8 * array(code).itemsize)
    return array(typecode, ids)


def _aligned(length: int) -> int:
    return -(-length // ALIGNMENT) * ALIGNMENT
