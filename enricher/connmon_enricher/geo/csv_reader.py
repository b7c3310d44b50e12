"""Tables from lines of CSV: `start,end,` and then the columns of the value.

A row is one line; a quoted field cannot hold a line break, so that one stray quote never
swallows more than its own row.
"""

import csv
from collections.abc import Iterable, Iterator
from socket import AF_INET, AF_INET6, inet_pton

from connmon_enricher.geo.builder import IPV4, IPV6, TableBuilder
from connmon_enricher.geo.kinds import Kind, value_of
from connmon_enricher.geo.rows import Tally
from connmon_enricher.geo.sequences import Ipv4Sequence, Ipv6Sequence
from connmon_shared.text import clean

_COMMENT = "#"
_HEX = frozenset("0123456789abcdef")


def read_csv(lines: Iterable[str], kind: Kind, builder: TableBuilder) -> Tally:
    """Put the rows in `lines` into `builder`, and return a tally."""
    value_ids = _ValueIds(kind, builder)
    tally = Tally()
    first = True
    for number, line in _rows(lines):
        try:
            start, end, rest = line.split(",", 2)
            builder.add(*_range_of(start, end), value_ids[rest])
        except ValueError as error:
            if not (first and _is_header(line)):
                tally.add_bad(f"line {number}", _reason(line, error))
        first = False
    tally.good = len(builder)
    return tally


class _ValueIds(dict[str, int]):
    """The value id of each text that stood behind a range; each text is parsed once."""

    def __init__(self, kind: Kind, builder: TableBuilder) -> None:
        super().__init__()
        self._kind = kind
        self._builder = builder

    def __missing__(self, text: str) -> int:
        self[text] = self._builder.value_id(value_of(self._kind, _fields(text)))
        return self[text]


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if line and not line.startswith(_COMMENT):
            yield number, line


def _fields(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True, skipinitialspace=True)) or [""]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _range_of(start: str, end: str) -> tuple[int, int, int]:
    """Return family, first and last address."""
    start, end = start.strip(' "'), end.strip(' "')
    try:
        if ":" in end:
            return IPV6, _number(AF_INET6, start), _number(AF_INET6, end)
        if "." in end:
            return IPV4, _number(AF_INET, start), _number(AF_INET, end)
    except OSError as error:
        raise ValueError(f"'{clean(start, 40)}' to '{clean(end, 40)}' is no range") from error
    return _decimal_range(start, end)


def _number(family: int, text: str) -> int:
    return int.from_bytes(inet_pton(family, text), "big")


def _decimal_range(start: str, end: str) -> tuple[int, int, int]:
    """Return family, first and last address; the last one tells the family by its size."""
    for text in (start, end):
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(Ipv6Sequence.TOP))):
            raise ValueError(f"'{clean(text, 40)}' is no address")
    if int(end) > Ipv6Sequence.TOP:
        raise ValueError(f"'{end}' is beyond the last IPv6 address")
    return IPV4 if int(end) <= Ipv4Sequence.TOP else IPV6, int(start), int(end)


def _is_header(line: str) -> bool:
    """Return whether the first field is a word: it has a letter that no address has."""
    return any(char.isalpha() and char not in _HEX for char in line.partition(",")[0].lower())


def _reason(line: str, error: ValueError) -> str:
    columns = line.count(",") + 1
    return "not enough columns" if columns < 3 else str(error)  # noqa: PLR2004 start, end, value
