"""What one change of a busy host costs the enricher, with all look-ups on."""

import sys
import tempfile
import time
from pathlib import Path

import psutil
from benchmarks.enrich.reverse_zone import name_server
from benchmarks.enriched import cpu_of, enricher
from benchmarks.pretend import PretendHost
from benchmarks.table import Line, at_most, laid_out

from connmon_shared.stage.runtime import Runtime

CONNECTIONS, ADDRESSES = 100_000, 20_000
NEW = CONNECTIONS // 100  # connections in a change, and as many are gone
NEWCOMERS = 5  # one of so many new connections is to an address that was never met: 1 % of them
TICKS = 20
TICK_SECONDS = 0.5  # between two, so that each is handled by itself
TABLES = {
    "dbip-country-lite.csv": "dbip-country-ipv[46].csv",
    "dbip-asn-lite.csv": "asn-ipv[46].csv",
}
_QUIET = 0.02  # the share of a processor of an enricher that has caught up
_PATIENCE = 60.0  # seconds


def run(data: Path | None) -> None:
    """Print the table; somewhere in `data` are the CSV files of DB-IP's npm packages."""
    with tempfile.TemporaryDirectory() as folder, name_server(lambda _: 0.0) as port:
        places = _places(data, Path(folder)) if data is not None else ()
        names = ("--resolve-names", f"--dns-server=127.0.0.1:{port}")
        with enricher(*names, *places) as (runtime, process):
            loop, threads = _ticks(runtime, process)
    what = f"{CONNECTIONS:,} connections, {ADDRESSES:,} addresses, 1 % new: CPU of a tick, names"
    what += " and places on" if places else " on (no places: --data)"
    new = f"the PTR queries of the {NEW // NEWCOMERS} new addresses, in two threads beside it"
    beside = Line(new, "", f"{1_000 * threads:.3g} ms", None)
    print(laid_out([at_most(what, 50, 1_000 * loop, "ms"), beside]))


def _places(data: Path, folder: Path) -> tuple[str, ...]:
    """Return the options with which places are looked up, in files that this puts into `folder`."""
    for table, parts in TABLES.items():
        files = sorted(data.rglob(parts))
        if not files:
            sys.exit(f"{data}: there is no {parts}")
        (folder / table).write_bytes(b"".join(file.read_bytes() for file in files))
    return "--lookup-country", "--lookup-asn", f"--geo-path={folder}"


def _ticks(runtime: Runtime, process: psutil.Process) -> tuple[float, float]:
    """Return the processor seconds that a tick takes: of the loop, of the other threads."""
    with PretendHost(runtime, ADDRESSES, newcomers=NEWCOMERS) as host:
        host.begin(CONNECTIONS, time.time())
        host.flush()
        _wait_until_quiet(process)
        loop, whole = _cpu_of_loop(process), cpu_of(process)
        for _ in range(TICKS):
            host.change(NEW, time.time(), TICK_SECONDS)
            host.flush()
            time.sleep(TICK_SECONDS)
        _wait_until_quiet(process)
        loop, whole = _cpu_of_loop(process) - loop, cpu_of(process) - whole
        return loop / TICKS, (whole - loop) / TICKS


def _cpu_of_loop(process: psutil.Process) -> float:
    """Return the seconds of processor time that the first thread of `process` has had."""
    [loop] = [thread for thread in process.threads() if thread.id == process.pid]
    return float(loop.user_time + loop.system_time)


def _wait_until_quiet(process: psutil.Process) -> None:
    deadline = time.monotonic() + _PATIENCE
    process.cpu_percent()
    while time.monotonic() < deadline:
        time.sleep(1.0)
        if process.cpu_percent() < 100 * _QUIET:
            return
