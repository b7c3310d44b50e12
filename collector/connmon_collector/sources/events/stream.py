"""The rings of all CPUs as one stream of events in the order of time.

Each CPU fills its own ring, and the kernel reuses a socket's address within microseconds, so an
event of one CPU must never be looked at before an older one of another. A reading therefore
takes the time first and returns only what is older than that; what is younger waits.
"""

from collections import deque
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from connmon_collector.sources.events import perf, tracepoints
from connmon_collector.sources.events.records import TIME, Decoder, Event, Lost, known
from connmon_collector.sources.events.tracepoints import Tracepoint, TracepointError

#: ns; an event is in its ring by the time that its stamp is so old, on every CPU.
SETTLING = 1_000_000
_RING_BYTES = 4 << 20  # keeps 40,000 changes of state; two CPUs then hold two seconds at 20,000/s
_ALL_RINGS_BYTES = 32 << 20  # of all CPUs together, unless that leaves less than the smallest
_SMALLEST_RING = 256 << 10
_MOST_WAITING = 64 << 20  # bytes taken out of all rings and not yet read: 600,000 events
_TAKEN = 2 << 20  # bytes of one ring read at once, about
_OTHERS_SHARE = 4  # the ring of processes and UDP is so many times smaller
# States: 1 ESTABLISHED, 2 SYN_SENT, 4 FIN_WAIT1, 7 CLOSE, 9 LAST_ACK, 10 LISTEN. What closes after
# FIN_WAIT1 or LAST_ACK has been told before. CLOSE_WAIT (8) lasts microseconds unless our side
# leaks the connection, and then a dump shows it: one event in six that need not be heard.
_TCP_FILTER = (
    "protocol==6&&(newstate==1||newstate==2||newstate==4||newstate==9||newstate==10"
    "||(newstate==7&&(oldstate==1||oldstate==2||oldstate==3||oldstate==8||oldstate==10)))"
)
_ROUTE_FILTER = "proto==17&&iif==1"  # UDP, sent by this host: those come from loopback (1)
_SENT_FILTER = "protocol==17"
_OTHERS = (  # the kernel has them since 4.x, 4.x, 6.3 and 3.x
    ("fib/fib_table_lookup", _ROUTE_FILTER),
    ("fib6/fib6_table_lookup", _ROUTE_FILTER),
    ("sock/sock_send_length", _SENT_FILTER),
    ("sched/sched_process_exec", ""),
)
_ROUTES = frozenset({"fib/fib_table_lookup", "fib6/fib6_table_lookup"})
_SENT = frozenset({"sock/sock_send_length"})
_by_time = itemgetter(TIME)


class Reading(NamedTuple):
    """What the stream gave."""

    events: list[Event]  # in the order of time
    lost: int = 0  # so many more there were, as far as the kernel has told
    since: int = 0  # ns; after this something was lost; 0: nothing was
    more: bool = False  # whether there is more that has come already


class Order:
    """Holds events back until nothing older can come. Pure."""

    def __init__(self) -> None:
        self.held: list[Event] = []

    def settle(self, fresh: list[Event], until: int) -> list[Event]:
        """Add `fresh` events, and return all that are not younger than `until`, oldest first."""
        events = self.held + fresh
        events.sort(key=_by_time)
        first = len(events)
        while first and events[first - 1][TIME] > until:
            first -= 1
        self.held = events[first:]
        del events[first:]
        return events


class _Queue:
    """A ring, and what was taken out of it."""

    def __init__(self, ring: perf.Ring, decode: Callable[[bytes], list[Event]]) -> None:
        self.ring = ring
        self.decode = decode
        self.records: deque[bytes] = deque()

    def take(self) -> bytes:
        """Return the oldest records, not too many at once: events take six times their room."""
        taken = [self.records.popleft()]
        size = len(taken[0])
        while self.records and size < _TAKEN:
            taken.append(self.records.popleft())
            size += len(taken[-1])
        return b"".join(taken)


