"""A day at full speed: whether the memory of the enricher and of a viewer stays flat.

`make bench-soak` sends what a busy host would in 24 hours, as fast as it is taken.
"""

import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
from benchmarks.enriched import Watching, enricher
from benchmarks.pretend import PretendHost
from benchmarks.table import Line, at_most, laid_out

from connmon_shared.stage.runtime import Runtime

_HOURS = 24
_HOUR = 3_600  # seconds
_OPEN = 2_000  # connections at any time
_CHANGES = 5  # connections opened, and closed, a second
_ADDRESSES = 250_000  # more than there are rows
_SETTLED = 12  # hours after which nothing should grow any more
_MIB = 1 << 20
_BAR_MIB = 8.0


def soak() -> Iterator[Line]:
    """Yield the memory of both after each two hours."""
    with enricher() as (runtime, process), PretendHost(runtime, _ADDRESSES) as host:
        began = time.time() - _HOURS * _HOUR
        host.begin(_OPEN, began)
        viewer = _viewer(runtime)
        watching = psutil.Process(viewer.pid)
        check = Watching(runtime)
        check.join(_OPEN)
        sizes: list[tuple[float, float]] = []
        try:
            for hour in range(_HOURS):
                for second in range(hour * _HOUR, (hour + 1) * _HOUR):
                    host.change(_CHANGES, began + second, 1.0)
                    host.flush()
                    if not second % 100:
                        check.turn(0.0)
                _catch_up(check, host, began + second)
                sizes.append((process.memory_info().rss / _MIB, watching.memory_info().rss / _MIB))
                print(hour + 1, *(f"{size:.1f}" for size in sizes[-1]), file=sys.stderr, flush=True)
            history = check.history
            rows = f"{len(history.tracks):,}, {history.dropped:,}"
            yield Line("rows, and those forgotten", "", rows, None)
        finally:
            viewer.kill()
            viewer.wait()
            check.close()
    for name, of_one in zip(("enricher", "viewer"), zip(*sizes, strict=True), strict=True):
        grown = max(of_one[_SETTLED:]) - of_one[_SETTLED - 1]
        told = ", ".join(f"{size:.0f}" for size in of_one[::3])
        yield at_most(f"{name}: growth after {_SETTLED} h", _BAR_MIB, grown, "MiB", f"{told} MiB")


def _catch_up(viewer: Watching, host: PretendHost, moment: float) -> None:
    """Wait until the viewer has all that was sent; by a heartbeat it knows what it misses."""
    while viewer.history.connections.keys() != host.rows.keys():
        host.change(0, moment)
        host.flush()
        viewer.turn()
        host.serve()


def _viewer(runtime: Runtime) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-I", "-m", "connmon_display", str(runtime.directory), "--scroll"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _main() -> None:
    print(laid_out(soak()))


if __name__ == "__main__":
    _main()
