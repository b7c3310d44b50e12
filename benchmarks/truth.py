"""What a collector told, compared with what a load knows to have happened. Pure."""

import statistics
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from benchmarks.load import CLIENT, SERVER, Done, Outcome, destination, sizes, source

from connmon_shared.messages import (
    Connection,
    Counters,
    Delta,
    Keyframe,
    Message,
    Status,
    Traffic,
)

#: The kernel may count SYN and FIN as a byte each in what was acknowledged or received.
FLAG_BYTES = 2

Ends = tuple[bytes, int, bytes, int]  # local address and port, remote address and port


class Expected(NamedTuple):
    """One end of a connection, as its process knows it."""

    ends: Ends
    pid: int
    process: str
    sent: int  # bytes
    received: int


class Verdict(NamedTuple):
    """How many of the expected rows were told right."""

    expected: int = 0
    ends: int = 0
    pid: int = 0
    process: int = 0
    size: int = 0  # final bytes
    wrong: int = 0  # a pid, a name or a count that is another's, or a row told twice
    open: int = 0  # never told to be gone

    @property
    def complete(self) -> bool:
        """Whether everything was told, and nothing wrong."""
        told = (self.ends, self.pid, self.process, self.size)
        return all(n == self.expected for n in told) and not (self.wrong or self.open)


class Told:
    """Everything that messages told, by the id of the connection.

    Attributes:
        rows: the newest row of each.
        first: when each was first heard of.
        gone: which are over.
        final: the last counters of each.
        lost: events that the collector says it has lost.
        unseen: how many stretches of time it says it may have missed something in.
    """

    def __init__(self) -> None:
        self.rows: dict[int, Connection] = {}
        self._opened: dict[int, float] = {}
        self.first: dict[int, float] = {}
        self.gone: set[int] = set()
        self.final: dict[int, Counters] = {}
        self.lost = 0
        self.unseen = 0

    def take(self, message: Message, time: float) -> None:
        """Take in a message that came at `time`."""
        if isinstance(message, Keyframe):
            self._rows(message.connections, message.time, time)
        elif isinstance(message, Delta):
            self._rows(message.changed, message.time, time, message.changed_ages)
            self.gone.update(message.gone)
            self.unseen += len(message.lost)
        elif isinstance(message, Traffic):
            self.final.update((each.id, each) for each in message.final)
        elif isinstance(message, Status):
            self.lost = max(self.lost, message.lost)

    def by_ends(self) -> dict[Ends, list[int]]:
        """Return the ids of all rows with the same two ends, oldest first: ports are used again."""
        found: dict[Ends, list[int]] = {}
        for number in sorted(self.rows, key=self._opened.__getitem__):
            found.setdefault(ends_of(self.rows[number]), []).append(number)
        return found

    def _rows(
        self, rows: Sequence[Connection], looked: float, time: float, ages: Sequence[int] = ()
    ) -> None:
        for row, age in zip(rows, ages or repeat(0), strict=False):
            if row.id not in self.rows:
                self.first[row.id] = time
                self._opened[row.id] = looked - age / 1_000
            self.rows[row.id] = row


def ends_of(row: Connection) -> Ends:
    """Return both ends of `row`."""
    return row.local, row.local_port, row.remote, row.remote_port


def client_ends(outcome: Outcome, done: Done) -> Ends:
    """Return the ends of a connection as its client sees them."""
    there = destination(outcome.plan, done.number)
    return source(outcome.plan), done.port, there, outcome.ports[done.pair]


def expected(outcome: Outcome) -> list[Expected]:
    """Return what must have been told of a load, in the order of time."""
    return [row for done in sorted(outcome.done, key=_begin) for row in _both(outcome, done)]


def _begin(done: Done) -> float:
    return done.begin


def _both(outcome: Outcome, done: Done) -> Iterator[Expected]:
    """Yield the client's row and the server's."""
    ends = client_ends(outcome, done)
    asked, answered = sizes(done.number)
    client, server = outcome.clients[done.pair], outcome.servers[done.pair]
    yield Expected(ends, client, f"{CLIENT}{done.pair}", asked, answered)
    yield Expected(ends[2:] + ends[:2], server, f"{SERVER}{done.pair}", answered, asked)


def judge(wanted: Sequence[Expected], told: Told) -> Verdict:
    """Compare what was expected, in the order of time, with what was told."""
    ids = told.by_ends()
    verdicts = [_judge_one(each, _next(ids.get(each.ends)), told) for each in wanted]
    if not verdicts:
        return Verdict()
    whole = Verdict(*map(sum, zip(*verdicts, strict=True)))
    twice = sum(len(ids[ends]) for ends in {each.ends for each in wanted} & ids.keys())
    return whole._replace(wrong=whole.wrong + twice)


def _next(ids: list[int] | None) -> int | None:
    return ids.pop(0) if ids else None


def _judge_one(wanted: Expected, number: int | None, told: Told) -> Verdict:
    if number is None:
        return Verdict(expected=1)
    row, counters = told.rows[number], told.final.get(number)
    size = counters is not None and _right_size(wanted, counters)
    wrong = (
        row.pid not in {0, wanted.pid}
        or row.process not in {"", wanted.process}
        or (counters is not None and not size)
    )
    return Verdict(
        expected=1,
        ends=1,
        pid=int(row.pid == wanted.pid),
        process=int(row.process == wanted.process),
        size=int(size),
        wrong=int(wrong),
        open=int(number not in told.gone),
    )


def _right_size(wanted: Expected, counters: Counters) -> bool:
    return (
        0 <= counters.sent - wanted.sent <= FLAG_BYTES
        and 0 <= counters.received - wanted.received <= FLAG_BYTES
    )


class Delay(NamedTuple):
    """How long after connect() a connection was heard of, milliseconds."""

    median: float
    late: float  # 99 of 100 were heard of by then
    worst: float


def delay(outcome: Outcome, told: Told) -> Delay | None:
    """Return the delays of the clients' rows; None when too few were told of."""
    ids = told.by_ends()
    waited = []
    for done in sorted(outcome.done, key=_begin):
        number = _next(ids.get(client_ends(outcome, done)))
        if number is not None:
            waited.append((told.first[number] - done.begin) * 1_000)
    if len(waited) < 2:
        return None
    return Delay(statistics.median(waited), statistics.quantiles(waited, n=100)[-1], max(waited))
