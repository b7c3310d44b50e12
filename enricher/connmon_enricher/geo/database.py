"""The look-up of country and autonomous system, with its files loaded in the background."""

import os
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from connmon_enricher.geo.files import complaint_about, places
from connmon_enricher.geo.kinds import Asn, Kind, asn_of, country_of
from connmon_enricher.geo.loader import load
from connmon_enricher.geo.table import RangeTable
from connmon_shared.endpoints import Scope, scope_of

UNKNOWN_COUNTRY = ""
UNKNOWN_ASN: Asn = (0, "")


class GeoDatabase:
    """Answers "unknown" until its files are loaded, and for addresses that are not global.

    Only the tables in `wanted` (values of Kind) are opened; `option` is the user's --geo-path,
    a directory or a file. All methods but the thread's own are for one thread, the caller's.

    Attributes:
        ready: whether loading has come to its end, with or without problems.
        problems: sentences for the user, complete once `ready`.
    """

    def __init__(
        self,
        wanted: Collection[str],
        option: Path | None = None,
        environ: Mapping[str, str] = os.environ,
        home: Path | None = None,
    ) -> None:
        self.ready = False
        self.problems: tuple[str, ...] = ()
        self._wanted = frozenset(wanted)
        self._option = option
        self._places = places(option, environ, home or Path.home())
        self._countries: RangeTable[str] = RangeTable({}, [])
        self._asns: RangeTable[Asn] = RangeTable({}, [])
        self._lock = threading.Lock()  # around the pipe, which close() takes from the thread
        self._closed = False
        self._reader, self._writer = os.pipe()

    def load_in_background(self) -> None:
        """Start loading, in a thread that does not keep the process from ending."""
        threading.Thread(target=self._load, name="geo-load", daemon=True).start()

    def fileno(self) -> int:
        """Return a descriptor that becomes readable, and stays so, when `ready` turns true."""
        return self._reader

    def country(self, address: bytes) -> str:
        """Return the ISO 3166-1 alpha-2 code for `address`, empty if not known."""
        if scope_of(address) is not Scope.GLOBAL:
            return UNKNOWN_COUNTRY
        return self._countries.find(address) or UNKNOWN_COUNTRY

    def asn(self, address: bytes) -> Asn:
        """Return AS number and organisation for `address`, (0, "") if not known."""
        if scope_of(address) is not Scope.GLOBAL:
            return UNKNOWN_ASN
        return self._asns.find(address) or UNKNOWN_ASN

    def close(self) -> None:
        """Give the descriptor back; a thread that still loads goes on without effect."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._reader)
                os.close(self._writer)

    def _load(self) -> None:
        """Load all; an exception that nobody expected is told and then shown by threading."""
        problems: tuple[str, ...] = (
            "GeoIP look-up is off: an internal error, shown on standard error",
        )
        try:
            problems = self._load_tables()
        finally:
            self.problems = problems
            self._announce()

    def _load_tables(self) -> tuple[str, ...]:
        problems: list[str] = []
        if self._option and (complaint := complaint_about(self._option)):
            problems.append(complaint)
        if Kind.COUNTRY in self._wanted:
            countries = load(Kind.COUNTRY, country_of, self._places)
            self._countries = countries.table
            problems += countries.problems
        if Kind.ASN in self._wanted:
            asns = load(Kind.ASN, asn_of, self._places)
            self._asns = asns.table
            problems += asns.problems
        return tuple(problems)

    def _announce(self) -> None:
        self.ready = True
        with self._lock:
            if not self._closed:
                os.write(self._writer, b"\0")
