"""CPU time against the number of sockets, for the collector and the usual tools.

Everybody looks once a second, while some short connections come and go:

    python -m benchmarks.curve [--counts 100 1000 ...] [--csv FILE] [--picture FILE]

Writes the figures as text and draws them. The two collectors run side by side for the same time;
psutil and ss are called one after the other. Where one call takes longer than a second, a look
each second cannot be held: its CPU time is that of a call, and it is marked. About 12 minutes.
"""

import argparse
import contextlib
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks import picture, sample
from benchmarks.load import Load, Plan
from benchmarks.picture import Point
from benchmarks.watched import Watched, decoded

from connmon_shared.messages import Delta

COUNTS = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
SOURCES = ("events", "poll")
CHURN = 100.0  # connections a second; they end with a reset, for TIME_WAIT would be counted, too
#: Rows that a collector may tell in a second: twice what the churn makes. In seconds with more,
#: others use this host, and those do not count.
MOST_ROWS = 4 * CHURN
BEFORE_SECONDS = 8  # for the collectors to come to rest
WATCH_SECONDS = 60  # the rarest resynchronisation comes once in that time
ROUNDS, ROUNDS_SECONDS = 5, 30.0  # of psutil and ss: at most so many, for so long
PERIOD_MS = 1_000.0
PLAN_SECONDS = BEFORE_SECONDS + WATCH_SECONDS + 3 * ROUNDS_SECONDS
ENDLESS = 10_000_000
DOCS = Path(__file__).resolve().parent.parent / "docs"
HEADING = "method,sockets,cpu_ms_per_second,longer_than_a_second"


def main() -> None:
    """Measure, write the figures and draw them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--counts", nargs="*", type=int, default=COUNTS, help="none: only draw")
    parser.add_argument("--sources", nargs="+", default=SOURCES)
    parser.add_argument("--csv", type=Path, default=DOCS / "cpu-curve.csv")
    parser.add_argument("--picture", type=Path, default=DOCS / "cpu-curve.svg")
    options = parser.parse_args()
    if options.counts:
        points = [point for n in options.counts for point in _at(n, options.sources)]
        options.csv.write_text(written(points))
    options.picture.write_text(picture.drawn(read(options.csv.read_text())))


def written(points: Iterable[Point]) -> str:
    """Return the figures as lines of text."""
    lines = [f"{p.method},{p.sockets},{p.cost:.3f},{'yes' if p.over else 'no'}" for p in points]
    return "\n".join([HEADING, *lines]) + "\n"


def read(text: str) -> list[Point]:
    """Return the figures in `text`."""
    rows = (line.split(",") for line in text.splitlines()[1:])
    return [Point(name, int(count), float(cost), over == "yes") for name, count, cost, over in rows]


def _at(count: int, sources: Iterable[str]) -> Iterator[Point]:
    """Measure everybody at `count` sockets."""
    with sample.connections(count) as opened, contextlib.ExitStack() as stack:
        # Before the threads of the collectors' readers: it forks.
        stack.callback(Load(Plan(ENDLESS, CHURN, PLAN_SECONDS, clients=1, reset=True)).end)
        for point in (*_collectors(opened, sources), *_calls(opened)):
            print(f"{point.method:12} {point.sockets:8,} {point.cost:10.2f} ms", file=sys.stderr)
            yield point


def _collectors(opened: int, sources: Iterable[str]) -> list[Point]:
    with contextlib.ExitStack() as stack:
        running = {source: stack.enter_context(Watched(source)) for source in sources}
        time.sleep(BEFORE_SECONDS)
        marks = [_mark(running)]
        for _ in range(WATCH_SECONDS):
            time.sleep(max(0.0, marks[-1].time + 1 - time.monotonic()))
            marks.append(_mark(running))
    told = _told(next(iter(running.values())))
    seconds = list(pairwise(marks))
    quiet = [pair for pair in seconds if _busiest(told, pair[0].time) <= MOST_ROWS] or seconds
    return [
        Point(f"connmon {source}", opened, _cost(source, quiet), over=False) for source in running
    ]


class _Mark(NamedTuple):
    time: float  # monotonic seconds
    used: dict[str, float]  # seconds of CPU time, by source


def _mark(running: Mapping[str, Watched]) -> _Mark:
    return _Mark(time.monotonic(), {source: watched.cpu() for source, watched in running.items()})


def _busiest(told: Counter[int], begin: float) -> int:
    return max(told[int(begin)], told[int(begin) + 1])


def _cost(source: str, seconds: list[tuple[_Mark, _Mark]]) -> float:
    """Return the milliseconds of CPU time in an average one of `seconds`."""
    used = sum(after.used[source] - before.used[source] for before, after in seconds)
    return used / sum(after.time - before.time for before, after in seconds) * 1_000


def _told(watched: Watched) -> Counter[int]:
    """Return how many rows came in each second: many where others use the host."""
    rows: Counter[int] = Counter()
    for arrival in watched.arrivals:
        message = decoded(arrival)
        if isinstance(message, Delta):
            rows[int(arrival.time)] += len(message.changed)
    return rows


def _calls(opened: int) -> Iterator[Point]:
    methods: dict[str, sample.Method] = {
        "psutil": sample.bare_psutil,
        "ss -tunap": sample.run_tool,
    }
    for name, method in methods.items():
        costs: list[sample.Cost] = []
        end = time.monotonic() + ROUNDS_SECONDS
        while len(costs) < ROUNDS and time.monotonic() < end:
            costs.append(sample.cost_of(method))
        wall, cpu = (statistics.median(each) for each in zip(*costs, strict=True))
        yield Point(name, opened, cpu, over=wall > PERIOD_MS)


if __name__ == "__main__":
    main()
