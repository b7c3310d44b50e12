"""The file that a table is compiled into: a header, then flat sections to be searched in place.

```
header    magic, byte order, version, kind; size and time of the source; rows; checksum of all that
sections  IPv4: starts of segments, value ids, index; value ids of blocks
          IPv6: starts (upper halves), value ids; every 16th start, index of these; segments in
          divided /64s (`divide.py`)
          values: offsets, texts; the source's path, what is wrong with its rows
```

An index tells for each block of addresses, those with the same first 21 bits, how many segments
start before it: 8 MB each, of which only what is asked for is ever in memory. Four of five blocks
of IPv4 lie in one segment and so have a value of their own; the others are DIVIDED.

Numbers are in the byte order of the machine that wrote it, at multiples of 8, so that a section
is searched as it lies in memory. Another machine takes the file for a foreign one.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator
from typing import NamedTuple

VERSION = 2  # one more with every change of what is written, or of what a row is taken for
BLOCKS = 1 << 21
IPV4_SHIFT, IPV6_SHIFT = 11, 43  # from an address, or its upper half, to the number of its block
IPV6_STEP_BITS = 4  # every 16th start of IPv6 is there once more, close together
MAGIC = b"connmon\0"
ORDER = 0x01020304
ALIGNMENT = 8  # bytes
HEADER = struct.Struct("=8sII8sQqQQ")
SECTION = struct.Struct("=c7xQQ")  # type code (module array), offset, length in bytes
CHECKSUM = struct.Struct("=I")
_OPTIONS = (  # type codes that each of the sections may have
    *("I", "BHI", "I", "BHI"),
    *("Q", "BHI", "Q", "I"),
    *("Q", "Q", "BHI"),
    *("I", "B", "B", "B"),
)
START = HEADER.size + len(_OPTIONS) * SECTION.size + CHECKSUM.size


class ForeignTableError(Exception):
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


class Sections(NamedTuple):
    """Views of a table's parts, by the names that the module's text explains."""

    starts4: memoryview
    ids4: memoryview
    index4: memoryview
    wholes4: memoryview
    starts6: memoryview
    ids6: memoryview
    steps6: memoryview
    index6: memoryview
    fine_highs: memoryview
    fine_lows: memoryview
    fine_ids: memoryview
    offsets: memoryview
    texts: memoryview
    source: memoryview
    complaints: memoryview


def read(whole: memoryview) -> tuple[About, Sections]:
    """Return what a table tells of itself, and its parts.

    Raises:
        ForeignTableError: it is none that this version wrote on this machine, or not whole.
    """
    if len(whole) < START:
        raise ForeignTableError("it is too short")
    magic, order, version, kind, size, mtime, good, bad = HEADER.unpack_from(whole)
    if (magic, order, version) != (MAGIC, ORDER, VERSION):
        raise ForeignTableError("it is no table of this version and machine")
    (checksum,) = CHECKSUM.unpack_from(whole, START - CHECKSUM.size)
    if zlib.crc32(whole[: START - CHECKSUM.size]) != checksum:
        raise ForeignTableError("its header is damaged")
    sections = Sections(*_views(whole))
    _check_lengths(sections)
    path = bytes(sections.source).decode("utf-8", "surrogateescape")
    complaints = bytes(sections.complaints).decode("utf-8", "replace")
    source = Source(path, size, mtime)
    return About(kind.rstrip(b"\0").decode("ascii"), source, good, bad, complaints), sections


def _views(whole: memoryview) -> Iterator[memoryview]:
    for number, codes in enumerate(_OPTIONS):
        place = HEADER.size + number * SECTION.size
        raw, offset, length = SECTION.unpack_from(whole, place)
        code = raw.decode("latin-1")
        if code not in codes or offset % ALIGNMENT or length % array(code).itemsize:
            raise ForeignTableError(f"section {number} is none")
        if offset + length > len(whole):
            raise ForeignTableError("it is cut off")
        yield whole[offset : offset + length].cast(code)


def _check_lengths(s: Sections) -> None:
    """See that sections that belong together have as many items as one another needs."""
    fits = (
        len(s.index4) == len(s.index6) == len(s.wholes4) + 1 == BLOCKS + 1
        and len(s.offsets) > 0
        and 0 < len(s.starts4) == len(s.ids4) == s.index4[BLOCKS]
        and 0 < len(s.starts6) == len(s.ids6) == len(s.steps6) << IPV6_STEP_BITS
        and len(s.steps6) == s.index6[BLOCKS]
        and len(s.fine_highs) == len(s.fine_lows) == len(s.fine_ids)
        and len(s.texts) == s.offsets[-1]
    )
    if not fits:
        raise ForeignTableError("its sections do not fit together")
