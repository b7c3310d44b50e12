"""What it costs to turn messages into bytes and back, beside msgpack with an array for each row.

    python -m benchmarks.codec [--rounds N]

The peer checks nothing: it writes rows as they are, reads them and makes named tuples of them.
Both take turns, so that whatever else the machine does is shared; the medians are compared.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, cast

import msgpack
from benchmarks.table import aligned

from connmon_shared import codec
from connmon_shared.codec.schema import BODIES
from connmon_shared.messages import (
    ROWS_PER_PART,
    Connection,
    Counters,
    Delta,
    Histories,
    Keyframe,
    Message,
    Record,
    Traffic,
    kind_of,
)
from connmon_shared.timelines.timeline import Run, Timeline

HEADING = ("", "columns, checked", "rows, unchecked", "rows / columns")
ROUNDS = 9
RECORDS_PER_PART = 350  # of 100 transitions: a part of 150 kB
PROGRAMS = ("chrome", "curl", "nginx", "postgres", "python3", "sshd")
ADDRESSES, LISTENERS = 10_000, (22, 80, 443, 5432)
MOMENT = 1.7e9


class Case(NamedTuple):
    """Some messages that hold `rows` altogether."""

    what: str
    rows: int
    messages: list[Message]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the median counts")
    rounds = parser.parse_args().rounds
    lines = [line for case in cases(random.Random(7)) for line in compared(case, rounds)]  # noqa: S311 - the same rows each time
    print(aligned([HEADING, *lines]))


def cases(chance: random.Random) -> Iterator[Case]:
    """Yield what is measured."""
    rows = connections(chance, 100_000)
    parts = [Keyframe(MOMENT, MOMENT, MOMENT, part) for part in in_parts(rows, ROWS_PER_PART)]
    yield Case("100,000 connections", len(rows), [*parts])
    few, gone = rows[:1_000], tuple(row.id for row in rows[-1_000:])
    delta = Delta(MOMENT, MOMENT, MOMENT, few, gone, (), (7,) * len(few), (8,) * len(gone))
    yield Case("a delta of 1,000, and 1,000 gone", len(few), [delta])
    counted = ((row.id, *(chance.randrange(1 << 20) for _ in range(6)), True) for row in rows)
    moved = tuple(map(Counters._make, counted))
    yield Case(
        "100,000 counters",
        len(moved),
        [Traffic(MOMENT, part) for part in in_parts(moved, ROWS_PER_PART)],
    )
    records = tuple(record(chance, row) for row in rows[:10_000])
    yield Case(
        "10,000 records of 100 transitions",
        len(records),
        [Histories(part) for part in in_parts(records, RECORDS_PER_PART)],
    )


def connections(chance: random.Random, count: int) -> tuple[Connection, ...]:
    """Return what a busy host has: few programs, and thousands of addresses."""
    addresses = [chance.randbytes(chance.choice((4, 4, 16))) for _ in range(ADDRESSES)]
    return tuple(
        Connection(
            *(1 << 63 | number, 6, 1, b"\n\0\0\5", chance.randrange(32_768, 61_000)),
            *(chance.choice(addresses), chance.choice(LISTENERS), chance.randrange(1 << 22)),
            *(chance.choice(PROGRAMS), 1_000, (1, 2, 3) if number % 100 == 0 else ()),
        )
        for number in range(count)
    )


def record(chance: random.Random, row: Connection) -> Record:
    """Return the history of an address that came and went fifty times."""
    timeline = Timeline()
    tick = 0
    for _ in range(50):
        timeline.record(tick := tick + chance.randrange(1, 500), Run.ACTIVE, opened=True)
        timeline.record(tick := tick + chance.randrange(1, 50), Run.EMPTY)
    return Record(row.remote, 0, timeline.pack(), 50, row, failed=False, ports=(row.remote_port,))


def in_parts(rows: Sequence[Any], size: int) -> Iterator[tuple[Any, ...]]:
    """Yield `rows` in parts as they are sent."""
    for start in range(0, len(rows), size):
        yield tuple(rows[start : start + size])


def compared(case: Case, rounds: int) -> Iterator[tuple[str, ...]]:
    """Yield what `case` takes: to encode, to decode, and in bytes."""
    ours = [(kind_of(message), codec.encode(message)) for message in case.messages]
    theirs = [(kind_of(message), rows_written(message)) for message in case.messages]
    encoding = timed(
        rounds,
        lambda: [codec.encode(message) for message in case.messages],
        lambda: [rows_written(message) for message in case.messages],
    )
    decoding = timed(
        rounds,
        lambda: [codec.decode(kind, body) for kind, body in ours],
        lambda: [rows_read(kind, body) for kind, body in theirs],
    )
    sizes = [sum(len(body) for _, body in bodies) for bodies in (ours, theirs)]
    for what, (mine, other), shown in (
        ("encode", encoding, in_time),
        ("decode", decoding, in_time),
        ("size", sizes, in_bytes),
    ):
        costs = (shown(cost, case.rows) for cost in (mine, other))
        yield f"{case.what}: {what}", *costs, f"{other / mine:.2f}"


def in_time(seconds: float, rows: int) -> str:
    """Return what a cost is altogether, and for one row."""
    return f"{seconds * 1e3:.2f} ms, {seconds / rows * 1e9:.0f} ns a row"


def in_bytes(size: float, rows: int) -> str:
    """Return the size altogether, and of one row."""
    return f"{size / 1e3:.0f} kB, {size / rows:.1f} bytes a row"


def rows_written(message: Message) -> bytes:
    """Encode `message` with an array for each row."""
    fields = [getattr(message, name) for name in BODIES[type(message)].layouts]
    return cast("bytes", msgpack.packb(fields))


#: Which fields of a message hold rows, and what makes a row of an array.
ROWS: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {
    "keyframe": [(3, Connection._make)],
    "delta": [(3, Connection._make)],
    "traffic": [(1, Counters._make), (2, Counters._make)],
    "histories": [(0, lambda row: Record._make([*row[:4], Connection._make(row[4]), *row[5:]]))],
}


def rows_read(kind: str, body: bytes) -> list[Any]:
    """Return the fields of a message that `rows_written` encoded."""
    fields = cast("list[Any]", msgpack.unpackb(body))
    for place, made in ROWS[kind]:
        fields[place] = tuple(map(made, fields[place]))
    return fields


def timed(rounds: int, *tasks: Callable[[], object]) -> list[float]:
    """Return the median seconds of each of `tasks`, which take turns."""
    taken: list[list[float]] = [[] for _ in tasks]
    for _ in range(rounds):
        for task, seconds in zip(tasks, taken, strict=True):
            begin = time.process_time()
            task()
            seconds.append(time.process_time() - begin)
    return [statistics.median(seconds) for seconds in taken]


if __name__ == "__main__":
    main()
