"""When the table is compared with the kernel's own, and how."""

import time
from collections.abc import Callable, Iterable

from connmon_collector.sources.diag_sockets import DiagSocket, Part
from connmon_collector.sources.events import records
from connmon_collector.sources.events.elsewhere import Elsewhere
from connmon_collector.sources.events.entry import Entry, tcp_key, udp_key, unported
from connmon_collector.sources.events.merging import Merging
from connmon_collector.sources.events.networks import Networks
from connmon_collector.sources.events.proc_net import ProcNet
from connmon_collector.sources.events.records import Event
from connmon_collector.sources.events.table import Table
from connmon_collector.sources.events.waiting import Waiting
from connmon_collector.sources.meter import MOST_IDLE, Meter, Totals
from connmon_collector.sources.sock_diag.counters import Count
from connmon_shared.timelines.states import State

_NS = 1_000_000_000
_SHARE = 1_000  # a dump that took 2 ms is followed by 2 s without one: 0.1 % of a core
_SOONEST, _LATEST = 2 * _NS, 60 * _NS  # between two dumps
_LATEST_ELSEWHERE = 10 * _NS  # other namespaces may be slow to read; ours must not wait for them
_RETRY = _NS  # after one that failed
_COUNTING = _NS - 50_000_000  # between two looks at counters, at least: each second, though early
_FEW = 2_000  # connections, of which counters alone may take twice the share
_MANY = 20_000  # connections; from then on only every second dump brings their counters
_ENDS = 9  # where ports, family and addresses begin in a TCP event


class Dumps:
    """Merges dumps of all namespaces into a table.

    Args:
        table: what they are merged into.
        networks: the namespaces that can be dumped.
        meter: takes the counters that they bring.
        proc_net: shows what is in the others.

    Attributes:
        failed: whether the last one did.
    """

    def __init__(
        self, table: Table, networks: Networks, meter: Meter, proc_net: ProcNet | None = None
    ) -> None:
        self.failed = False
        self._table = table
        self._merging = Merging(table)
        self._elsewhere = Elsewhere(table, networks, self._merging, proc_net or ProcNet())
        self._waiting = Waiting(table, networks, self._merging)
        self._networks = networks
        self._meter = meter
        self._filled = False  # whether a dump has shown what is there
        self._counted = False  # whether the last one brought counters
        self._lossy = False  # whether events were lost since the last one
        self._next = 0  # ns
        self._count_next = 0  # ns

    @property
    def uncounted(self) -> int:
        """In how many namespaces that cannot be dumped the last one has met TCP connections."""
        return self._elsewhere.connected

    def due(self, now: int) -> bool:
        """Return whether it is time for one."""
        return now >= self._next

    def hurry(self) -> None:
        """Have one as soon as possible: something was lost."""
        self._lossy = True
        self._next = 0

    def look(self, now: int, newer: Callable[[], Iterable[Event]]) -> list[Entry]:
        """Merge a dump and return the entries that need an owner.

        Args:
            now: ns; every event that is older has been applied.
            newer: returns the events that came since it was called last, none of them applied yet.
        """
        began = time.thread_time_ns()
        totals: list[tuple[int, Totals]] = []
        touched: set[bytes] = set()
        may_count = len(self._table) < _MANY or not self._counted
        self._counted = may_count and now >= self._count_next
        self._merging.begin(lossy=self._lossy)
        try:
            for network, diag in self._networks:
                for part in diag.parts(counting=self._counted):
                    touched.update(_touched(newer()))
                    self._merging.take(part.rows, network, touched, now)
                    totals += self._known(part.counters)
            touched.update(_touched(newer()))
            dumped = time.thread_time_ns()
            for network, rows in self._elsewhere.look(now, touched, lossy=self._lossy):
                touched.update(_touched(newer()))
                self._merging.take(rows, network, touched, now)
            elsewhere = time.thread_time_ns() - dumped
        except OSError:
            self.failed, self._next = True, now + _RETRY
            return []
        self.failed = False
        touched.update(_touched(newer()))
        arrived = self._merging.finish(self._elsewhere.over, touched, now)
        self._lossy = False
        cost = time.thread_time_ns() - began - elsewhere
        if self._counted:
            self._note_counted(totals, now, cost)
        soonest = max(_SOONEST, min(elsewhere * _SHARE, _LATEST_ELSEWHERE))
        usual = cost * _SHARE if self._filled else 0  # the first, which fills the table, costs more
        self._filled = True
        self._next = now + min(max(usual, soonest), _LATEST)
        return arrived

    def glance(self, now: int) -> list[Entry]:
        """Look at counters, and for what the peer has closed, as far as it is time for that.

        Returns:
            The entries of which that told what socket they are, or that they were accepted.
        """
        return [*self.count(now), *self._waiting.look(now)]

    def count(self, now: int) -> list[Entry]:
        """Look at the counters alone, if it is time for that: they are asked for more often.

        Returns:
            The entries of which it told what socket they are, or that they were accepted.
        """
        if now < self._count_next:
            return []
        arrived: list[Entry] = []
        began = time.thread_time_ns()
        totals: list[tuple[int, Totals]] = []
        try:
            for network, diag in self._networks:
                for part in diag.counting_parts():
                    arrived += self._merging.identify(part.rows, network)
                    totals += self._known(part.counters)
        except OSError:  # the next dump of everything will tell
            self._count_next = now + _LATEST
            return arrived
        self._note_counted(totals, now, time.thread_time_ns() - began)
        return arrived

    def _note_counted(self, totals: list[tuple[int, Totals]], now: int, cost: int) -> None:
        if not self._few:  # the first dump shows only at its end how many there are
            totals = [each for each in totals if each[1].moved]
        self._meter.look(totals, now / _NS)
        share = _SHARE // 2 if len(self._table) < _FEW else _SHARE
        latest = _LATEST if self._meter.span else _SOONEST  # without a second look no rate is known
        self._count_next = now + min(max(_COUNTING, cost * share), latest)

    def identify_udp(self) -> bool:
        """Find out which UDP exchanges have a connected socket, and return whether that worked."""
        return self._identify(lambda diag: diag.udp_parts()) is not None

    def identify_servers(self) -> list[Entry]:
        """Return the listening sockets whose inode was not known, and is now."""
        return self._identify(lambda diag: diag.listening_parts()) or []

    def _identify(self, ask: Callable[[DiagSocket], Iterable[Part]]) -> list[Entry] | None:
        arrived = []
        for network, diag in self._networks:
            try:
                for part in ask(diag):
                    arrived += self._merging.identify(part.rows, network)
            except OSError:
                return None  # the next dump of everything will tell
        return arrived

    def _known(self, counters: list[Count]) -> list[tuple[int, Totals]]:
        find, few = self._table.tcp_socket, self._few
        return [
            (entry.id, totals)
            for ends, mark, totals in counters
            if (few or totals.moved) and (entry := find(ends, mark))
        ]

    @property
    def _few(self) -> bool:
        """Whether there are so few sockets that also what has carried nothing is told."""
        return len(self._table) <= MOST_IDLE


def _touched(events: Iterable[Event]) -> Iterable[bytes]:
    """Yield the keys that `events` are about."""
    for event in events:
        if event[0] == records.TCP:
            key = tcp_key(*event[_ENDS:])
            yield key
            if event[7] == State.SYN_SENT:
                yield unported(key)
        elif event[0] == records.UDP:
            yield udp_key(event[7], event[6], event[8])
