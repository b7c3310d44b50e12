"""The table of connections, kept by events and set right by dumps: one truth. Pure.

Events tell every change at its time; a dump shows what is there, and repairs what events could
not tell (what was there before us, what was lost). Neither may report a socket twice, keep one
that is over, or bring one back. How the two are told to be the same:

- Events name a socket by its kernel address, which is reused at once; dumps by a cookie, which
  never is. Their common ground is the pair of addresses and ports, the *key*.
- A connecting socket has no local port yet when its first event comes.
- What an event touched while a dump was being taken is left to the events.

Most connections of a busy host are over before they are told: events find these by the address of
their socket. Only what outlives that moment is *filed* under its key, for dumps to find.

The rules for events are in `transitions.py`, those for dumps in `merging.py`.
"""

import itertools
from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from connmon_collector.processes.programs import Program, Programs
from connmon_collector.sources.base import Change
from connmon_collector.sources.direction import of_connection, of_datagrams
from connmon_collector.sources.events.closing import Closing
from connmon_collector.sources.events.entry import LIKELY, NOWHERE, UNDECIDED, Entry
from connmon_collector.sources.events.numbers import CLOSE, LISTEN, SYN_RECV, TCP, UDP, make
from connmon_shared.codec import MAX_AGE
from connmon_shared.messages import Connection

_MS = 1_000_000  # nanoseconds
_LISTENING = frozenset({LISTEN, CLOSE})  # UDP's sockets without a peer are closed, to the kernel


