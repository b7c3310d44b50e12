"""The tables for a command, compiled at once where they are not."""

import os
from functools import partial
from pathlib import Path
from typing import TypeVar

from connmon_enricher.geo.commands.cli import PROGRAM
from connmon_enricher.geo.compiler import Compiler
from connmon_enricher.geo.files import complaint_about, places
from connmon_enricher.geo.kinds import Asn, Kind, asn_from
from connmon_enricher.geo.shelf import CompileError, Shelf
from connmon_enricher.geo.store import TableStore, default_directory
from connmon_shared.stage.progress import Progress
from connmon_shared.stage.saying import complain

V = TypeVar("V")


def open_tables(option: Path | None) -> "Tables":
    """Return the tables, open, of the files that are found; `option` is where to look first."""
    if option is not None and (complaint := complaint_about(option)):
        complain(PROGRAM, complaint)
    tables = Tables(option)
    tables.open()
    return tables


class Tables:
    """Both tables, as far as there are files for them.

    Attributes:
        countries: the one of countries.
        asns: the one of autonomous systems.

    Args:
        option: where to look first.
    """

    def __init__(self, option: Path | None) -> None:
        self.countries = Shelf(Kind.COUNTRY, str)
        self.asns: Shelf[Asn] = Shelf(Kind.ASN, asn_from)
        self._places = places(option, os.environ, Path.home())
        self._store = TableStore(default_directory())
        self._compiler = Compiler(self._store)

    def open(self) -> None:
        """Open both, compiled before where they are not yet; what that takes is told the user."""
        try:
            self._open(self.countries)
            self._open(self.asns)
        finally:
            self._compiler.stop()  # what Ctrl-C has interrupted

    @property
    def kept(self) -> str:
        """Where compiled tables are kept, or why they are not."""
        return self._compiler.complaint or str(self._store.directory)

    def country(self, address: bytes) -> str | None:
        """Return the country of `address`, if it is known."""
        return self.countries.find(address, self._store)

    def asn(self, address: bytes) -> Asn | None:
        """Return the autonomous system of `address`, if it is known."""
        return self.asns.find(address, self._store)

    def _open(self, shelf: Shelf[V]) -> None:
        source = shelf.look(self._places, self._store)
        if source is None:
            return
        complain(PROGRAM, shelf.notice)
        try:
            with Progress(f"compiling the {shelf.kind} table") as progress:
                percent = partial(progress, total=100)
                file = Path(source.path)
                table = self._compiler.compile(shelf.kind, file, source, shelf.decode, percent)
            shelf.put(table)
        except CompileError as error:
            shelf.lack(str(error))
