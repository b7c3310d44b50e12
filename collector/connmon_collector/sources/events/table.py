"""The table of connections, kept by events and set right by dumps: one truth. Pure.

Events tell every change at its time; a dump shows what is there, and repairs what events could
not tell (what was there before us, what was lost). Neither may report a socket twice, keep one
that is over, or bring one back. How the two are told to be the same:

- Events name a socket by its kernel address, which is reused at once; dumps by a cookie, which
  never is. Their common ground is the pair of addresses and ports, the *key*.
- A connecting socket has no local port yet when its first event comes.
- What an event touched while a dump was being taken is left to the events.
"""

import itertools
from collections.abc import Callable, Container, Iterable, Iterator

from connmon_collector.sources.base import Change
from connmon_collector.sources.events.entry import (
    CERTAIN,
    LIKELY,
    NAME_ONLY,
    NOWHERE,
    UNKNOWN,
    Entry,
    has_local_port,
    tcp_key,
    udp_key_of,
    unported,
)
from connmon_collector.sources.events.records import IN_INTERRUPT, TIME, Event
from connmon_collector.sources.programs import Program, Programs
from connmon_collector.sources.sock_diag import TCPDIAG_GETSOCK, Row, is_tcp
from connmon_shared.messages import Connection
from connmon_shared.states import OPEN, Protocol, State

_MS = 1_000_000  # nanoseconds
_MAX_CLOSING = 50_000  # connections that are over and whose last counters may still come
#: States that a socket can be in while it is in the table.
_KEPT = frozenset(int(state) for state in (*OPEN, State.LISTEN))
# As plain numbers: looking a member of an enumeration up costs as much as the rest of a step.
TCP, UDP = int(Protocol.TCP), int(Protocol.UDP)
ESTABLISHED, SYN_SENT, SYN_RECV, CLOSE, CLOSE_WAIT, LISTEN = map(
    int,
    (
        *(State.ESTABLISHED, State.SYN_SENT, State.SYN_RECV),
        *(State.CLOSE, State.CLOSE_WAIT, State.LISTEN),
    ),
)


