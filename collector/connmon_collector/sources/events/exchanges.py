"""UDP: who sends what where, from the kernel's look-ups of routes. Pure.

A look-up alone is no exchange: resolvers connect a UDP socket to every address that they found,
only to learn which local address would be used. What is sent follows its look-up on the same
thread, and that makes the exchange. Unconnected senders look up each packet, connected ones only
once; later packets are recognised by their socket.
"""

import socket

from connmon_collector.processes.programs import Program, Programs
from connmon_collector.sources.events.entry import CERTAIN, Entry, udp_key, udp_key_of
from connmon_collector.sources.events.numbers import ESTABLISHED, UDP
from connmon_collector.sources.events.records import MAX_PID, TIME, Event
from connmon_collector.sources.events.table import Table

#: An exchange is over when nothing was sent for so long, unless a connected socket is there.
IDLE = 5_000_000_000  # ns
_LOOK_UP_LASTS = 1_000_000_000  # ns between a look-up and what is sent for it, at most
_IPV4_BYTES = 4
_REMOTE = 20  # where the remote address begins in a socket's ends
_MOST_SOCKETS = 10_000  # whose last exchange is remembered after it is over


class Exchanges:
    """Keeps the UDP exchanges of a table.

    Args:
        table: where they are kept.
        programs: the processes of the host.
        confirmed: whether the kernel tells of what is sent; without, a look-up has to do.
    """

    def __init__(self, table: Table, programs: Programs, *, confirmed: bool) -> None:
        self._table = table
        self._programs = programs
        self._confirmed = confirmed
        self._looked_up: dict[int, Event] = {}  # by thread
        self._last: dict[int, Entry] = {}  # by the kernel's address of the socket
        # No dump has shown a socket of these, by id and by local port.
        self._unseen: dict[int, Entry] = {}
        self._ports: dict[int, set[int]] = {}

    def routed(self, event: Event) -> None:
        """Take in that a thread asked for the route to a destination."""
        _, _, _, tid, time, _, remote, local_port, remote_port = event
        if not remote_port:
            return  # a raw socket, or no port chosen yet: nothing that could be sent to
        entry = self._table.udp(udp_key(local_port, remote, remote_port))
        if entry is not None:
            entry.active = time
        self._looked_up[tid] = event
        if not self._confirmed:
            self._open(event, 0)

    def sent(self, event: Event) -> None:
        """Take in that a thread sent something over a socket."""
        _, _, _, tid, time, sock = event
        asked = self._looked_up.pop(tid, None)
        if asked is not None and time - asked[TIME] < _LOOK_UP_LASTS:
            self._open(asked, sock)
        elif (entry := self._last.get(sock)) is not None:
            if entry.ended:  # it was idle: a connected socket is not looked up again
                entry = self._last[sock] = self._begin(entry.key, entry.family, time, entry.program)
            entry.active = time

    def destroyed(self, ends: bytes, mark: bytes, now: int) -> None:
        """Take in that a UDP socket is no more."""
        key = udp_key_of(ends)
        entry = self._table.udp_socket(key, mark)
        if entry is None:
            entry = self._table.udp(key)
            if entry is not None and entry.mark:
                entry = None  # another socket with the same ends
        if entry is not None:
            self._close(entry, now)
        if not any(ends[_REMOTE:]):  # what an unconnected socket sent is over with it
            for number in list(self._ports.get(int.from_bytes(ends[:2]), ())):
                self._close(self._unseen[number], now)

    def idle(self, now: int) -> bool:
        """Return whether there are exchanges that would be over, had they no connected socket."""
        self._tidy(now)
        return any(now - entry.active > IDLE for entry in self._unseen.values())

    def expire(self, now: int) -> None:
        """Close exchanges that are over; a dump must just have shown what is connected."""
        for entry in list(self._unseen.values()):
            if entry.mark:
                self._forget(entry)
            elif now - entry.active > IDLE:
                self._close(entry, now)

    def _open(self, asked: Event, sock: int) -> None:
        _, _, pid, _, time, _, remote, local_port, remote_port = asked
        key = udp_key(local_port, remote, remote_port)
        entry = self._table.udp(key)
        if entry is None:
            family = socket.AF_INET if len(remote) == _IPV4_BYTES else socket.AF_INET6
            entry = self._begin(key, family, time)
        if 0 < pid <= MAX_PID:  # else it is outside our namespace of processes, or nearly gone
            self._table.attribute(entry, self._programs.find(pid), CERTAIN)
        entry.active = max(entry.active, time)
        if sock:
            self._last[sock] = entry

    def _begin(self, key: bytes, family: int, time: int, program: Program | None = None) -> Entry:
        entry = self._table.open(UDP, ESTABLISHED, key, family, time)
        if program is not None:
            self._table.attribute(entry, program, CERTAIN)
        self._unseen[entry.id] = entry
        self._ports.setdefault(entry.local_port, set()).add(entry.id)
        return entry

    def _close(self, entry: Entry, now: int) -> None:
        self._forget(entry)
        self._table.close(entry, now)

    def _forget(self, entry: Entry) -> None:
        if self._unseen.pop(entry.id, None) is not None:
            numbers = self._ports[entry.local_port]
            numbers.discard(entry.id)
            if not numbers:
                del self._ports[entry.local_port]

    def _tidy(self, now: int) -> None:
        """Forget what leads nowhere any more."""
        self._looked_up = {
            tid: event
            for tid, event in self._looked_up.items()
            if now - event[TIME] < _LOOK_UP_LASTS
        }
        if len(self._last) > _MOST_SOCKETS:
            self._last = {sock: e for sock, e in self._last.items() if not e.ended}
        for entry in [e for e in self._unseen.values() if e.ended]:
            self._forget(entry)
