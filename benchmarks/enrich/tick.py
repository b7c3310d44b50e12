"""What one change of a busy host costs the enricher, with all look-ups on."""

import statistics
import sys
import tempfile
import time
from itertools import pairwise
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
TICKS = 70  # 35 seconds: the enricher looks for what is old every 30
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
            loops, threads = _ticks(runtime, process)
    what = f"{CONNECTIONS:,} connections, {ADDRESSES:,} addresses, 1 % new: CPU of the worst"
    what += f" of {TICKS} ticks, names"
    what += " and places on" if places else " on (no places: --data)"
    new = f"the PTR queries of the {NEW // NEWCOMERS} new addresses, in two threads beside it"
    beside = Line(new, "", f"{1_000 * threads:.3g} ms", None)
    mean = Line("the mean of them", "", f"{1_000 * statistics.mean(loops):.3g} ms", None)
    print(laid_out([at_most(what, 50, 1_000 * max(loops), "ms"), mean, beside]))


def _places(data: Path, folder: Path) -> tuple[str, ...]:
    """Return the options with which places are looked up, in files that this puts into `folder`."""
    for table, parts in TABLES.items():
        files = sorted(data.rglob(parts))
        if not files:
            sys.exit(f"{data}: there is no {parts}")
        (folder / table).write_bytes(b"".join(file.read_bytes() for file in files))
    return "--lookup-country", "--lookup-asn", f"--geo-path={folder}"


def _ticks(runtime: Runtime, process: psutil.Process) -> tuple[list[float], float]:
    """Return the processor seconds of the loop for each tick, and of the other threads for one."""
    with PretendHost(runtime, ADDRESSES, newcomers=NEWCOMERS) as host:
        host.begin(CONNECTIONS, time.time())
        host.flush()
        _wait_until_quiet(process)
        loops, whole = [_cpu_of_loop(process)], cpu_of(process)
        for _ in range(TICKS):
            host.change(NEW, time.time(), TICK_SECONDS)
            host.flush()
            time.sleep(TICK_SECONDS)
            loops.append(_cpu_of_loop(process))
        _wait_until_quiet(process)
        threads = cpu_of(process) - whole - (_cpu_of_loop(process) - loops[0])
        return [after - before for before, after in pairwise(loops)], threads / TICKS


def _cpu_of_loop(process: psutil.Process) -> float:
    """Return the seconds of processor time that the first thread of `process` has had."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/schedstat")
    return int(path.read_text("ascii").split()[0]) / 1e9


def _wait_until_quiet(process: psutil.Process) -> None:
    deadline = time.monotonic() + _PATIENCE
    process.cpu_percent()
    while time.monotonic() < deadline:
        time.sleep(1.0)
        if process.cpu_percent() < 100 * _QUIET:
            return
