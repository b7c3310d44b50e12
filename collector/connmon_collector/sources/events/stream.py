"""The rings of all CPUs as one stream of events in the order of time.

Each CPU fills its own ring, and the kernel reuses a socket's address within microseconds, so an
event of one CPU must never be looked at before an older one of another. A reading therefore
takes the time first and returns only what is older than that; what is younger waits.
"""

import time
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from connmon_collector.sources.events import perf, tracepoints
from connmon_collector.sources.events.records import TIME, Decoder, Event, Lost
from connmon_collector.sources.events.tracepoints import Tracepoint, TracepointError

#: ns; an event is in its ring by the time that its stamp is so old, on every CPU.
SETTLING = 1_000_000
_RING_BYTES = 4 << 20  # keeps 40,000 changes of state; two CPUs then hold two seconds at 20,000/s
_ALL_RINGS_BYTES = 32 << 20  # of all CPUs together, unless that leaves less than the smallest
_SMALLEST_RING = 256 << 10
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
_UDP = frozenset({"fib/fib_table_lookup", "fib6/fib6_table_lookup", "sock/sock_send_length"})
_by_time = itemgetter(TIME)


class Reading(NamedTuple):
    """What the stream gave."""

    events: list[Event]  # in the order of time
    lost: int  # so many more there were, now or earlier: the kernel may tell late
    since: int  # ns; something may be missing after this; 0: nothing


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


class Stream:
    """Listens to the kernel.

    Args:
        now: nanoseconds of CLOCK_MONOTONIC.
        ring_bytes: of each CPU's ring of TCP events, a power of two.

    Attributes:
        missing: tracepoints that this kernel does not have.

    Raises:
        OSError: this kernel, or our privilege, does not allow it.
    """

    def __init__(
        self, now: Callable[[], int] = time.monotonic_ns, ring_bytes: int | None = None
    ) -> None:
        self._now = now
        self._order = Order()
        tcp = tracepoints.find("sock/inet_sock_set_state")
        others = [(point, text) for name, text in _OTHERS if (point := _find(name))]
        self._names = [point.name for point, _ in others]
        self.missing = tuple(name for name, _ in _OTHERS if name not in self._names)
        self._decoder = Decoder(tcp, *(point for point, _ in others))
        cpus = perf.online_cpus()
        size = ring_bytes or _ring_bytes(len(cpus))
        self._tcp: list[perf.Ring] = []
        self._others: list[perf.Ring] = []
        try:
            for cpu in cpus:
                source = perf.Source(tcp.number, _TCP_FILTER)
                self._tcp.append(perf.Ring(cpu, size, [source]))
                sources = [perf.Source(point.number, text) for point, text in others]
                small = max(size // _OTHERS_SHARE, perf.SMALLEST)
                self._others.append(perf.Ring(cpu, small, sources, processes=True))
            for ring in (*self._others, *self._tcp):
                ring.enable()
        except OSError:
            self.close()
            raise
        self.cpus = cpus
        self._since = now()

    @property
    def held(self) -> list[Event]:
        """The events that were read but are too young to be told."""
        return self._order.held

    def read(self) -> Reading:
        """Return what is new and old enough."""
        until = self._now() - SETTLING
        fresh: list[Event] = []
        for ring in self._tcp:
            fresh += self._decoder.decode_tcp(ring.read())
        for ring in self._others:
            fresh += self._decoder.decode(ring.read())
        lost = 0
        if any(len(event) == 1 for event in fresh):
            lost = sum(event.events for event in fresh if isinstance(event, Lost))
            fresh = [event for event in fresh if not isinstance(event, Lost)]
        # Only a ring that was full has lost anything, and by its number it may be told later.
        full = any(ring.full for ring in (*self._tcp, *self._others))
        since, self._since = self._since, until
        return Reading(self._order.settle(fresh, until), lost, since if full else 0)

    def follow_udp(self, *, on: bool) -> None:
        """Begin or cease to hear of UDP packets: a flood of them costs 3 microseconds each."""
        for ring in self._others:
            for index, name in enumerate(self._names):
                if name in _UDP:
                    ring.switch(index, on=on)

    def close(self) -> None:
        """Stop listening."""
        for ring in (*self._tcp, *self._others):
            ring.close()
        self._tcp, self._others = [], []


def _find(name: str) -> Tracepoint | None:
    try:
        return tracepoints.find(name)
    except TracepointError:
        return None


def _ring_bytes(cpus: int) -> int:
    """Return the size of one CPU's ring: a power of two, less where there are many CPUs."""
    share = max(_SMALLEST_RING, min(_RING_BYTES, _ALL_RINGS_BYTES // cpus))
    return 1 << share.bit_length() - 1
