"""Compiled GeoIP tables for tests, and where the ones of a test's programs are kept."""

import select
import tempfile
from pathlib import Path

from helpers import DEADLINE

from connmon_enricher.geo.builder import TableBuilder
from connmon_enricher.geo.csv_reader import read_csv
from connmon_enricher.geo.database import GeoDatabase
from connmon_enricher.geo.kinds import Asn, Kind, asn_from
from connmon_enricher.geo.layout import About, Source
from connmon_enricher.geo.rows import Tally
from connmon_enricher.geo.table import Table
from connmon_enricher.geo.writing import Columns, write

ABOUT = About(Kind.COUNTRY, Source("/a/file.csv", 7, 1_700_000_000_000_000_000), 3, 0, "")


def opened(columns: Columns) -> Table[str]:
    """Return the table of `columns`, written to a file and opened."""
    with tempfile.TemporaryFile() as file:
        write(file, ABOUT, columns)
        file.flush()
        return Table(file.fileno(), str)


def countries(*lines: str) -> tuple[Table[str], Tally]:
    """Return the table of countries in lines of CSV, and the tally."""
    builder = TableBuilder()
    tally = read_csv(lines, Kind.COUNTRY, builder)
    return opened(builder.build()), tally


def asns(*lines: str) -> tuple[Table[Asn], Tally]:
    """Return the table of autonomous systems in lines of CSV, and the tally."""
    builder = TableBuilder()
    tally = read_csv(lines, Kind.ASN, builder)
    with tempfile.TemporaryFile() as file:
        write(file, ABOUT, builder.build())
        file.flush()
        return Table(file.fileno(), asn_from), tally


def compile_tables(directory: Path) -> None:
    """Compile the files in `directory`, so that a program that starts now knows them at once."""
    database = GeoDatabase(tuple(Kind), directory)
    database.look()
    while database.notices:
        assert select.select([database], [], [], DEADLINE)[0]
        database.take()
    database.close()
