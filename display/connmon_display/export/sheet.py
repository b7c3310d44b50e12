"""A table for spreadsheets and awk: a line for each row, as RFC 4180 has it but for line ends."""

import csv
import io
from collections.abc import Iterator

from connmon_display.export.facts import Facts, facts_of
from connmon_display.export.material import Material

_ROW_BYTES = 170  # of a row, about
#: A spreadsheet takes a text that begins so for a formula, and peers choose their names.
_FORMULA = ("=", "+", "-", "@")


def lines(material: Material) -> Iterator[str]:
    """Yield the head, and a line for each row."""
    yield ",".join(Facts._fields)
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="")
    for line in material.lines:
        out.seek(0)
        out.truncate()
        sheet.writerow(map(_cell, facts_of(material, line)))
        yield out.getvalue()


def size(material: Material) -> int:
    """Return about how many bytes they will be."""
    return _ROW_BYTES * (1 + len(material.lines))


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
