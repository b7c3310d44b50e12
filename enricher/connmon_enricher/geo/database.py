"""The look-up of country and autonomous system, in tables that are compiled in the background."""

import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from connmon_enricher.geo.files import complaint_about, places
from connmon_enricher.geo.kinds import Asn, Kind, asn_from
from connmon_enricher.geo.layout import Source
from connmon_enricher.geo.shelf import CompileError, KilledError, Shelf
from connmon_enricher.geo.store import TableStore, default_directory
from connmon_enricher.geo.table import Table
from connmon_shared.endpoints import Scope, scope_of

if TYPE_CHECKING:
    from connmon_enricher.geo.compiler import Compiler

V = TypeVar("V")
UNKNOWN_COUNTRY = ""
UNKNOWN_ASN: Asn = (0, "")
_WAKE_BYTES = 64
_STEP_PERCENT = 10  # each is a status to every viewer


class News(NamedTuple):
    """What is new since the last time."""

    table: bool  # whether there is one: addresses may lie elsewhere now
    problems: tuple[str, ...]


class GeoDatabase:
    """Answers "unknown" as long as there is no table, and for addresses that are not global.

    Only the tables in `wanted` (values of Kind) are opened; `option` is the user's --geo-path,
    a directory or a file. All methods are for one thread, the caller's.

    Args:
        wanted: which tables.
        option: where to look first.
        environ: which says where files and compiled tables are.
        home: of the user.
    """

    def __init__(
        self,
        wanted: Collection[str],
        option: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        home: Path | None = None,
    ) -> None:
        self._complaint = complaint_about(option) if option else ""
        self._countries = Shelf(Kind.COUNTRY, str)
        self._asns = Shelf(Kind.ASN, asn_from)
        shelves: tuple[Shelf[Any], ...] = (self._countries, self._asns)
        self._shelves = tuple(shelf for shelf in shelves if shelf.kind in wanted)
        self._places = places(option, environ, home or Path.home())
        self._store = TableStore(default_directory(environ))
        self._compiler: Compiler | None = None  # loaded once it is needed
        self._compiling = 0  # tables
        self._compiled: deque[Callable[[], None]] = deque()  # what the thread leaves for `take`
        self._told: set[str] = set()
        self._tables: tuple[Table[Any] | None, ...] = ()  # when they were told of
        self._lock = threading.Lock()  # around the pipe, which close() takes from the thread
        self._closed = False
        self._reader, self._writer = os.pipe()

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences for the user about what is wrong."""
        kept = self._compiler.complaint if self._compiler is not None else ""
        problems = (shelf.problem for shelf in self._shelves)
        return tuple(filter(None, (self._complaint, kept, *problems)))

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about what is being compiled."""
        return tuple(filter(None, (shelf.notice for shelf in self._shelves)))

    def look(self) -> None:
        """Look for files that are new or have changed, and let them be compiled if need be.

        A table stays in use until the next one is there.
        """
        if self._compiling:
            return
        for shelf in self._shelves:
            self._look(shelf)
        self._announce()

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when there is something to `take`."""
        return self._reader

    def take(self) -> News:
        """Take what has been compiled, and return what is new."""
        os.read(self._reader, _WAKE_BYTES)
        while self._compiled:
            self._compiled.popleft()()
            self._compiling -= 1
        problems = self.problems
        untold = tuple(problem for problem in problems if problem not in self._told)
        self._told = {*problems}
        before, self._tables = self._tables, tuple(shelf.table for shelf in self._shelves)
        return News(any(table not in (None, *before) for table in self._tables), untold)

    def country(self, address: bytes) -> str:
        """Return the ISO 3166-1 alpha-2 code for `address`, empty if not known."""
        if scope_of(address) is not Scope.GLOBAL:
            return UNKNOWN_COUNTRY
        return self._countries.find(address, self._store) or UNKNOWN_COUNTRY

    def asn(self, address: bytes) -> Asn:
        """Return AS number and organisation for `address`, (0, "") if not known."""
        if scope_of(address) is not Scope.GLOBAL:
            return UNKNOWN_ASN
        return self._asns.find(address, self._store) or UNKNOWN_ASN

    def close(self) -> None:
        """End what is being compiled, and give the descriptor back."""
        if self._compiler is not None:
            self._compiler.stop()
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._reader)
                os.close(self._writer)

    def _look(self, shelf: Shelf[V]) -> None:
        """Let a thread compile the file of `shelf` if that is new."""
        source = shelf.look(self._places, self._store)
        if source is None:
            return
        if self._compiler is None:
            from connmon_enricher.geo.compiler import Compiler  # noqa: PLC0415 - seldom needed

            self._compiler = Compiler(self._store)
        work = (shelf, source, self._compiler)
        self._compiling += 1
        threading.Thread(target=self._compile, args=work, name="geo", daemon=True).start()

    def _compile(self, shelf: Shelf[V], source: Source, compiler: "Compiler") -> None:
        """Compile; an exception that nobody expected is told and then shown by threading."""
        outcome = partial(shelf.lack, "an internal error, shown on standard error")
        try:
            tell = partial(self._tell, shelf)
            table = compiler.compile(shelf.kind, Path(source.path), source, shelf.decode, tell)
            outcome = partial(shelf.put, table)
        except KilledError as error:
            outcome = partial(shelf.try_again, str(error))
        except CompileError as error:
            outcome = partial(shelf.lack, str(error))
        finally:
            self._compiled.append(outcome)
            self._announce()

    def _tell(self, shelf: Shelf[V], percent: int) -> None:
        """Let it be seen how much of the table of `shelf` is done, in steps."""
        if percent - shelf.percent >= _STEP_PERCENT:
            shelf.percent = percent // _STEP_PERCENT * _STEP_PERCENT
            self._announce()

    def _announce(self) -> None:
        with self._lock:
            if not self._closed:
                os.write(self._writer, b"\0")