class Table:
    """Every TCP socket and UDP exchange that is open.

    Args:
        programs: the processes of the host.
        label: turns the inode of a network namespace into what people read.
        own: the inode of ours, which needs no label.

    Attributes:
        closing: the TCP connections that are over and whose last counters may still come.
        bound: the entries by the kernel's address of their sockets.
        tcp: returns the first TCP socket with these ends (a key), or None; others are its twins.
        udp: likewise of UDP sockets and exchanges.
    """

    def __init__(self, programs: Programs, label: Callable[[int], str], own: int = 0) -> None:
        self._own = own
        self._programs = programs
        self._label = label
        self._ids = itertools.count(1)
        self._count = 0
        self.bound: dict[int, Entry] = {}
        self._tcp: dict[bytes, Entry] = {}  # by key; others of the same key hang on as twins
        self._udp: dict[bytes, Entry] = {}
        self.tcp, self.udp = self._tcp.get, self._udp.get  # no step more: asked for each row
        # What listens, by port; of UDP all sockets without a peer.
        self._listeners: dict[int, dict[int, list[Entry]]] = {TCP: {}, UDP: {}}
        self.closing = Closing()
        self._freed: list[int] = []  # inodes of closed sockets
        self._fresh: list[Entry] = []  # opened since the last `take`
        self._dirty: dict[int, Entry] = {}  # told before, and changed since; by id
        self._gone: list[Entry] = []

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        for first in itertools.chain(self._tcp.values(), self._udp.values()):
            entry: Entry | None = first
            while entry is not None:
                yield entry
                entry = entry.twin

    # Telling.

    def take(self, now: int) -> Change:
        """Return what happened since the last time; `now` in the nanoseconds of events."""
        self.file()
        news = [*self._fresh, *self._dirty.values()]
        changed = list(map(self.render, news))
        # An age is not counted from after the end: a large change is cut by time, and an end must
        # come last.
        ages = [_age(e.born if not e.told else e.ended or e.waiting or now, now) for e in news]
        gone = [entry.id for entry in self._gone]
        gone_ages = [_age(entry.ended, now) for entry in self._gone]
        later: dict[int, Entry] = {}
        for entry in news:
            entry.told = True
            program = entry.program
            if program is not None and not (program.described or entry.ended):
                later[entry.id] = entry  # there were too many new processes to ask about this one
        self._fresh, self._dirty, self._gone = [], later, []
        return Change(changed, gone, ages, gone_ages)

    def settle(self) -> None:
        """Take all that has happened as told: a keyframe tells it."""
        self.file()
        for entry in (*self._fresh, *self._dirty.values()):
            entry.told = True
            if entry.program is not None:
                self._programs.describe(entry.program, anyway=True)
        self._fresh, self._dirty, self._gone = [], {}, []

    def going(self) -> Sequence[Entry]:
        """Return what has ended since the last `take`."""
        return self._gone

    def take_freed(self) -> list[int]:
        """Return the inodes of the sockets closed since the last time."""
        freed, self._freed = self._freed, []
        return freed

    def render(self, entry: Entry) -> Connection:
        """Return an entry as it is told."""
        program, network = entry.program, entry.network
        pid, name, uid, container = 0, "", entry.uid if entry.network else -1, ""
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
        where = self._label(network) if network != self._own else ""
        what = entry.id, entry.protocol, entry.state
        whose = pid, name, uid, entry.holders, where, container, entry.direction
        return make(Connection, what + entry.ends() + whose)

    def network(self, entry: Entry) -> int:
        """Return the namespace (inode) of an entry; 0: not known."""
        program = entry.program
        if entry.network or program is None:
            return entry.network
        if not program.described:
            self._programs.describe(program)
        return program.namespace

    # Finding.

    def servers(self, port: int) -> Iterable[Entry]:
        """Return the TCP sockets that listen on a port."""
        return self._listeners[TCP].get(port, ())

    def unbound(self, key: bytes, states: Container[int], pid: int = 0) -> Entry | None:
        """Return an entry of these ends, in one of these states, whose address is not known yet.

        Of twins it is one that process `pid` holds, or else of its namespace, if any is.
        """
        entry = self._tcp.get(key)
        if entry is None:
            return None
        fitting = []
        while entry is not None:
            if not entry.socket and entry.state in states:
                fitting.append(entry)
            entry = entry.twin
        if not (len(fitting) > 1 and pid):
            return fitting[0] if fitting else None
        program = self._programs.describe(self._programs.find(pid))
        return max(
            fitting,
            key=lambda entry: (
                (entry.program is not None and entry.program.pid == pid) or pid in entry.holders,
                self.network(entry) == program.namespace,
            ),
        )

    # Opening, changing and closing.

    def open(self, protocol: int, state: int, key: bytes, family: int, time: int) -> Entry:
        """Add an entry, to be told of with the next `take`."""
        entry = Entry(next(self._ids), protocol, state, key, family, time)
        self._count += 1
        self._fresh.append(entry)
        self._index(entry)
        return entry

    def begin(self, state: int, key: bytes, family: int, time: int, socket: int) -> Entry:
        """Do the same with a TCP socket that an event tells of, by the kernel's address of it."""
        entry = Entry(next(self._ids), TCP, state, key, family, time)
        self._count += 1
        self._fresh.append(entry)
        entry.socket = socket
        self.bound[socket] = entry
        if state == LISTEN:
            self._index(entry)
        return entry

    def file(self) -> None:
        """Put what is new and still open where it is found by its ends: a dump is to be merged."""
        for entry in self._fresh:
            if not (entry.filed or entry.ended):
                self._index(entry)

    def close(self, entry: Entry, time: int) -> None:
        """Remove an entry that ended at `time` (ns)."""
        if entry.ended:
            return
        self._count -= 1
        entry.ended = time
        if entry.network:
            self._freed.append(entry.inode)
        self._gone.append(entry)
        if entry.socket:
            self.bound.pop(entry.socket, None)
        if entry.filed:
            self._unindex(entry)
        if entry.protocol == TCP and entry.state != LISTEN:
            self.closing.add(entry)

    def set_state(self, entry: Entry, state: int) -> None:
        """Note the state of an entry."""
        entry.state = state
        if entry.told:  # else it is to be told anyway
            self._dirty[entry.id] = entry

    def note_waiting(self, entry: Entry, since: int, now: int) -> None:
        """Note that an entry has been in CLOSE_WAIT since a time (ns), at least: the first counts.

        Only if that is before `now` it is to be told.
        """
        if entry.told and not entry.waiting:
            entry.waiting = since
            if since < now:
                self._dirty[entry.id] = entry

    def remind(self) -> None:
        """Tell once more since when entries have been in CLOSE_WAIT: a keyframe does not."""
        self._dirty |= {entry.id: entry for entry in self if entry.waiting}

    def attribute(self, entry: Entry, program: Program, trust: int) -> None:
        """Say whose an entry is, unless that is known better already."""
        if trust < entry.trust or (program is entry.program and trust == entry.trust):
            return
        entry.program, entry.trust = program, trust
        if entry.told:
            self._dirty[entry.id] = entry

    def judge(self, entry: Entry) -> None:
        """Find out who began a connection of which that is not known, if that can be seen."""
        here, there = entry.local_port, entry.remote_port
        if not there:
            return
        served = self._served(entry)
        if entry.protocol == TCP or entry.mark:
            direction = of_connection(entry.state, here, there, served=served)
        else:
            direction = of_datagrams(here, there, served=served)
        if direction != UNDECIDED:
            entry.direction = direction
            if entry.told:
                self._dirty[entry.id] = entry

    def _served(self, entry: Entry) -> bool:
        """Return whether a socket listens on our end of a connection."""
        local = entry.local
        anywhere = local == NOWHERE  # which is how exchanges are kept
        for server in self._listeners[entry.protocol].get(entry.local_port, ()):
            if anywhere or server.local in {local, NOWHERE}:
                networks = {self.network(server), self.network(entry)}
                if len(networks) == 1 or 0 in networks:
                    return True
        return False

    def share(self, entry: Entry, holders: tuple[int, ...]) -> None:
        """Say which processes hold an entry's socket, when there are several."""
        if holders != entry.holders and not entry.ended:
            entry.holders = holders
            if entry.told:
                self._dirty[entry.id] = entry

    def tcp_socket(self, key: bytes, mark: bytes) -> Entry | None:
        """Return the TCP socket that a dump knows by these ends and this mark."""
        return _marked(self._tcp.get(key), mark)

    def bind(self, entry: Entry, socket: int) -> None:
        """Note the kernel's address of an entry's socket."""
        if entry.socket != socket:
            if entry.socket:
                self.bound.pop(entry.socket, None)
            entry.socket = socket
            self.bound[socket] = entry

    def forget_requests(self, key: bytes) -> None:
        """Forget which half-open connection of these ends is which: one may have been given up."""
        entry = self._tcp.get(key)
        while entry is not None:
            if entry.state == SYN_RECV:
                entry.mark = b""
            entry = entry.twin

    def unbind(self, entry: Entry) -> None:
        """Forget the kernel's address of an entry's socket: another may have it now."""
        self.bound.pop(entry.socket, None)
        entry.socket = 0

    def rename(self, entry: Entry, key: bytes) -> None:
        """Give an entry its ends, once its local port is known."""
        if entry.filed:
            self._unindex(entry)
            entry.key = key
            self._index(entry)
        else:
            entry.key = key
        if entry.told:
            self._dirty[entry.id] = entry

    def _index(self, entry: Entry) -> None:
        index = self._tcp if entry.protocol == TCP else self._udp
        entry.twin = index.get(entry.key)
        index[entry.key] = entry
        entry.filed = True
        if entry.state in _LISTENING:
            self._listeners[entry.protocol].setdefault(entry.local_port, []).append(entry)

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
        if entry.state in _LISTENING:
            listeners = self._listeners[entry.protocol]
            servers = listeners[entry.local_port]
            servers.remove(entry)
            if not servers:
                del listeners[entry.local_port]


class Open:
    """Everything in a table that is open and has been told."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return sum(entry.told for entry in self._table)

    def __iter__(self) -> Iterator[Connection]:
        return (self._table.render(entry) for entry in self._table if entry.told)


def _age(time: int, now: int) -> int:
    """Return how many ms ago `time` was, as far as a message may tell."""
    age = (now - time) // _MS
    return 0 if age < 0 else min(MAX_AGE, age)  # much quicker than min and max


def _marked(entry: Entry | None, mark: bytes) -> Entry | None:
    while entry is not None and entry.mark != mark:
        entry = entry.twin
    return entry
