"""From the user's file to a compiled table; as a program the child that does it.

    python -I -m connmon_enricher.geo.compile KIND FILE KNOWN_AS DESTINATION

It is nice to everybody else, writes to DESTINATION (`-`: standard output), and ends when its
standard input does, which whoever started it holds: so it never outlives that.
"""

import contextlib
import fcntl
import gzip
import io
import os
import signal
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from connmon_enricher.geo.builder import TableBuilder
from connmon_enricher.geo.compiler import STANDARD_OUTPUT, UNUSABLE, UNWRITABLE
from connmon_enricher.geo.csv_reader import read_csv
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.layout import About, Source
from connmon_enricher.geo.mmdb_reader import MmdbError, read_mmdb
from connmon_enricher.geo.rows import Report
from connmon_enricher.geo.writing import write

_NICENESS = 19
_NEW = ".new"  # behind the name of what is not whole yet
_MODE = 0o600
_MMDB = ".mmdb"
_GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952 section 2.3.1
_BLOCK_CHARACTERS = 1 << 20


class UnusableError(Exception):
    """There is no table to be had from the file; the text names it."""


def compile_table(kind: Kind, path: Path, known_as: str, out: BinaryIO) -> None:
    """Write the table in the file `path` to `out`, as that of the source `known_as`.

    Raises:
        UnusableError: the file holds no row, or cannot be read.
        OSError: `out` cannot be written.
    """
    builder = TableBuilder()
    try:
        with path.open("rb") as file:
            stat = os.fstat(file.fileno())
            report = _read(file, kind, builder, mmdb=_MMDB in path.name.lower())
    except (EOFError, zlib.error, gzip.BadGzipFile, MmdbError) as error:
        raise UnusableError(f"{path} is cut off or damaged ({error})") from error
    except OSError as error:
        raise UnusableError(f"cannot read {path}: {error.strerror}") from error
    if not report.good:
        found = f"holds no valid row ({report})" if report.bad else "is empty"
        raise UnusableError(f"{path} {found}")
    source = Source(known_as, stat.st_size, stat.st_mtime_ns)
    about = About(kind, source, report.good, report.bad, str(report))
    write(out, about, builder.build())


def replace_table(kind: Kind, path: Path, known_as: str, destination: Path) -> None:
    """Compile as `compile_table` does, and replace `destination` in one step once all is written.

    Who compiles the same meanwhile waits: what both write to has one name, so that nothing is
    left behind that the next one does not use again.

    Raises:
        UnusableError: the file holds no row, or cannot be read.
        OSError: `destination` cannot be written.
    """
    new = destination.with_name(destination.name + _NEW)
    with _locked(new) as out:
        try:
            out.truncate()
            compile_table(kind, path, known_as, out)
            out.flush()
            os.fsync(out.fileno())
            new.replace(destination)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


def main() -> None:
    """Do what the command line says; where that fails, standard error says why."""
    kind, path, known_as, destination = sys.argv[1:]
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us
    new = None if destination == STANDARD_OUTPUT else Path(destination + _NEW)
    threading.Thread(target=_end_with, args=(sys.stdin.fileno(), new), daemon=True).start()
    try:
        if new is None:
            compile_table(Kind(kind), Path(path), known_as, sys.stdout.buffer)
            sys.stdout.flush()
        else:
            replace_table(Kind(kind), Path(path), known_as, Path(destination))
    except UnusableError as error:
        _fail(error, UNUSABLE)
    except OSError as error:
        _fail(error.strerror, UNWRITABLE)


def _fail(reason: object, code: int) -> None:
    print(reason, file=sys.stderr)  # noqa: T201 - to who started us
    sys.exit(code)


def _end_with(lifeline: int, new: Path | None) -> None:
    """Wait until `lifeline` ends, and then end at once, without leaving anything behind."""
    os.read(lifeline, 1)
    if new is not None:
        new.unlink(missing_ok=True)
    os._exit(UNWRITABLE)


@contextlib.contextmanager
def _locked(new: Path) -> Iterator[BinaryIO]:
    """Yield the file `new`, held by nobody else, and still of that name."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
    while True:
        with open(os.open(new, flags, _MODE), "r+b") as out:  # noqa: PTH123 - a descriptor
            fcntl.flock(out, fcntl.LOCK_EX)
            if _is_named(out, new):
                yield out
                return


def _is_named(file: BinaryIO, path: Path) -> bool:
    """Return whether `file` is at `path`: who held it before us may have renamed it."""
    try:
        return os.path.samestat(path.stat(follow_symlinks=False), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _read(file: BinaryIO, kind: Kind, builder: TableBuilder, *, mmdb: bool) -> Report:
    """Read `file`, packed or not, whatever its name says about that."""
    packed = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    file.seek(0)
    unpacked = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
    if mmdb:
        return read_mmdb(unpacked, kind, builder)
    with io.TextIOWrapper(unpacked, "utf-8-sig", "replace") as text:
        return read_csv(_lines(text), kind, builder)


def _lines(stream: TextIO) -> Iterator[str]:
    """Yield the lines of `stream`, none of them longer than a block."""
    while line := stream.readline(_BLOCK_CHARACTERS):
        yield line


if __name__ == "__main__":
    main()
