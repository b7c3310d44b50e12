"""A made-up kernel: TCP sockets of three network namespaces, their events, and dumps of them.

Events tell what the filter of `stream.py` lets pass, and nothing else.

It keeps the truth that the table of the event source is measured against. Every step takes one
millisecond, so that no two events have the same time and ages are exact.
"""

import itertools
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from connmon_collector.sources.events import records
from connmon_collector.sources.events.records import IN_INTERRUPT, Event
from connmon_collector.sources.sock_diag.last_words import Destroyed
from connmon_collector.sources.sock_diag.netlink import TCPDIAG_GETSOCK
from connmon_collector.sources.sock_diag.rows import Row
from connmon_shared.timelines.states import OPEN, State

MS = 1_000_000  # ns
#: The last one was made after the start: it cannot be dumped.
NETWORKS = (1_000, 2_000, 3_000)
#: The processes of each namespace; most is done by the first.
PIDS = dict(zip(NETWORKS, ((10, 11), (20, 21), (30, 31)), strict=True))
LOCAL = b"\x0a\0\0\1"
REMOTES = (b"\x0a\0\1\1", b"\x0a\0\1\2")
PORT = 80
USER = 1_000
#: Where servers listen; the last port is the same in all namespaces.
SERVED = (8_000, 8_001, 9_000)
_EPHEMERAL = (40_000, 40_001)
_MOST_SERVERS = 3  # that listen on one port of a namespace
_ROOM = 8  # sockets that the kernel has memory for: freed memory is used again at once

Ends = tuple[bytes, int, bytes, int]


@dataclass
class Socket:
    """A TCP socket."""

    memory: int
    cookie: int
    network: int
    ends: Ends
    state: State
    opened: int
    pid: int
    told_port: bool = True  # whether an event has named the local port
    closed: int = 0
    failed: bool = False
    crossed: bool = False  # half-open, but not at a server
    heir: int = 0  # the process that holds it besides, and longer

    @property
    def key(self) -> bytes:
        local, local_port, remote, remote_port = self.ends
        ports = struct.pack(">HH", local_port, remote_port)
        return ports + local.ljust(16, b"\0") + remote.ljust(16, b"\0")

    def row(self) -> Row:
        inode = 0 if self.state == State.SYN_RECV and not self.crossed else 5_000 + self.cookie
        mark = struct.pack("=IQ", 0, self.cookie)
        shape = bytes((socket.AF_INET, self.state))
        owner = struct.pack("=II", USER, inode)
        return 72, TCPDIAG_GETSOCK, shape, self.key, mark, owner


