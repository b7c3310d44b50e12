"""TCP: what each change of a socket's state does to the table. Pure.

Of a connection that comes in, no event tells who accepts it: the kernel establishes it in an
interrupt. It is put down to the server that listens there, and is certain once its process closes
it, or once a dump has told its inode.
"""

from collections.abc import Callable

from connmon_collector.processes.programs import Programs
from connmon_collector.sources.events.entry import (
    AF_INET,
    CERTAIN,
    IN,
    LIKELY,
    NAME_ONLY,
    NOWHERE,
    OUT,
    UNDECIDED,
    Entry,
    has_local_port,
    ipv4_key,
    ipv6_key,
)
from connmon_collector.sources.events.numbers import (
    CLOSE,
    CLOSE_WAIT,
    ESTABLISHED,
    KEPT,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
)
from connmon_collector.sources.events.records import IN_INTERRUPT, MAX_PID, TIME, Event
from connmon_collector.sources.events.table import Table

_SOCKET, _OLD, _NEW, _FAMILY = 6, 7, 8, 11  # places in an event
_ESTABLISHED = frozenset((ESTABLISHED, CLOSE_WAIT))
_BEGINNING = frozenset((SYN_SENT, LISTEN))
_BEGUN_BY = {SYN_SENT: OUT, SYN_RECV: IN}
_HALF_OPEN = frozenset((SYN_SENT, SYN_RECV))  # where both ends connect, no event tells the second


class Transitions:
    """Applies events to a table.

    Args:
        table: what they change.
        programs: the processes of the host.
        listening: is told of each new server.
        alone: says whether only one process can accept what comes in at a server.
    """

    def __init__(
        self,
        table: Table,
        programs: Programs,
        listening: Callable[[Entry], None] = lambda _server: None,
        alone: Callable[[Entry], bool] = lambda server: not server.holders,
    ) -> None:
        self._table = table
        self._programs = programs
        self._listening = listening
        self._alone = alone

    def apply(self, event: Event) -> None:
        """Apply one change of a TCP socket's state; events must come in the order of time."""
        # This is the busiest place of all, so nothing is looked up or packed twice.
        _, _, pid, _, time, flags, socket, old, new, here, there, family, l4, r4, l6, r6 = event
        key = ipv4_key(here, there, l4, r4) if family == AF_INET else ipv6_key(here, there, l6, r6)
        if flags & IN_INTERRUPT or pid > MAX_PID:
            pid = 0  # of whoever was interrupted, or of a process that is nearly gone
        entry = self._table.bound.get(socket)
        if new == ESTABLISHED:
            self._established(entry, key, family, socket, old, time)
        elif new in _BEGINNING:
            if entry is not None:  # its end was missed, and its memory used again
                self._table.close(entry, time)
            self._begin(new, key, family, socket, time, pid)
        elif entry is not None or old in KEPT:
            self._after(entry, key, event, pid)

    def _after(self, entry: Entry | None, key: bytes, event: Event, pid: int) -> None:
        """Find whose a change is that comes after a connection was, or was not, established."""
        if entry is not None and _other(entry, key):  # its end was missed, its memory used again
            self._table.close(entry, event[TIME])
            entry = None
        if entry is None:
            states = _ESTABLISHED if event[_OLD] in _ESTABLISHED else (event[_OLD],)
            entry = self._table.unbound(key, states, pid) or self._table.unbound(key, KEPT, pid)
        if entry is None and event[_OLD] in _ESTABLISHED and pid:
            entry = self._missed(key, event)
        if entry is not None:
            self._ending(entry, key, event, pid)

    def _missed(self, key: bytes, event: Event) -> Entry:
        """Open what nobody told us of, as it ends: it is told as short, but told.

        Some kernels lose the events of a processor that was idle, and that is where most of the
        connections with other hosts are established.
        """
        family, time, socket = event[_FAMILY], event[TIME], event[_SOCKET]
        return self._table.begin(ESTABLISHED, key, family, time, socket)

    def _ending(self, entry: Entry, key: bytes, event: Event, pid: int) -> None:
        """Apply what comes after a connection was, or could not be, established."""
        if entry.state == SYN_SENT and event[_OLD] in _ESTABLISHED:
            self._table.set_state(entry, ESTABLISHED)  # which no event has told
        if key != entry.key and has_local_port(key):
            self._table.rename(entry, key)
        entry.orderly = event[_NEW] != CLOSE or CLOSE_WAIT in {event[_OLD], entry.state}
        if pid and entry.trust < CERTAIN:  # who closes a connection has had it
            self._table.attribute(entry, self._programs.find(pid), CERTAIN)
        if entry.direction == UNDECIDED:
            self._table.judge(entry)
        self._table.close(entry, event[TIME])

    def _begin(  # noqa: PLR0913, PLR0917 - the fields of an event
        self, state: int, key: bytes, family: int, socket: int, time: int, pid: int
    ) -> None:
        entry = self._table.begin(state, key, family, time, socket)
        if pid:
            entry.program, entry.trust = self._programs.find(pid), CERTAIN
        if state == LISTEN:
            self._listening(entry)
        else:
            entry.direction = OUT

    def _established(  # noqa: PLR0913, PLR0917 - the fields of an event
        self, entry: Entry | None, key: bytes, family: int, socket: int, old: int, time: int
    ) -> None:
        table = self._table
        if entry is not None and (
            (old == SYN_RECV and entry.state not in _HALF_OPEN) or _other(entry, key)
        ):
            table.close(entry, time)  # its end was missed, and its memory used again
            entry = None
        if entry is None:
            entry = table.unbound(key, _HALF_OPEN)
            if entry is not None and entry.state == SYN_RECV:
                table.forget_requests(key)
                entry.network = 0
        if entry is None:
            entry = table.begin(ESTABLISHED, key, family, time, socket)
        else:
            if entry.key != key:
                table.rename(entry, key)
            if entry.socket != socket:
                table.bind(entry, socket)
            table.set_state(entry, ESTABLISHED)
        if entry.direction == UNDECIDED:
            entry.direction = _BEGUN_BY.get(old, UNDECIDED)
        if old == SYN_RECV and entry.program is None:
            self._accepted(entry)

    def _accepted(self, entry: Entry) -> None:
        """Guess whose a connection is that came in: nobody tells who accepts it."""
        local = entry.local
        program, alone = None, True
        for server in self._table.servers(entry.local_port):
            if (where := server.local) == local or where == NOWHERE:
                if program is not None and server.program is not program:
                    return
                program = server.program
                alone = alone and self._alone(server)
        if program is not None:
            self._table.attribute(entry, program, LIKELY if alone else NAME_ONLY)


def _other(entry: Entry, key: bytes) -> bool:
    """Return whether these are the ends of another connection than an entry's."""
    before = entry.key
    if before == key or not has_local_port(key):
        return False
    return has_local_port(before) or before[2:4] != key[2:4] or before[20:] != key[20:]
