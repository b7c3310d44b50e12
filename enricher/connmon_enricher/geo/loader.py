"""One table from the user's file, or the sentence that says why there is none."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TextIO, TypeVar

from connmon_enricher.geo.csv_reader import Parse, Report, read_table
from connmon_enricher.geo.files import search
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.table import RangeTable

V = TypeVar("V")
SOURCE = "https://db-ip.com/db/lite.php"
_BLOCK_CHARACTERS = 1 << 20
_GZIP_MAGIC = b"\x1f\x8b"  # RFC 1952 section 2.3.1


@dataclass(frozen=True, slots=True)
class Loaded(Generic[V]):
    """A table, empty if there is none, and what the user should know."""

    table: RangeTable[V]
    problems: tuple[str, ...] = ()


def load(kind: Kind, parse: Parse[V], where: tuple[Path, ...]) -> Loaded[V]:
    """Look for the file of `kind` in `where` and read it."""
    result = search(kind, where)
    if result.found is None:
        return _without(
            f"no {kind} look-up: dbip-{kind}-lite.csv or .csv.gz is in none of"
            f" {', '.join(result.looked)}; get it from {SOURCE}"
        )
    try:
        with _open(result.found) as stream:
            table, report = read_table(_lines(stream), parse)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        return _without(f"no {kind} look-up: {result.found} is cut off or damaged ({error})")
    except OSError as error:
        return _without(f"no {kind} look-up: cannot read {result.found}: {error.strerror}")
    return _checked(kind, result.found, table, report)


def _open(file: Path) -> AbstractContextManager[TextIO]:
    """Open `file`, packed or not, whatever its name says."""
    with file.open("rb") as raw:
        packed = raw.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    if packed:
        return gzip.open(file, "rt", encoding="utf-8-sig", errors="replace")
    return file.open(encoding="utf-8-sig", errors="replace")


def _lines(stream: TextIO) -> Iterator[str]:
    """Yield the lines of `stream`, read in large blocks.

    Every read hands the interpreter lock back and takes it again at once. At one read for
    each 8 kB, as iterating over a file has it, another thread was seen to wait for the lock
    for up to 1 s; between blocks the interpreter switches threads every 5 ms.
    """
    rest = ""
    while block := stream.read(_BLOCK_CHARACTERS):
        *lines, rest = (rest + block).split("\n")
        yield from lines
        if len(rest) > _BLOCK_CHARACTERS:  # no text file; keep memory bounded
            yield rest
            rest = ""
    if rest:
        yield rest


def _checked(kind: Kind, file: Path, table: RangeTable[V], report: Report) -> Loaded[V]:
    if not report.good and not report.bad:
        return _without(f"no {kind} look-up: {file} is empty")
    if not report.good:
        return _without(f"no {kind} look-up: {file} holds no valid row ({report})")
    if report.bad:
        total = report.good + report.bad
        sentence = f"{file}: {report.bad} of {total} rows are malformed and left out ({report})"
        return Loaded(table, (sentence,))
    return Loaded(table)


def _without(sentence: str) -> Loaded[V]:
    return Loaded(RangeTable({}, []), (sentence,))