class Table:
    """Every TCP socket and UDP exchange that is open.

    Args:
        programs: the processes of the host.
        label: turns the inode of a network namespace into what people read.
        own: the inode of ours, which needs no label.
    """

    def __init__(self, programs: Programs, label: Callable[[int], str], own: int = 0) -> None:
        self._own = own
        self._programs = programs
        self._label = label
        self._ids = itertools.count(1)
        self._count = 0
        self._by_socket: dict[int, Entry] = {}
        self._tcp: dict[bytes, Entry] = {}  # by key; others of the same key hang on as twins
        self._udp: dict[bytes, Entry] = {}
        self._listeners: dict[int, list[Entry]] = {}  # by port
        self._closing: dict[bytes, Entry] = {}  # by key, oldest first
        self._freed: list[int] = []  # inodes of closed sockets
        self._dirty: dict[int, Entry] = {}
        self._gone: list[Entry] = []
        self._look = 0  # the number of the dump that is being merged
        self._arrived: list[Entry] = []  # by it

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        for first in itertools.chain(self._tcp.values(), self._udp.values()):
            entry: Entry | None = first
            while entry is not None:
                yield entry
                entry = entry.twin

    # Telling.

    def connections(self) -> Iterator[Connection]:
        """Yield everything that is open and has been told."""
        return (self._render(entry) for entry in self if entry.told)

    def take(self, now: int) -> Change:
        """Return what happened since the last time; `now` in the nanoseconds of events."""
        changed, ages = [], []
        for entry in self._dirty.values():
            changed.append(self._render(entry))
            ages.append(0 if entry.told else max(0, now - entry.born) // _MS)
            entry.told = True
        gone = [entry.id for entry in self._gone]
        gone_ages = [max(0, now - entry.ended) // _MS for entry in self._gone]
        self._dirty, self._gone = {}, []
        return Change(changed, gone, ages, gone_ages)

    def settle(self) -> None:
        """Take all that has happened as told: a keyframe tells it."""
        for entry in self._dirty.values():
            entry.told = True
        self._dirty, self._gone = {}, []

    def take_freed(self) -> list[int]:
        """Return the inodes of the sockets closed since the last time."""
        freed, self._freed = self._freed, []
        return freed

    def _render(self, entry: Entry) -> Connection:
        pid, name, uid, network, container = 0, "", -1, entry.network, ""
        if entry.mark:
            uid = entry.uid
        program = entry.program
        if program is not None:
            if not program.described:
                self._programs.describe(program)
            name, container = program.name, program.container
            if entry.trust >= LIKELY:
                pid = program.pid
            if uid < 0:
                uid = program.uid
            if not network:
                network = program.namespace
        ends, where = entry.ends(), self._label(network) if network != self._own else ""
        return Connection(
            entry.id,
            entry.protocol,
            entry.state,
            *ends,
            pid,
            name,
            uid,
            entry.holders,
            where,
            container,
        )

    # Events.

    def tcp(self, event: Event) -> None:
        """Apply one change of a TCP socket's state; events must come in the order of time."""
        _, _, pid, _, time, flags, socket, old, new, *ends = event
        key = tcp_key(*ends)
        if flags & IN_INTERRUPT:
            pid = 0  # of whoever was interrupted
        entry = self._by_socket.get(socket)
        if new == ESTABLISHED:
            self._established(entry, key, ends[2], event)
        elif new in {SYN_SENT, LISTEN}:
            if entry is not None:  # its end was missed, and its memory used again
                self.close(entry, time)
            self._begin(new, key, ends[2], socket, time, pid)
        elif entry is not None or old in _KEPT:
            if entry is None:
                entry = self._unbound(key)
            if entry is not None:
                self._ending(entry, key, event, pid)

    def _ending(self, entry: Entry, key: bytes, event: Event, pid: int) -> None:
        """Apply what comes after a connection was, or could not be, established."""
        new = event[8]
        if key != entry.key and has_local_port(key):
            self._rename(entry, key)
        if new == CLOSE_WAIT:
            self._bind(entry, event[6])
            entry.state = CLOSE_WAIT
            self._dirty[entry.id] = entry
        else:
            entry.orderly = new != CLOSE or entry.state == CLOSE_WAIT
            self.close(entry, event[TIME], pid)

    def _begin(  # noqa: PLR0913, PLR0917 - the fields of an event
        self, state: int, key: bytes, family: int, socket: int, time: int, pid: int
    ) -> None:
        entry = self.open(TCP, state, key, family, time)
        self._bind(entry, socket)
        if pid:
            self.attribute(entry, self._programs.find(pid), CERTAIN)

    def _established(self, entry: Entry | None, key: bytes, family: int, event: Event) -> None:
        time, socket, old = event[TIME], event[6], event[7]
        if entry is not None and old == SYN_RECV and entry.state != SYN_RECV:
            self.close(entry, time)  # its end was missed, and its memory used again
            entry = None
        if entry is None:
            entry = self._unbound(key)
        if entry is None:
            entry = self.open(TCP, ESTABLISHED, key, family, time)
            if old == SYN_RECV:
                self._accepted(entry)
        elif entry.key != key:
            self._rename(entry, key)
        self._bind(entry, socket)
        entry.state = ESTABLISHED
        self._dirty[entry.id] = entry

    def _accepted(self, entry: Entry) -> None:
        """Guess whose a connection is that came in: nobody tells who accepts it."""
        local = entry.local
        program, alone = None, True
        for server in self._listeners.get(entry.local_port, ()):
            if server.local in {local, NOWHERE}:
                if program is not None and server.program is not program:
                    return
                program = server.program
                alone = alone and not server.holders
        if program is not None:
            self.attribute(entry, program, LIKELY if alone else NAME_ONLY)

    def _unbound(self, key: bytes) -> Entry | None:
        """Return the entry of these ends whose kernel address is not known yet."""
        entry = self._tcp.get(key)
        while entry is not None and entry.socket:
            entry = entry.twin
        return entry

    # Opening, changing and closing.

    def open(self, protocol: int, state: int, key: bytes, family: int, time: int) -> Entry:
        """Add an entry, to be told of with the next `take`."""
        entry = Entry(next(self._ids), protocol, state, key, family, time)
        self._count += 1
        self._dirty[entry.id] = entry
        self._index(entry)
        return entry

    def close(self, entry: Entry, time: int, pid: int = 0) -> None:
        """Remove an entry that ended at `time`, and note by which process, if it is known."""
        if entry.ended:
            return
        self._count -= 1
        if pid and entry.trust < CERTAIN:
            self.attribute(entry, self._programs.find(pid), CERTAIN)
        entry.ended = time
        if entry.mark:
            self._freed.append(entry.inode)
        if not entry.told:
            self._dirty[entry.id] = entry
        self._gone.append(entry)
        if entry.socket:
            self._by_socket.pop(entry.socket, None)
        self._unindex(entry)
        if entry.protocol == TCP and entry.state != LISTEN:
            self._await_counters(entry)

    def attribute(self, entry: Entry, program: Program, trust: int) -> None:
        """Say whose an entry is, unless that is known better already."""
        if trust < entry.trust or (program is entry.program and trust == entry.trust):
            return
        entry.program, entry.trust = program, trust
        self._dirty[entry.id] = entry

    def share(self, entry: Entry, holders: tuple[int, ...]) -> None:
        """Say which processes hold an entry's socket, when there are several."""
        if holders != entry.holders and not entry.ended:
            entry.holders = holders
            self._dirty[entry.id] = entry

    def closing(self, key: bytes) -> Entry | None:
        """Return, once, the closed TCP connection that had these ends."""
        return self._closing.pop(key, None)

    def tcp_socket(self, key: bytes, mark: bytes) -> Entry | None:
        """Return the TCP socket that a dump knows by these ends and this mark."""
        return _marked(self._tcp.get(key), mark)

    def udp_socket(self, key: bytes, mark: bytes) -> Entry | None:
        """Return the UDP socket that a dump knows by this key and mark."""
        return _marked(self._udp.get(key), mark)

    def _await_counters(self, entry: Entry) -> None:
        self._closing[entry.key] = entry
        if len(self._closing) > _MAX_CLOSING:
            del self._closing[next(iter(self._closing))]

    def _bind(self, entry: Entry, socket: int) -> None:
        if entry.socket != socket:
            if entry.socket:
                self._by_socket.pop(entry.socket, None)
            entry.socket = socket
            self._by_socket[socket] = entry

    def _rename(self, entry: Entry, key: bytes) -> None:
        """Give an entry its ends, once its local port is known."""
        self._unindex(entry)
        entry.key = key
        self._index(entry)
        self._dirty[entry.id] = entry

    def _index(self, entry: Entry) -> None:
        index = self._tcp if entry.protocol == TCP else self._udp
        entry.twin = index.get(entry.key)
        index[entry.key] = entry
        if entry.state == LISTEN:
            self._listeners.setdefault(entry.local_port, []).append(entry)

    def _unindex(self, entry: Entry) -> None:
        index = self._tcp if entry.protocol == TCP else self._udp
        before = index.get(entry.key)
        if before is entry:
            if entry.twin is None:
                del index[entry.key]
            else:
                index[entry.key] = entry.twin
        else:
            while before is not None and before.twin is not entry:
                before = before.twin
            if before is not None:
                before.twin = entry.twin
        entry.twin = None
        if entry.state == LISTEN:
            servers = self._listeners[entry.local_port]
            servers.remove(entry)
            if not servers:
                del self._listeners[entry.local_port]

    # UDP.

    def exchange(self, key: bytes) -> Entry | None:
        """Return the UDP exchange with this key."""
        return self._udp.get(key)

    def open_exchange(self, key: bytes, family: int, time: int) -> Entry:
        """Add a UDP exchange."""
        return self.open(UDP, ESTABLISHED, key, family, time)

    # Dumps.

    def begin_dump(self) -> None:
        """Begin to merge a dump."""
        self._look += 1

    def merge(
        self, rows: Iterable[Row], network: int, touched: Container[bytes], time: int
    ) -> None:
        """Take over rows of a dump.

        Args:
            rows: some of them.
            network: inode of the namespace that they are of.
            touched: keys that events name which are not applied yet, at least all those that
                happened before the rows were read.
            time: ns, when the dump began.
        """
        look, tcp, udp = self._look, self._tcp.get, self._udp.get
        for row in rows:
            entry = tcp(row[3]) if row[1] == TCPDIAG_GETSOCK else udp(udp_key_of(row[3]))
            mark = row[4]
            while entry is not None and entry.mark != mark:
                entry = entry.twin
            if entry is None:
                self._adopt(row, network, touched, time)
                continue
            entry.look = look
            if entry.owner != row[5]:
                entry.owner = row[5]
                self._arrived.append(entry)
            if entry.state != row[2][1]:
                self._set_state(entry, row[2][1], touched)

    def finish_dump(
        self, dumped: Callable[[int], bool], touched: Container[bytes], time: int
    ) -> list[Entry]:
        """Close what the dump does not know any more.

        Args:
            dumped: whether the dump was of this namespace (inode; 0: not known which).
            touched: keys that events name which are not applied yet.
            time: ns, when the dump began.

        Returns:
            The entries whose socket got an inode, or whose process has ended without it.
        """
        for entry in list(self):
            if entry.look == self._look:
                if entry.program is not None and entry.program.ended:
                    entry.trust = UNKNOWN  # somebody else holds it: a child, say
                    self._arrived.append(entry)
            elif entry.born < time and entry.key not in touched and dumped(_network_of(entry)):
                self.close(entry, time)
        arrived, self._arrived = self._arrived, []
        return arrived

    def identify(self, rows: Iterable[Row], network: int) -> None:
        """Note which UDP exchanges have a connected socket, without concluding anything else."""
        for row in rows:
            entry = None if is_tcp(row) else self._udp.get(udp_key_of(row[3]))
            if entry is not None and not entry.mark:
                self._mark(entry, row, network)

    def _mark(self, entry: Entry, row: Row, network: int) -> None:
        entry.mark, entry.owner, entry.network = row[4], row[5], network

    def _adopt(self, row: Row, network: int, touched: Container[bytes], time: int) -> None:
        """Find out what a row is that is not known by its ends and mark."""
        tcp = is_tcp(row)
        key = row[3] if tcp else udp_key_of(row[3])
        entry = self._unmarked((self._tcp if tcp else self._udp).get(key), network)
        if entry is None:
            if key in touched or (tcp and self._connecting(row, key, touched)):
                return
            family, state = row[2]
            entry = self.open(TCP if tcp else UDP, state, key, family, time)
        self._mark(entry, row, network)
        entry.look = self._look
        self._arrived.append(entry)
        self._set_state(entry, row[2][1], touched)

    def _set_state(self, entry: Entry, state: int, touched: Container[bytes]) -> None:
        if entry.state != state and entry.key not in touched and entry.state != LISTEN:
            entry.state = state
            self._dirty[entry.id] = entry

    def _unmarked(self, entry: Entry | None, network: int) -> Entry | None:
        """Return the first twin that no dump has shown yet and that may be of this namespace."""
        while entry is not None and (entry.mark or _network_of(entry) not in {0, network}):
            entry = entry.twin
        return entry

    def _connecting(self, row: Row, key: bytes, touched: Container[bytes]) -> bool:
        """Return whether a row is one that connects and whose port no event has told yet."""
        if row[2][1] != SYN_SENT:
            return False
        if unported(key) in touched:
            return True
        entry = self._tcp.get(unported(key))
        while entry is not None and entry.look == self._look:
            entry = entry.twin
        if entry is not None:
            entry.look = self._look
        return entry is not None


def _marked(entry: Entry | None, mark: bytes) -> Entry | None:
    while entry is not None and entry.mark != mark:
        entry = entry.twin
    return entry


def _network_of(entry: Entry) -> int:
    """Return the namespace of an entry as far as it is known."""
    if entry.network or entry.program is None:
        return entry.network
    return entry.program.namespace
