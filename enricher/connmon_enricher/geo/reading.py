"""From the user's file to the columns of a table, whatever sort of file it is."""

import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from connmon_enricher.geo.builder import TableBuilder
from connmon_enricher.geo.csv_reader import read_csv
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.layout import About, Source
from connmon_enricher.geo.rows import FormatError, Share, Tally
from connmon_enricher.geo.writing import Columns

_MMDB = ".mmdb"
_GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952 section 2.3.1
_BLOCK_CHARACTERS = 1 << 20
_LINES = 1_000  # read between two tellings of how much is done
_READ, _FLAT = 0.8, 0.9  # of the time is over when all is read, and when it is flat


class UnusableError(Exception):
    """There is no table to be had from the file; the text names it."""


def read_table(kind: Kind, path: Path, known_as: str, share: Share) -> tuple[About, Columns]:
    """Return the table in the file `path`, as that of the source `known_as`.

    How much of the work, with the writing, is done is told to `share`: the reading goes by the
    bytes of the file, or by the networks that an MMDB has at most.

    Raises:
        UnusableError: the file holds no row, or cannot be read.
    """
    builder = TableBuilder()
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            mmdb = _MMDB in path.name.lower()
            tally = _read(file, kind, builder, lambda done: share(_READ * done), mmdb=mmdb)
    except (EOFError, zlib.error, gzip.BadGzipFile, FormatError) as error:
        raise UnusableError(f"{path} is cut off or damaged ({error})") from error
    except OSError as error:
        raise UnusableError(f"cannot read {path}: {error.strerror}") from error
    if not tally.good:
        nothing = "holds no row" if stat.st_size else "is empty"
        found = f"holds no valid row ({tally})" if tally.bad else nothing
        raise UnusableError(f"{path} {found}")
    source = Source(known_as, stat.st_size, stat.st_mtime_ns)
    about = About(kind, source, tally.good, tally.bad, str(tally))
    share(_READ)
    columns = builder.build()
    share(_FLAT)
    return about, columns


def _read(file: BinaryIO, kind: Kind, builder: TableBuilder, share: Share, *, mmdb: bool) -> Tally:
    """Read `file`, packed or not, whatever its name says about that."""
    packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    file.seek(0)
    unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
    if mmdb:
        from connmon_enricher.geo.mmdb_reader import read_mmdb  # noqa: PLC0415 - seldom needed

        return read_mmdb(unpacked, kind, builder, share)
    size = max(os.fstat(file.fileno()).st_size, 1)
    with io.TextIOWrapper(unpacked, "utf-8-sig", "replace") as text:
        return read_csv(_lines(text, lambda: share(file.tell() / size)), kind, builder)


def _lines(stream: TextIO, tell: Callable[[], None]) -> Iterator[str]:
    """Yield the lines of `stream`, none of them longer than a block; `tell` is called at times."""
    for number in count():
        if not number % _LINES:
            tell()
        line = stream.readline(_BLOCK_CHARACTERS)
        if not line:
            return
        yield line
