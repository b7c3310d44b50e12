"""What a day's history of 10,000 addresses takes, in memory and in processor time.

    python -m benchmarks.history [--hours N]

Deltas are applied one after the other, one for each second of the day: with the limits that
histories have, and without any. Every case runs in a process of its own.
"""

import argparse
import multiprocessing
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import NamedTuple, ParamSpec

import psutil
from benchmarks.table import aligned

from connmon_shared.messages import Connection, Delta, Histories, Keyframe
from connmon_shared.stage.garbage import collect_rarely
from connmon_shared.timelines.history import History
from connmon_shared.timelines.memory import LIMITS, Limits
from connmon_shared.timelines.states import Protocol, State
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

HEADING = (
    *("", "limits", "rows", "transitions", "1 h", "at the end", "a delta", "the longest"),
    *("to a viewer, 1 h", "at the end", "thinned", "forgotten"),
)
NONE = Limits(*[1 << 60] * len(LIMITS))
ADDRESSES = 10_000
MOMENT = 1.7e9
P = ParamSpec("P")
_HOUR = 3_600  # seconds
_MILLION = 1e6
_MS = 1e3


class Pattern(NamedTuple):
    """What a host does."""

    what: str
    rate: int = 0  # connections opened a second
    life: int = 2  # seconds that most of them stay open
    ever_new: bool = False  # addresses; else they are those of the beginning


class Case(NamedTuple):
    """What is measured."""

    pattern: Pattern
    limits: Limits
    hours: int


CASES = [
    (Pattern("10,000 connections stay open"), NONE),
    (Pattern("each address once a minute", ADDRESSES // 60), NONE),
    (Pattern("each address once a minute", ADDRESSES // 60), LIMITS),
    (Pattern("300 connections a second", 300, life=20), NONE),
    (Pattern("300 connections a second", 300, life=20), LIMITS),
    (Pattern("300 new addresses a second", 300, ever_new=True), LIMITS),
]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--hours", type=int, default=24, help="of the history (default: 24)")
    hours = parser.parse_args().hours
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as alone:
        lines = []
        for line in alone.imap(measured, [Case(*each, hours) for each in CASES]):
            print(*line, sep=", ", file=sys.stderr, flush=True)
            lines.append(line)
    print(aligned([HEADING, *lines]))


def measured(case: Case) -> tuple[str, ...]:
    """Return the line of one case."""
    collect_rarely()
    before, history = _resident(), History(case.limits)
    history.keyframe(Keyframe(MOMENT, MOMENT, MOMENT, tuple(_rows(range(ADDRESSES), count(1)))))
    sizes, joins, costs = [], [], []
    for second, delta in enumerate(deltas(case.pattern, case.hours), start=1):
        costs.append(_cost(history.delta, delta))
        if second in {_HOUR, case.hours * _HOUR}:
            sizes.append(_resident() - before)
            joins.append(_cost(_joined, history, case.limits))
    thinned = (history.coverage.end - history.thinned) / TICKS_PER_SECOND / _HOUR
    return (
        case.pattern.what,
        "none" if case.limits == NONE else "",
        f"{len(history.tracks):,}",
        f"{history.transitions / _MILLION:.1f} million",
        *(f"{size / _MILLION:.0f} MB" for size in (sizes[0], sizes[-1])),
        f"{sum(costs) / len(costs) * _MS:.2f} ms",
        f"{max(costs) * _MS:.0f} ms",
        *(f"{join * _MS:.0f} ms" for join in (joins[0], joins[-1])),
        f"older than {thinned:.1f} h" if history.thinned else "",
        f"{history.dropped:,}" if history.dropped else "",
    )


def deltas(pattern: Pattern, hours: int) -> Iterator[Delta]:
    """Yield what a collector sends in so many hours after its keyframe, a delta a second."""
    chance, numbers = random.Random(7), count(ADDRESSES + 1)  # noqa: S311 - the same day each time
    ending: dict[int, list[int]] = defaultdict(list)
    for number in range(1, ADDRESSES + 1) if pattern.rate else ():
        ending[chance.randrange(60)].append(number)
    for second in range(hours * _HOUR):
        first = second * pattern.rate + ADDRESSES
        if pattern.ever_new:
            chosen: Iterable[int] = range(first, first + pattern.rate)
        else:
            chosen = (number % ADDRESSES for number in range(first, first + pattern.rate))
        rows = tuple(_rows(chosen, numbers))
        for row in rows:
            ending[second + chance.randrange(2 * pattern.life)].append(row.id)
        gone = tuple(ending.pop(second, ()))
        ages = tuple(chance.randrange(1_000) for _ in range(len(rows) + len(gone)))
        spans = (MOMENT + second + 1, MOMENT + second, MOMENT + second + 1)
        yield Delta(*spans, rows, gone, (), ages[: len(rows)], ages[len(rows) :])


def _rows(addresses: Iterable[int], numbers: Iterator[int]) -> Iterator[Connection]:
    ours = (Protocol.TCP, State.ESTABLISHED, bytes((192, 0, 2, 1)), 50_000)
    for address in addresses:
        remote = (address % (1 << 32)).to_bytes(4, "big")
        yield Connection(next(numbers), *ours, remote, 443, 4_242, "curl", 1_000)


def _joined(history: History, limits: Limits) -> History:
    records = (Histories(tuple(history.records())),)
    return History.restore(history.session(), records, history.connections.values(), limits)


def _cost(work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    """Return the seconds of processor time that `work` takes."""
    begin = time.process_time()
    work(*args, **kwargs)
    return time.process_time() - begin


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


if __name__ == "__main__":
    main()