@dataclass
class Kernel:
    """All sockets, and what was told of them.

    Attributes:
        now: ns.
        newest_first: whether dumps show the newest sockets first.
        sockets: those that a dump shows.
        log: every socket that was ever open.
        events: not yet read.
        said: of sockets that are no more, not yet read.
    """

    now: int = 1_000 * MS
    newest_first: bool = False
    sockets: list[Socket] = field(default_factory=list)
    log: list[Socket] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    said: list[Destroyed] = field(default_factory=list)
    _cookies: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def tick(self) -> None:
        self.now += MS

    def pick(self, number: int, *states: State) -> Socket | None:
        """Return one of the sockets in these states, the same for the same number."""
        fit = [sock for sock in self.sockets if sock.state in states]
        return fit[number % len(fit)] if fit else None

    def rows(self, network: int) -> list[Row]:
        rows = [sock.row() for sock in self.sockets if sock.network == network]
        return rows[::-1] if self.newest_first else rows

    # What programs and peers do. Each is done if it can be.

    def connect(self, which: int) -> None:
        """A program connects; its port is chosen after the first event, or was before."""
        network, remote = network_of(which), REMOTES[which >> 1 & 1]
        port = self._free_port(network, remote, PORT)
        if port:
            bound = bool(which & 4)
            ends = LOCAL, port, remote, PORT
            sock = self._make(network, ends, State.SYN_SENT, PIDS[network][0])
            if sock is not None:
                sock.told_port = bound
                self._tell(sock, State.CLOSE, State.SYN_SENT, pid=sock.pid)

    def listen(self, which: int) -> None:
        """A program listens, unless somebody does so there already."""
        network = network_of(which)
        port = SERVED[which & 1] if which & 2 else SERVED[2]
        if not self._servers(network, port):
            self._listen(network, port, PIDS[network][0])

    def join(self, which: int) -> None:
        """Another socket listens where one does already: SO_REUSEPORT."""
        server = self.pick(which, State.LISTEN)
        if server is not None:
            port = server.ends[1]
            if len(self._servers(server.network, port)) < _MOST_SERVERS:
                self._listen(server.network, port, PIDS[server.network][which >> 2 & 1])

    def inherit(self, which: int) -> None:
        """A server's process forks a worker, which lives longer."""
        sock = self.pick(which, State.LISTEN)
        if sock is not None:
            sock.heir = PIDS[sock.network][1]

    def request(self, which: int) -> None:
        """Half of a handshake: dumps show it, and no event tells of it."""
        server = self.pick(which, State.LISTEN)
        if server is not None:
            remote = REMOTES[which >> 1 & 1]
            port = next((p for p in _EPHEMERAL if not self._taken(server, remote, p)), 0)
            if port:
                ends = (LOCAL, server.ends[1], remote, port)
                self._make(server.network, ends, State.SYN_RECV, server.pid)

    def give_up(self, which: int) -> None:
        """A handshake is never finished. What is half-open at a server is no socket yet."""
        sock = self.pick(which, State.SYN_RECV)
        if sock is not None:
            if sock.crossed:
                sock.told_port = sock.failed = True
                self._tell(sock, State.SYN_RECV, State.CLOSE)
            self._end(sock)

    def accept(self, which: int) -> None:
        """A handshake is finished."""
        if self.pick(which, State.SYN_RECV) is None:
            self.request(which)
        self._answer(which, State.SYN_RECV)

    def establish(self, which: int) -> None:
        self._answer(which, State.SYN_SENT)

    def cross(self, which: int) -> None:
        """The other end connects to this one, which is bound: no event tells of that."""
        sock = self.pick(which, State.SYN_SENT)
        if sock is not None and sock.told_port:
            self._tell(sock, State.SYN_SENT, State.SYN_RECV)
            sock.state, sock.crossed = State.SYN_RECV, True

    def refuse(self, which: int) -> None:
        sock = self.pick(which, State.SYN_SENT)
        if sock is not None:
            sock.told_port = sock.failed = True
            self._tell(sock, State.SYN_SENT, State.CLOSE)
            self._end(sock)

    def peer_closes(self, which: int) -> None:
        sock = self.pick(which, State.ESTABLISHED)
        if sock is not None:
            self._tell(sock, State.ESTABLISHED, State.CLOSE_WAIT)
            sock.state = State.CLOSE_WAIT

    def close(self, which: int) -> None:
        after = {
            State.ESTABLISHED: State.FIN_WAIT1,
            State.CLOSE_WAIT: State.LAST_ACK,
            State.LISTEN: State.CLOSE,
            State.SYN_SENT: State.CLOSE,
        }
        sock = self.pick(which, *after)
        if sock is not None:
            sock.failed = sock.state == State.SYN_SENT
            sock.told_port = True
            self._tell(sock, sock.state, after[sock.state], pid=sock.heir or sock.pid)
            self._end(sock)
            if sock.state == State.LISTEN and not self._servers(sock.network, sock.ends[1]):
                for asked in [s for s in self.sockets if s.state == State.SYN_RECV]:
                    if (asked.network, asked.ends[1]) == (sock.network, sock.ends[1]):
                        self._end(asked)  # with the last server

    def reset(self, which: int) -> None:
        sock = self.pick(which, State.ESTABLISHED, State.CLOSE_WAIT)
        if sock is not None:
            self._tell(sock, sock.state, State.CLOSE)
            self._end(sock)

    def _answer(self, which: int, state: State) -> None:
        sock = self.pick(which, state)
        if sock is not None:
            if state == State.SYN_RECV and not sock.crossed:
                sock.opened = self.now
            sock.state, sock.told_port = State.ESTABLISHED, True
            self._tell(sock, state, State.ESTABLISHED)

    def _servers(self, network: int, port: int) -> list[Socket]:
        listening = (sock for sock in self.sockets if sock.state == State.LISTEN)
        return [s for s in listening if (s.network, s.ends[1]) == (network, port)]

    def _listen(self, network: int, port: int, pid: int) -> None:
        sock = self._make(network, (b"", port, b"", 0), State.LISTEN, pid)
        if sock is not None:
            self._tell(sock, State.CLOSE, State.LISTEN, pid=sock.pid)

    def _make(self, network: int, ends: Ends, state: State, pid: int) -> Socket | None:
        used = {sock.memory for sock in self.sockets}
        memory = next((n for n in range(1, _ROOM + 1) if n not in used), 0)
        if not memory:
            return None
        sock = Socket(memory, next(self._cookies), network, ends, state, self.now, pid)
        self.sockets.append(sock)
        self.log.append(sock)
        return sock

    def _end(self, sock: Socket) -> None:
        sock.closed = self.now
        self.sockets.remove(sock)

    def _free_port(self, network: int, remote: bytes, remote_port: int) -> int:
        taken = {
            s.ends[1]
            for s in self.sockets
            if s.network == network and s.ends[2:] == (remote, remote_port)
        }
        return next((port for port in _EPHEMERAL if port not in taken), 0)

    def _taken(self, server: Socket, remote: bytes, port: int) -> bool:
        ends = (LOCAL, server.ends[1], remote, port)
        return any(s.network == server.network and s.ends == ends for s in self.sockets)

    def _tell(self, sock: Socket, old: State, new: State, pid: int = 0) -> None:
        if not is_heard(old, new):
            return
        local, local_port, remote, remote_port = sock.ends
        flags = 0 if pid else IN_INTERRUPT
        self.events.append(
            (
                *(records.TCP, 128, pid or 77, pid or 77, self.now, flags, sock.memory, old, new),
                *(local_port if sock.told_port else 0, remote_port, socket.AF_INET),
                *(local.ljust(4, b"\0"), remote.ljust(4, b"\0"), bytes(16), bytes(16)),
            )
        )


def network_of(which: int) -> int:
    return NETWORKS[2] if which & 8 else NETWORKS[which & 1]


def is_heard(old: State, new: State) -> bool:
    """Return whether the filter of the event source lets a change of state pass."""
    if new == State.CLOSE:
        return old in {*OPEN, State.LISTEN}
    return new in {
        State.ESTABLISHED,
        State.SYN_SENT,
        State.FIN_WAIT1,
        State.LAST_ACK,
        State.LISTEN,
    }


def make_proc(place: Path, uid: int = USER) -> Path:
    """Make what /proc shows of the two programs."""
    for network, pid in ((network, pid) for network, pids in PIDS.items() for pid in pids):
        folder = place / str(pid)
        (folder / "ns").mkdir(parents=True)
        (folder / "comm").write_text(f"program{pid}\n")
        (folder / "status").write_text(f"Name:\tprogram{pid}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
        (folder / "ns/net").symlink_to(f"net:[{network}]")
    return place
