"""The table of one kind: which file it comes from, and what there is to say about that."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from connmon_enricher.geo.files import search
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.layout import About, Source
from connmon_enricher.geo.store import TableStore, source_of
from connmon_enricher.geo.table import DamagedTableError, Table

V = TypeVar("V")
DOWNLOAD = "connmon geo update"


class CompileError(Exception):
    """There is no table to be had from the file; the text says why."""


class KilledError(CompileError):
    """Who compiled was killed, for lack of memory most likely: that may go better later."""


class Shelf(Generic[V]):
    """Holds the newest table of one kind that could be opened.

    Attributes:
        kind: which tables it holds.
        decode: makes a value of its text.
        table: None as long as there is none.
        source: the file that it was, or is being, or could not be made of.
        compiling: whether that is being compiled.
        percent: how much of that is done.
        problem: a sentence for the user, empty if all is well.
    """

    def __init__(self, kind: Kind, decode: Callable[[str], V]) -> None:
        self.kind = kind
        self.decode = decode
        self.table: Table[V] | None = None
        self.source: Source | None = None
        self.compiling = False
        self.percent = 0
        self.problem = ""

    def look(self, places: tuple[Path, ...], store: TableStore) -> Source | None:
        """Look for the file in `places`; return it if it must be compiled."""
        before, self.source = self.source, self._found(places)
        if self.source is None or self.source == before:
            return None
        table = store.open(self.kind, self.source, self.decode)
        if table is not None:
            self.put(table)
            return None
        self.compiling, self.percent = True, 0
        return self.source

    @property
    def notice(self) -> str:
        """What is going on, empty if nothing is."""
        if not self.compiling or self.source is None:
            return ""
        done = f" ({self.percent}%)" if self.percent else ""
        return f"compiling the {self.kind} table{done} from {self.source.path}"

    def put(self, table: Table[V]) -> None:
        """Take `table` from now on."""
        self.table = table
        self.compiling = False
        self.problem = _about_rows(table.about)

    def try_again(self, reason: str) -> None:
        """Do without a table, or with the one from before, until the next look."""
        self.lack(reason)
        self.source = None

    def lack(self, reason: str) -> None:
        """Do without a table, or with the one from before."""
        how = f"no {self.kind} look-up" if self.table is None else f"{self.kind} look-up as before"
        self.compiling = False
        self.problem = f"{how}: {reason}"

    def find(self, address: bytes, store: TableStore) -> V | None:
        """Return the value for `address`; a damaged table is thrown away, to be compiled anew."""
        if self.table is None:
            return None
        try:
            return self.table.find(address)
        except DamagedTableError:
            store.discard(self.kind)
            self.table = self.source = None
            return None

    def _found(self, places: tuple[Path, ...]) -> Source | None:
        result = search(self.kind, places)
        if result.found is None:
            self.lack(
                f"dbip-{self.kind}-lite.csv, .csv.gz or .mmdb is in none of"
                f" {', '.join(result.looked)}; {DOWNLOAD} gets it"
            )
            return None
        try:
            return source_of(result.found)
        except OSError as error:
            self.lack(f"cannot read {result.found}: {error.strerror}")
            return None


def _about_rows(about: About) -> str:
    if not about.bad:
        return ""
    total = about.good + about.bad
    return (
        f"{about.source.path}: {about.bad} of {total} rows are malformed and left out"
        f" ({about.complaints})"
    )
