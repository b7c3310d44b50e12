"""A table for spreadsheets and awk: a line for each row, as RFC 4180 has it but for line ends."""

import csv
import io
from collections.abc import Generator, Iterator

from connmon_display.export.entry import entry_of
from connmon_display.export.estimate import rows_size
from connmon_display.export.facts import Facts, facts_of
from connmon_display.export.material import Material
from connmon_display.export.row import Row

#: A spreadsheet takes a text that begins so for a formula, and peers choose their names.
_FORMULA = ("=", "+", "-", "@")


def lines(material: Material) -> Iterator[str]:
    """Yield the head, and a line for each row."""
    yield ",".join(Facts._fields)
    for row in material.rows:
        yield _row(material, row)


def sizing(material: Material) -> Generator[None, None, int]:
    """Find out in steps about how many bytes they will be."""
    return rows_size(material, lambda row: _row(material, row))


def _row(material: Material, row: Row) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(map(_cell, facts_of(entry_of(material, row))))
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