class Stream:
    """Listens to the kernel.

    Args:
        now: nanoseconds of CLOCK_MONOTONIC.
        ring_bytes: of each CPU's ring of TCP events, a power of two.

    Attributes:
        missing: tracepoints that this kernel does not have.
        contacts: those that tell of connections and of what is sent over UDP.
        fresh: what the last reading took in, told by it or held back.

    Raises:
        OSError: this kernel, or our privilege, does not allow it.
    """

    def __init__(self, now: Callable[[], int] = perf.now, ring_bytes: int | None = None) -> None:
        self._now = now
        self._order = Order()
        tcp = tracepoints.find("sock/inet_sock_set_state")
        others = [(point, text) for name, text in _OTHERS if (point := _find(name))]
        self._names = [point.name for point, _ in others]
        self.missing = tuple(name for name, _ in _OTHERS if name not in self._names)
        udp = _SENT.intersection(self._names) or _ROUTES
        self.contacts = (
            perf.Source(tcp.number, _TCP_FILTER),
            *(perf.Source(point.number, text) for point, text in others if point.name in udp),
        )
        self._decoder = Decoder(tcp, *(point for point, _ in others))
        cpus = perf.online_cpus()
        size = ring_bytes or _ring_bytes(len(cpus))
        self._queues: list[_Queue] = []
        self._others: list[perf.Ring] = []
        try:
            for cpu in cpus:
                sources = [perf.Source(point.number, text) for point, text in others]
                small = max(size // _OTHERS_SHARE, perf.SMALLEST)
                self._others.append(perf.Ring(cpu, small, sources, processes=True))
                self._queues.append(_Queue(self._others[-1], self._decoder.decode_all))
            for cpu in cpus:
                ring = perf.Ring(cpu, size, [perf.Source(tcp.number, _TCP_FILTER)])
                self._queues.append(_Queue(ring, self._decoder.decode_tcp))
            for queue in self._queues:
                queue.ring.enable()
        except OSError:
            self.close()
            raise
        self.cpus = cpus
        self.fresh: list[Event] = []
        self._waiting = 0  # bytes in all queues
        self._relieved = now()
        self._lost_since = 0

    @property
    def held(self) -> list[Event]:
        """The events that were read but are too young to be told."""
        return self._order.held

    def relieve(self) -> None:
        """Take what is in the rings out, to be read later: while we work, they go on filling."""
        now = self._now()
        for queue in self._queues:
            if self._waiting >= _MOST_WAITING:
                return  # what is in the other rings stays there, and is as old as `_relieved`
            records = queue.ring.read()
            if queue.ring.full and not self._lost_since:
                self._lost_since = self._relieved
            if records:
                queue.records.append(records)
                self._waiting += len(records)
        self._relieved = now

    def read(self) -> Reading:
        """Return what is new and old enough, as much of it as was taken out at once."""
        self.relieve()
        until = self._relieved - SETTLING
        fresh: list[Event] = []
        more = False
        for queue in self._queues:
            if queue.records:
                records = queue.take()
                self._waiting -= len(records)
                events = queue.decode(records)
                fresh += events
                if queue.records:  # tell nothing that is younger than what comes next
                    more, until = True, min(until, _newest(events) - SETTLING)
        lost = 0
        if fresh and min(map(len, fresh)) == 1:  # a loss has nothing but its number
            lost = sum(event.events for event in fresh if isinstance(event, Lost))
            fresh = [event for event in fresh if not isinstance(event, Lost)]
        self.fresh = fresh
        since, self._lost_since = self._lost_since, 0
        return Reading(self._order.settle(fresh, until), lost, since, more)

    def follow_udp(self, *, on: bool) -> None:
        """Begin or cease to hear of UDP packets: a flood of them costs 3 microseconds each."""
        for ring in self._others:
            for index, name in enumerate(self._names):
                if name in _ROUTES | _SENT:
                    ring.switch(index, on=on)

    def close(self) -> None:
        """Stop listening."""
        for queue in self._queues:
            queue.ring.close()
        self._queues, self._others = [], []


def _find(name: str) -> Tracepoint | None:
    try:
        point = tracepoints.find(name)
    except TracepointError:
        return None
    return point if known(point) else None


def _ring_bytes(cpus: int) -> int:
    """Return the size of one CPU's ring: a power of two, less where there are many CPUs."""
    share = max(_SMALLEST_RING, min(_RING_BYTES, _ALL_RINGS_BYTES // cpus))
    return 1 << share.bit_length() - 1


def _newest(events: list[Event]) -> int:
    """Return the time of the last event, which is the newest of one CPU."""
    return next((event[TIME] for event in reversed(events) if not isinstance(event, Lost)), 0)
