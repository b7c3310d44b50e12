"""What one change of a busy host costs the enricher, with all look-ups on."""

import time
from pathlib import Path

import psutil
from benchmarks.enrich.reverse_zone import name_server
from benchmarks.enriched import cpu_of, enricher
from benchmarks.pretend import PretendHost
from benchmarks.table import at_most, laid_out

from connmon_shared.stage.runtime import Runtime

CONNECTIONS, ADDRESSES = 100_000, 20_000
NEW = CONNECTIONS // 100  # connections in a change, and as many are gone
NEWCOMERS = 5  # one of so many new connections is to an address that was never met: 1 % of them
TICKS = 20
TICK_SECONDS = 0.5  # between two, so that each is handled by itself
_QUIET = 0.02  # the share of a processor of an enricher that has caught up
_PATIENCE = 60.0  # seconds


def run(data: Path | None) -> None:
    """Print the table; `data` holds GeoIP files."""
    places = () if data is None else ("--lookup-country", "--lookup-asn", f"--geo-path={data}")
    with name_server(lambda _: 0.0) as port:
        names = ("--resolve-names", f"--dns-server=127.0.0.1:{port}")
        with enricher(*names, *places) as (runtime, process):
            spent = 1_000 * _ticks(runtime, process)
    what = f"{CONNECTIONS:,} connections, {ADDRESSES:,} addresses, 1 % new: CPU of a tick, names"
    what += " and places on" if places else " on (no places: --data)"
    print(laid_out([at_most(what, 50, spent, "ms")]))


def _ticks(runtime: Runtime, process: psutil.Process) -> float:
    """Return the seconds of processor time that a tick takes."""
    with PretendHost(runtime, ADDRESSES, newcomers=NEWCOMERS) as host:
        host.begin(CONNECTIONS, time.time())
        host.flush()
        _wait_until_quiet(process)
        before = cpu_of(process)
        for _ in range(TICKS):
            host.change(NEW, time.time(), TICK_SECONDS)
            host.flush()
            time.sleep(TICK_SECONDS)
        _wait_until_quiet(process)
        return (cpu_of(process) - before) / TICKS


def _wait_until_quiet(process: psutil.Process) -> None:
    deadline = time.monotonic() + _PATIENCE
    process.cpu_percent()
    while time.monotonic() < deadline:
        time.sleep(1.0)
        if process.cpu_percent() < 100 * _QUIET:
            return
