"""The way of a change from a collector to the viewers: how long, at which cost, what is lost.

`make bench-wire` measures all of it and prints a table; names on the command line choose some.
"""

import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

import psutil
from benchmarks.crowd import crowd, stopped
from benchmarks.enriched import Watching, cpu_of, enricher
from benchmarks.joining import joins
from benchmarks.pretend import start
from benchmarks.table import Line, at_most, laid_out

from connmon_shared import wire

_MS = 1_000
_SECONDS = 20.0
_NAMES = ("latency", "joins", "crowd", "stopped")


def latency(rows: int, rate: float, bar_ms: float, bar_core: float | None) -> Iterator[Line]:
    """Yield how long changes of 1 % of `rows`, `rate` times a second, take to be in a viewer."""
    delays: list[float] = []
    kinds: list[str] = []

    def tap(name: str, frames: wire.Frames) -> None:
        header, _ = wire.split(frames)
        kinds.append(f"{name} {header.kind}")
        if name == "stream" and header.kind == "delta":
            delays.append(time.time() - header.time)

    with enricher() as (runtime, process):
        pretending = psutil.Process(start(runtime, rows, 0.01, rate).pid)
        viewer = Watching(runtime, tap)
        try:
            viewer.join(rows)
            delays.clear()
            kinds.clear()
            stages = (process, pretending, psutil.Process())
            before, began = sum(map(cpu_of, stages)), time.monotonic()
            while time.monotonic() - began < _SECONDS:
                viewer.turn()
            cost = (sum(map(cpu_of, stages)) - before) / (time.monotonic() - began)
        finally:
            pretending.kill()
            pretending.wait()
            viewer.close()
    again = sum(kind.startswith("answer") for kind in kinds)
    what = f"{rows:,} rows, 1 % churn, {rate:g} Hz"
    yield at_most(f"{what}: median until in the viewer", bar_ms, median(delays) * _MS, "ms")
    yield Line(f"{what}: worst", "", f"{max(delays) * _MS:.3g} ms of {len(delays)}", None)
    yield at_most(f"{what}: messages asked for again", 0, again, "")
    if bar_core is not None:
        yield at_most(f"{what}: all stages", bar_core, 100 * cost, "% of a core")
    else:
        yield Line(f"{what}: all stages", "", f"{100 * cost:.3g} % of a core", None)


def _main() -> None:
    wanted = sys.argv[1:] or _NAMES
    parts: dict[str, Callable[[], Iterator[Line]]] = {
        "latency": lambda: (
            line
            for settings in ((10_000, 10.0, 10.0, None), (100_000, 1.0, 60.0, 30.0))
            for line in latency(*settings)
        ),
        "joins": joins,
        "crowd": crowd,
        "stopped": stopped,
    }
    lines = []
    for name in wanted:
        for line in parts[name]():
            print(*line.cells, sep="  ", file=sys.stderr, flush=True)
            lines.append(line)
    print(laid_out(lines))


if __name__ == "__main__":
    _main()
