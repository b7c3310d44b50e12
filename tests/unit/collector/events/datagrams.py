"""UDP in the made-up kernel: sockets, what they send, and what is said of them when they close.

A socket that is not connected looks its destination up for each packet; a connected one did so
when it was connected, and again never. What is sent follows on the same thread.
"""

import socket
import struct
from dataclasses import dataclass, field

from unit.collector.events.kernel import LOCAL, MS, PIDS, REMOTES, USER, Kernel, network_of

from connmon_collector.sources.events import records
from connmon_collector.sources.sock_diag.last_words import Destroyed
from connmon_collector.sources.sock_diag.netlink import SOCK_DIAG_BY_FAMILY
from connmon_collector.sources.sock_diag.rows import Row
from connmon_shared.timelines.states import State

SECOND = 1_000 * MS
DNS = 53
#: Where services listen, which also send from there.
SERVICES = (53, 123)
_EPHEMERAL = (50_000, 50_001, 50_002)
_ROOM = range(101, 107)  # addresses of sockets: freed memory is used again at once

Contact = tuple[int, int, bytes, int]  # namespace, local port, remote address and port


@dataclass
class Datagram:
    """A UDP socket.

    Attributes:
        sent: when something was sent last to each destination; ns.
        known: whether events have told what a connected one sends to.
    """

    memory: int
    cookie: int
    network: int
    pid: int
    port: int
    remote: bytes = b""
    sent: dict[bytes, int] = field(default_factory=dict)
    looked_up: int = 0
    known: bool = False

    @property
    def key(self) -> bytes:
        ports = struct.pack(">HH", self.port, DNS if self.remote else 0)
        local = LOCAL if self.remote else b""
        return ports + local.ljust(16, b"\0") + self.remote.ljust(16, b"\0")

    @property
    def mark(self) -> bytes:
        return struct.pack("=IQ", 0, self.cookie)

    def contact(self, remote: bytes) -> Contact:
        return self.network, self.port, remote, DNS

    def row(self) -> Row:
        state = State.ESTABLISHED if self.remote else State.CLOSE
        shape = bytes((socket.AF_INET, state))
        owner = struct.pack("=II", USER, 7_000 + self.cookie)
        return 72, SOCK_DIAG_BY_FAMILY, shape, self.key, self.mark, owner


@dataclass
class Host(Kernel):
    """A kernel with UDP.

    Attributes:
        datagrams: the UDP sockets.
        shared: whether several sockets may have one port.
    """

    datagrams: list[Datagram] = field(default_factory=list)
    shared: bool = False
    _unread: set[int] = field(default_factory=set)  # memory freed since `said` was read
    _asking: dict[int, Datagram] = field(default_factory=dict)  # what a thread has looked up for

    def rows(self, network: int) -> list[Row]:
        rows = [sock.row() for sock in self.datagrams if sock.network == network]
        return super().rows(network) + (rows[::-1] if self.newest_first else rows)

    # What programs do. Each is done if it can be.

    def serve(self, which: int) -> None:
        """A service opens its port; others may have opened it, too."""
        self._bind(which, SERVICES[which >> 1 & 1])

    def query(self, which: int) -> None:
        """A client sends once from a port of its own."""
        sock = self._bind(which, *_EPHEMERAL)
        if sock is not None:
            self._send_to(sock, REMOTES[which >> 1 & 1])

    def repeat(self, which: int) -> None:
        """A socket that is not connected sends (again)."""
        sock = self._pick(which >> 1, connected=False)
        if sock is not None:
            self._send_to(sock, REMOTES[which & 1])

    def dial(self, which: int) -> None:
        """A program connects a socket, and sends nothing yet."""
        sock = self._bind(which, *_EPHEMERAL, slow=True)
        if sock is not None:
            sock.remote = REMOTES[which >> 1 & 1]
            self._look_up(sock, sock.remote)

    def write(self, which: int) -> None:
        """A connected socket sends, some time after it was connected: nothing is looked up."""
        sock = self._pick(which, connected=True)
        if sock is not None:
            self.now += 10 * MS
            asked = self._asking.get(sock.pid, sock)
            lately = self.now - asked.looked_up < SECOND
            if not (self.shared or sock.known or asked is sock) and lately:
                return  # nobody can tell that what was looked up last is not for this one
            sock.known |= lately and sock is self._asking.get(sock.pid)
            sock.sent[sock.remote] = self.now
            self._tell_sent(sock)

    def hang_up(self, which: int) -> None:
        if self.datagrams:
            sock = self.datagrams.pop(which % len(self.datagrams))
            self.said.append(Destroyed(False, sock.key, sock.mark, False))  # noqa: FBT003
            self._unread.add(sock.memory)

    def wait(self, which: int) -> None:
        self.now += (which % 4 + 1) * 3 * SECOND // 2

    def _pick(self, number: int, *, connected: bool) -> Datagram | None:
        fit = [sock for sock in self.datagrams if bool(sock.remote) == connected]
        return fit[number % len(fit)] if fit else None

    def _bind(self, which: int, *ports: int, slow: bool = False) -> Datagram | None:
        """Make a socket. A `slow` one does not send at once: its memory would be mistaken."""
        network = network_of(which)
        if not self.said:
            self._unread.clear()
        used = {sock.memory for sock in self.datagrams}
        if slow and not self.shared:
            used |= self._unread
        memory = next((n for n in _ROOM if n not in used), 0)
        port = next((port for port in ports if self._is_free(network, port)), 0)
        if not (memory and port):
            return None
        pid, cookie = PIDS[network][which >> 2 & 1], next(self._cookies)
        sock = Datagram(memory, cookie, network, pid, port)
        self.datagrams.append(sock)
        return sock

    def _is_free(self, network: int, port: int) -> bool:
        if self.shared and port in SERVICES:
            return True
        unread = {int.from_bytes(said.ends[:2]) for said in self.said}
        taken = {s.port for s in self.datagrams if s.network == network or not self.shared}
        return port not in (taken if self.shared else taken | unread)

    def _send_to(self, sock: Datagram, remote: bytes) -> None:
        self._look_up(sock, remote)
        self.tick()
        sock.sent[remote] = self.now
        self._tell_sent(sock)

    def _look_up(self, sock: Datagram, remote: bytes) -> None:
        sock.looked_up, self._asking[sock.pid] = self.now, sock
        event = records.UDP, 104, sock.pid, sock.pid, self.now
        self.events.append((*event, bytes(4), remote, sock.port, DNS))

    def _tell_sent(self, sock: Datagram) -> None:
        if self._asking.get(sock.pid) is sock:
            del self._asking[sock.pid]
        self.events.append((records.SENT, 64, sock.pid, sock.pid, self.now, sock.memory))
