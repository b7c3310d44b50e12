"""Linux, told by the kernel: every connection, its process and its bytes, at almost no cost.

The table is kept by events. A dump is merged into it at the start, every few seconds or minutes
(the more sockets there are, the rarer), and at once after events were lost.

```
stream (rings of all CPUs) ──▶ programs (who)   exchanges (UDP)
                          └──▶ table ◀── dumps (networks)   ownership (whose)
destroyed sockets ──▶ farewells ──▶ meter (bytes)
```
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator

from connmon_collector.privilege.capabilities import sees_processes
from connmon_collector.processes.holders import Holders
from connmon_collector.processes.programs import Programs
from connmon_collector.sources.base import Change, Counted, Rows
from connmon_collector.sources.diag_sockets import DestroyedSocket
from connmon_collector.sources.events import perf, records
from connmon_collector.sources.events.doorbell import Doorbell
from connmon_collector.sources.events.dumps import Dumps
from connmon_collector.sources.events.exchanges import Exchanges
from connmon_collector.sources.events.farewells import Farewells
from connmon_collector.sources.events.flood import FloodGuard
from connmon_collector.sources.events.lingering import Lingering
from connmon_collector.sources.events.networks import Networks
from connmon_collector.sources.events.ownership import Ownership
from connmon_collector.sources.events.processors import Processors
from connmon_collector.sources.events.records import Event
from connmon_collector.sources.events.stream import Reading, Stream
from connmon_collector.sources.events.table import Open, Table
from connmon_collector.sources.events.transitions import Transitions
from connmon_collector.sources.meter import Meter
from connmon_collector.sources.sock_diag.last_words import read_last_words
from connmon_shared.messages import Counters, Process

DRAIN_SECONDS = 0.1
_ASLEEP_SECONDS = 1.0
_NS = 1_000_000_000
_CONTACTS = frozenset({records.TCP, records.UDP, records.SENT})
_MANY = 1_000  # events at once, of any kind, that are no sign of a host at rest
_BATCH = 2_000  # events applied before the kernel's buffers are emptied again: 10 ms
_LONGEST_DRAIN = _NS // 4  # what is left then waits for the next
_REMEMBERED = 60 * _NS  # how long a loss that is over is called a problem
_PART_SHARE = 1_000  # a look for empty namespaces that took 2 ms is followed by 2 s without one
_LATEST_PART = 20 * _NS

_OTHER_NETWORKS = (
    "UDP in network namespaces made after the start is only seen when something is sent"
)
_UNCOUNTED_THERE = (
    "TCP in network namespaces made after the start has no rates and round trips, and its bytes "
    "are known at its end at best"
)
_THERE_NOW = "{}: {} such namespace{} connections now, which a connmon started anew would count"
_NO_UDP = "UDP is seen only where its sockets are connected: this kernel reports no more"
_UNSENT_UDP = "UDP contacts are shown even where nothing was sent: this kernel does not tell"
_WITHHELD = "some process names are hidden: this system withholds them"
_UNREACHABLE = "{} network namespaces could not be entered: what is open there is not seen"
_HIDDEN = "process names of other users are hidden: run as root (sudo)"
_FLOOD = (
    "UDP is not followed for some seconds, and drawn as it was before: more than 20,000 packets a "
    "second are sent"
)
_NO_DUMP = "the table of connections could not be checked against the kernel's: trying again"
_UNCOUNTED = "bytes of some closed connections are not known: more closed than could be taken in"


class EventSource:
    """Keeps a table of connections by the kernel's events.

    Everything that needs a privilege is opened here; nothing is read before the first sample.

    Args:
        stream: where events come from.
        holders: finds the processes that hold sockets.
        now: nanoseconds of CLOCK_MONOTONIC, the clock of the events.

    Raises:
        OSError: this kernel, or our privilege, does not allow it.
    """

    name = "events"
    seamless = True

    def __init__(
        self,
        stream: Stream | None = None,
        holders: Holders | None = None,
        now: Callable[[], int] = perf.now,
    ) -> None:
        self.lost = 0
        self._now = now
        with contextlib.ExitStack() as opened:  # another source is used if one of them fails
            self._stream = stream or Stream()
            opened.callback(self._stream.close)
            self._networks = Networks()
            opened.callback(self._networks.close)
            self._destroyed = DestroyedSocket(everywhere=True)
            opened.callback(self._destroyed.close)
            self._bell = Doorbell(self._stream, self._destroyed.fileno())
            opened.pop_all()
        self._programs = Programs()
        self._table = Table(self._programs, self._networks.label, self._networks.own)
        confirmed = "sock/sock_send_length" not in self._stream.missing
        self._exchanges = Exchanges(
            self._table, self._programs, confirmed=confirmed, dumped=self._networks.dumped
        )
        self._ownership = owns = Ownership(self._table, self._programs, holders or Holders())
        self._flood = FloodGuard(self._stream.follow_udp)
        self._meter = Meter()
        self._farewells = Farewells(self._table, self._meter, Lingering(self._networks).look)
        self._dumps = Dumps(self._table, self._networks, self._meter)
        self._tidy_at = 0
        self._part_at = 0  # ns; when to look which network namespaces are empty
        self._overflows = 0  # of the last words, as far as they were noticed
        self._uncounted_until = 0  # ns; 0: no longer
        self._may_see = True
        self._processors = Processors(self._stream.cpus)
        self._lost_since = 0  # ns; 0: nothing was lost since the last change was told
        self._apply: dict[int, Callable[[Event], None]] = {
            records.TCP: Transitions(
                self._table, self._programs, owns.servers.opened, owns.servers.alone
            ).apply,
            records.FORK: owns.forked,
            records.EXIT: owns.exited,
            records.COMM: owns.named,
            records.EXEC: owns.executed,
            records.UDP: self._exchanges.routed,
            records.SENT: self._exchanges.sent,
        }

    @property
    def pace(self) -> float:
        """Seconds until `drain` is to be called, unless the bell rings."""
        return _ASLEEP_SECONDS if self._bell.set else DRAIN_SECONDS

    @property
    def bell(self) -> int | None:
        """The descriptor that becomes readable when something happens; None: nobody waits."""
        return self._bell.fileno() if self._bell.set else None

    @property
    def limits(self) -> tuple[str, ...]:
        """What cannot be seen, for people."""
        limits = [_OTHER_NETWORKS, _not_counted(self._dumps.uncounted)]
        if "fib/fib_table_lookup" in self._stream.missing:
            limits.append(_NO_UDP)
        elif "sock/sock_send_length" in self._stream.missing:
            limits.append(_UNSENT_UDP)
        if self._ownership.hidden and self._may_see:
            limits.append(_WITHHELD)
        if self._networks.unreachable:
            limits.append(_UNREACHABLE.format(self._networks.unreachable))
        return tuple(limits)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, for people."""
        wrong = (
            (self._ownership.hidden and not self._may_see, _HIDDEN),
            (self._flood.deaf, _FLOOD),
            (self._dumps.failed, _NO_DUMP),
            (self._uncounted_until, _UNCOUNTED),
        )
        return tuple(sentence for so, sentence in wrong if so)

    def begin(self) -> None:
        """Look for the first time."""
        self._may_see = sees_processes()
        self._programs.survey()
        self._take(self._stream.read())
        self._look(self._now())
        self._table.settle()

    def connections(self) -> Rows:
        """Return everything that is open, as it was told last."""
        return Open(self._table)

    def drain(self) -> Change:
        """Return what the kernel told since the last time, after a look if one is due."""
        now = began = self._now()
        self._programs.forget(now)  # not later: what ended last time could still be asked for
        self._bell.prepare(now)
        more = True
        while more and now - began < _LONGEST_DRAIN:
            reading = self._stream.read()
            self._take(reading)
            now, more = self._now(), reading.more
        if self._dumps.due(now) and not more:
            self._look(now)
        elif not more:
            self._ownership.own(self._dumps.glance(now))
        if now >= self._tidy_at:
            self._tidy_at = now + _NS
            self._tidy(now)
        return self._tell()

    def sample(self) -> Change:
        """Do the same: the grid means nothing to events."""
        return self.drain()

    def processes(self, pids: Iterable[int]) -> Iterator[Process]:
        """Yield what is known of these processes."""
        for pid in pids:
            yield self._programs.describe(self._programs.find(pid)).process()

    def counted(self) -> Counted:
        """Return the counters that moved since the last call."""
        return self._meter.take()

    def counters(self) -> Iterator[Counters]:
        """Yield the counters of everything that is open, as they were told last."""
        return self._meter.known()

    def remind(self) -> None:
        """Tell once more, with the next change, since when peers have closed."""
        self._table.remind()

    def close(self) -> None:
        """Stop listening."""
        self._bell.close()
        self._stream.close()
        self._networks.close()
        self._destroyed.close()

    def _tell(self) -> Change:
        now, moment = self._now(), time.monotonic_ns()
        self._farewells.settle(now)
        change = self._table.take(now)
        change.moment = moment
        if self._lost_since:
            change.lost_for = (now - self._lost_since) / _NS
            self._lost_since = 0
        return change

    def _take(self, reading: Reading) -> None:
        """Apply what happened, in its order."""
        self.lost += reading.lost
        if reading.since:
            self._lost_since = self._lost_since or reading.since
            self._dumps.hurry()
        apply = self._apply
        for start in range(0, max(len(reading.events), 1), _BATCH):
            for event in reading.events[start : start + _BATCH]:
                apply[event[0]](event)
            self._stream.relieve()
            self._hear_farewells()
        if reading.since:
            self._programs.survey()  # only now: what the events tell is older
        now = self._now()
        self._flood.limit(reading.events, now)
        self._bell.note(now, busy=bool(self._stream.held) or self._is_busy(reading.events))

    def _is_busy(self, events: list[Event]) -> bool:
        return len(events) > _MANY or any(event[0] in _CONTACTS for event in events)

    def _hear_farewells(self) -> None:
        now = self._now()
        for said in self._destroyed.drain(read_last_words, _BATCH):
            if said.tcp:
                self._farewells.hear(said, now)
            else:
                self._exchanges.destroyed(said.ends, said.mark, now)

    def _tidy(self, now: int) -> None:
        """Do what need not be done ten times a second."""
        if self._overflows != self._destroyed.overflows:
            self._overflows = self._destroyed.overflows
            self._uncounted_until = now + _REMEMBERED
        elif now > self._uncounted_until:
            self._uncounted_until = 0
        if self._exchanges.idle(now) and self._dumps.identify_udp():
            self._exchanges.expire(self._now())
        if now >= self._part_at:
            began = time.thread_time_ns()
            self._networks.forget_empty()
            cost = time.thread_time_ns() - began
            self._part_at = now + min(cost * _PART_SHARE, _LATEST_PART)
        if self._ownership.servers.settle():
            self._ownership.own(self._dumps.identify_servers())

    def _look(self, now: int) -> None:
        """Merge a dump, and find the owners of what it brought."""
        late: list[Event] = []
        lost, since = 0, 0
        unseen = list(self._stream.held)

        def newer() -> list[Event]:
            nonlocal lost, since, unseen
            more = True
            while more:
                reading = self._stream.read()
                late.extend(reading.events)
                unseen += self._stream.fresh
                lost, since = lost + reading.lost, since or reading.since
                more = reading.more
            seen, unseen = unseen, []
            return seen

        self._ownership.own(self._dumps.look(now, newer))
        self._take(Reading(late, lost, since))
        self._processors.check()


def _not_counted(networks: int) -> str:
    """Return what is not counted, and in how many namespaces connections are open of which."""
    if not networks:
        return _UNCOUNTED_THERE
    return _THERE_NOW.format(_UNCOUNTED_THERE, networks, " has" if networks == 1 else "s have")
