"""`connmon geo status`: which files are used, how old they are, and how good."""

import argparse
import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connmon_enricher.geo.commands.cli import PROGRAM
from connmon_enricher.geo.commands.tables import open_tables
from connmon_enricher.geo.layout import Source
from connmon_enricher.geo.shelf import Shelf
from connmon_shared import ATTRIBUTION
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.saying import say

_DAY = 86_400  # seconds
_NANOSECONDS = 1_000_000_000
_MONTH = re.compile(r".*-([1-9][0-9]{3})-(0[1-9]|1[0-2])\.[a-z.]+")  # at the end of a name


def run(args: argparse.Namespace) -> int:
    """Tell how the files are, and return the exit code."""
    tables = open_tables(args.geo_path)
    shelves = (tables.countries, tables.asns)
    objects = [_object(shelf, time.time()) for shelf in shelves]
    if args.json:
        lines = [json.dumps({"kept": tables.kept, "tables": objects})]
    else:
        lines = [line for found in objects for line in _lines(found)]
        lines += [f"compiled tables: {tables.kept}", ATTRIBUTION]
    amiss = any(shelf.problem for shelf in shelves)
    return say(PROGRAM, lines) or (Exit.INCOMPLETE if amiss else Exit.OK)


def _object(shelf: Shelf[Any], now: float) -> dict[str, Any]:
    """Return all about a table; times are in seconds."""
    about = shelf.table.about if shelf.table is not None else None
    return {
        "table": str(shelf.kind),
        "file": about.source.path if about else None,
        "bytes": about.source.size if about else None,
        "age": round(now - _made(about.source)) if about else None,
        "rows": about.good if about else 0,
        "bad_rows": about.bad if about else 0,
        "problem": shelf.problem or None,
    }


def _made(source: Source) -> float:
    """Return when a file is from, in seconds since 1970: what its name says, else its last change.

    What was downloaded today may be last month's.
    """
    found = _MONTH.fullmatch(source.path)
    if found is None:
        return source.mtime / _NANOSECONDS
    return datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC).timestamp()


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['table']}: {found['file'] or 'no file'}"
    if found["file"]:
        days = max(0, found["age"] // _DAY)
        size = found["bytes"] / 1e6
        yield f"  {days} days old, {size:.1f} MB, {found['rows']} rows, {found['bad_rows']} bad"
    if found["problem"]:
        yield f"  {found['problem']}"
