"""The file that a table is compiled into: a header, then flat sections to be searched in place.

```
header    magic, byte order, version, kind; size and time of the source; rows; checksum of all that
sections  IPv4: starts of segments, value ids, index; value ids of blocks
          IPv6: starts (upper halves), value ids, index; segments in divided /64s (`divide.py`)
          values: offsets, texts; the source's path, what is wrong with its rows
```

An index tells for each block of addresses, those with the same first 20 bits, how many segments
start before it: 4 MB each, of which only what is asked for is ever in memory. Four of five blocks
of IPv4 lie in one segment and so have a value of their own; the others are DIVIDED.

Numbers are in the byte order of the machine that wrote it, at multiples of 8, so that a section
is searched as it lies in memory. Another machine takes the file for a foreign one.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO, NamedTuple

from connmon_enricher.geo.divide import DIVIDED, FIRST_VALUE, Halves
from connmon_enricher.geo.sequences import Ipv4Sequence

VERSION = 1  # one more with every change of what is written, or of what a row is taken for
BLOCKS = 1 << 20
IPV4_SHIFT, IPV6_SHIFT = 12, 44  # from an address, or its upper half, to the number of its block
_MAGIC = b"connmon\0"
_ORDER = 0x01020304
_ALIGNMENT = 8  # bytes
_HEADER = struct.Struct("=8sII8sQqQQ")
_SECTION = struct.Struct("=c7xQQ")  # type code (module array), offset, length in bytes
_CHECKSUM = struct.Struct("=I")
_OPTIONS = (  # type codes that each of the sections may have
    *("I", "BHI", "I", "BHI"),
    *("Q", "BHI", "I"),
    *("Q", "Q", "BHI"),
    *("I", "B", "B", "B"),
)
_START = _HEADER.size + len(_OPTIONS) * _SECTION.size + _CHECKSUM.size


class ForeignError(Exception):
    """The file is no table, damaged, or of another version or machine."""


class Source(NamedTuple):
    """The user's file, as it was when it was compiled: another size or time is another file."""

    path: str
    size: int  # bytes
    mtime: int  # nanoseconds since 1970


class About(NamedTuple):
    """What a compiled table tells of itself."""

    kind: str
    source: Source
    good: int  # rows taken
    bad: int  # rows left out
    complaints: str  # what is wrong with the first of these


class Columns(NamedTuple):
    """The flat table. Of each family the first segment starts at address 0."""

    starts4: Ipv4Sequence
    ids4: "array[int]"
    halves: Halves
    texts: Sequence[str]  # of the values from FIRST_VALUE on


class Sections(NamedTuple):
    """Views of a table's parts, by the names that the module's text explains."""

    starts4: "memoryview[int]"
    ids4: "memoryview[int]"
    index4: "memoryview[int]"
    wholes4: "memoryview[int]"
    starts6: "memoryview[int]"
    ids6: "memoryview[int]"
    index6: "memoryview[int]"
    fine_highs: "memoryview[int]"
    fine_lows: "memoryview[int]"
    fine_ids: "memoryview[int]"
    offsets: "memoryview[int]"
    texts: "memoryview[int]"
    source: "memoryview[int]"
    complaints: "memoryview[int]"


def write(out: BinaryIO, about: About, columns: Columns) -> None:
    """Write a table to the beginning of `out`.

    Raises:
        OSError: it cannot be written.
    """
    sections = list(_sections(about, columns))
    kind, (_, size, mtime) = about.kind.encode("ascii"), about.source
    header = _HEADER.pack(_MAGIC, _ORDER, VERSION, kind, size, mtime, about.good, about.bad)
    offset = _aligned(_START)
    for section in sections:
        length = len(section) * section.itemsize
        header += _SECTION.pack(section.typecode.encode("ascii"), offset, length)
        offset = _aligned(offset + length)
    header += _CHECKSUM.pack(zlib.crc32(header))
    for part in (header, *map(array.tobytes, sections)):
        out.write(part)
        out.write(bytes(_aligned(len(part)) - len(part)))


def read(whole: memoryview) -> tuple[About, Sections]:
    """Return what a table tells of itself, and its parts.

    Raises:
        ForeignError: it is none that this version wrote on this machine, or not whole.
    """
    if len(whole) < _START:
        raise ForeignError("it is too short")
    magic, order, version, kind, size, mtime, good, bad = _HEADER.unpack_from(whole)
    if (magic, order, version) != (_MAGIC, _ORDER, VERSION):
        raise ForeignError("it is no table of this version and machine")
    (checksum,) = _CHECKSUM.unpack_from(whole, _START - _CHECKSUM.size)
    if zlib.crc32(whole[: _START - _CHECKSUM.size]) != checksum:
        raise ForeignError("its header is damaged")
    sections = Sections(*_views(whole))
    _check_lengths(sections)
    path = bytes(sections.source).decode("utf-8", "surrogateescape")
    complaints = bytes(sections.complaints).decode("utf-8", "replace")
    source = Source(path, size, mtime)
    return About(kind.rstrip(b"\0").decode("ascii"), source, good, bad, complaints), sections


def _sections(about: About, columns: Columns) -> Iterator["array[int]"]:
    """Yield the sections in the order of `Sections`."""
    halves, highest_id = columns.halves, FIRST_VALUE + len(columns.texts)
    yield columns.starts4.items
    yield _narrow(columns.ids4, highest_id)
    yield _index(columns.starts4.items, IPV4_SHIFT)
    yield _narrow(_wholes(columns.starts4.items, columns.ids4), highest_id)
    yield halves.starts
    yield _narrow(halves.ids, highest_id)
    yield _index(halves.starts, IPV6_SHIFT)
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
    return -(-length // _ALIGNMENT) * _ALIGNMENT


def _views(whole: memoryview) -> Iterator["memoryview[int]"]:
    for number, codes in enumerate(_OPTIONS):
        place = _HEADER.size + number * _SECTION.size
        raw, offset, length = _SECTION.unpack_from(whole, place)
        code = raw.decode("latin-1")
        if code not in codes or offset % _ALIGNMENT or length % array(code).itemsize:
            raise ForeignError(f"section {number} is none")
        if offset + length > len(whole):
            raise ForeignError("it is cut off")
        yield whole[offset : offset + length].cast(code)


def _check_lengths(s: Sections) -> None:
    """See that sections that belong together have as many items as one another needs."""
    fits = (
        len(s.index4) == len(s.index6) == len(s.wholes4) + 1 == BLOCKS + 1
        and len(s.offsets) > 0
        and 0 < len(s.starts4) == len(s.ids4) == s.index4[BLOCKS]
        and 0 < len(s.starts6) == len(s.ids6) == s.index6[BLOCKS]
        and len(s.fine_highs) == len(s.fine_lows) == len(s.fine_ids)
        and len(s.texts) == s.offsets[-1]
    )
    if not fits:
        raise ForeignError("its sections do not fit together")
