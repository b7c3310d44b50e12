"""UDP: who sends what where, from the kernel's look-ups of routes. Pure.

A look-up alone is no exchange: resolvers connect a UDP socket to every address that they found,
only to learn which local address would be used. What is sent follows its look-up on the same
thread, and that makes the exchange. Unconnected senders look up each packet, connected ones only
once; later packets are recognised by their socket.

What several sockets with one local port send to one place is one exchange, if they are of one
namespace. When one of them is closed, nobody knows what is over with it: that shows in time.
"""

import socket
from collections.abc import Callable, Iterator

from connmon_collector.processes.programs import Program, Programs
from connmon_collector.sources.events.entry import CERTAIN, Entry, udp_key, udp_key_of
from connmon_collector.sources.events.numbers import ESTABLISHED, UDP
from connmon_collector.sources.events.records import MAX_PID, TIME, Event
from connmon_collector.sources.events.table import Table

#: An exchange is over when nothing was sent for so long, unless a connected socket is there.
IDLE = 5_000_000_000  # ns
_LOOK_UP_LASTS = 1_000_000_000  # ns between a look-up and what is sent for it, at most
_AT_ONCE = 5_000_000  # ns between the two in one call
_IPV4_BYTES = 4
_REMOTE = 20  # where the remote address begins in a socket's ends
_LOCAL_PORT = 7  # the place of the local port in what was looked up
_MOST_SOCKETS = 10_000  # whose last exchange is remembered after it is over


class Exchanges:
    """Keeps the UDP exchanges of a table.

    Args:
        table: where they are kept.
        programs: the processes of the host.
        confirmed: whether the kernel tells of what is sent; without, a look-up has to do.
        dumped: whether a namespace (inode) can be dumped.
    """

    def __init__(
        self,
        table: Table,
        programs: Programs,
        *,
        confirmed: bool,
        dumped: Callable[[int], bool] = lambda _network: False,
    ) -> None:
        self._table = table
        self._programs = programs
        self._confirmed = confirmed
        self._dumped = dumped
        self._looked_up: dict[int, Event] = {}  # by thread
        self._last: dict[int, Entry] = {}  # by the kernel's address of the socket
        self._senders: dict[int, set[int]] = {}  # these addresses, by local port
        # No dump has shown a socket of these, by id and by local port.
        self._unseen: dict[int, Entry] = {}
        self._ports: dict[int, set[int]] = {}

    def routed(self, event: Event) -> None:
        """Take in that a thread asked for the route to a destination."""
        tid, remote_port = event[3], event[8]
        if not remote_port:
            return  # a raw socket, or no port chosen yet: nothing that could be sent to
        self._looked_up[tid] = event
        if not self._confirmed:
            self._open(event, 0)

    def sent(self, event: Event) -> None:
        """Take in that a thread sent something over a socket."""
        _, _, _, tid, time, sock = event
        asked, entry = self._looked_up.get(tid), self._last.get(sock)
        if entry is not None and entry.ended and self._is_seen(entry):
            self._forget_sender(sock)  # its memory is another's now
            entry = None
        if asked is not None:
            ago = time - asked[TIME]
            # Later than that, the thread may only have connected another socket meanwhile.
            if ago < _AT_ONCE or (ago < _LOOK_UP_LASTS and _may_be_of(asked, entry)):
                del self._looked_up[tid]
                self._open(asked, sock)
                return
        if entry is not None:
            self._sent_again(entry, sock, time)

    def destroyed(self, ends: bytes, mark: bytes, now: int) -> None:
        """Take in that a UDP socket is no more."""
        key, network = udp_key_of(ends), 0
        twins = list(self._twins(key))
        over = [entry for entry in twins if entry.mark == mark]
        if over:
            network = over[0].network
        else:
            over = [entry for entry in twins if not entry.mark]
        if len(over) == 1:
            self._close(over[0], now)
        port = int.from_bytes(ends[:2])
        if not any(ends[_REMOTE:]):  # what an unconnected socket sent is over with it
            if any(not entry.ended and self._may_be_in(entry, network) for entry in twins):
                return  # or may be that of another one
            for number in list(self._ports.get(port, ())):
                if self._may_be_in(self._unseen[number], network):
                    self._close(self._unseen[number], now)
        for sock in list(self._senders.get(port, ())):
            entry = self._last[sock]
            if entry.ended and self._may_be_in(entry, network):
                self._forget_sender(sock)

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
        program = None
        if 0 < pid <= MAX_PID:  # else it is outside our namespace of processes, or nearly gone
            program = self._programs.find(pid)
        entry = self._table.udp(key)
        if entry is not None and program is not None and entry.program is not program:
            entry = self._of_namespace(key, program)
        if entry is None:
            family = socket.AF_INET if len(remote) == _IPV4_BYTES else socket.AF_INET6
            entry = self._begin(key, family, time, program)
        if program is not None and entry.program is not program:
            self._table.attribute(entry, program, CERTAIN)
        entry.active = max(entry.active, time)
        if sock and self._last.get(sock) is not entry:
            self._remember(sock, entry)

    def _sent_again(self, entry: Entry, sock: int, time: int) -> None:
        """Take in that a socket sent something, supposedly to where it did so last."""
        if entry.ended:  # it was idle
            again = self._begin(entry.key, entry.family, time, entry.program)
            self._remember(sock, again)
        elif not self._is_seen(entry):
            entry.active = time

    def _is_seen(self, entry: Entry) -> bool:
        """Return whether an exchange of a connected socket is shown by dumps as long as it lasts.

        Then it need not be kept by what is sent, and that may be another socket's.
        """
        network = self._table.network(entry)
        return bool(entry.mark) or (network != 0 and self._dumped(network))

    def _of_namespace(self, key: bytes, program: Program) -> Entry | None:
        """Return the exchange with this key that is of a program's namespace."""
        network, unknown = self._programs.describe(program).namespace, None
        for entry in self._twins(key):
            known = self._table.network(entry)
            if known == network:
                return entry
            if not (known and network):
                unknown = unknown or entry
        return unknown

    def _twins(self, key: bytes) -> Iterator[Entry]:
        entry = self._table.udp(key)
        while entry is not None:
            yield entry
            entry = entry.twin

    def _may_be_in(self, entry: Entry, network: int) -> bool:
        return not network or self._table.network(entry) in {0, network}

    def _begin(self, key: bytes, family: int, time: int, program: Program | None) -> Entry:
        entry = self._table.open(UDP, ESTABLISHED, key, family, time)
        if program is not None:
            self._table.attribute(entry, program, CERTAIN)
        self._unseen[entry.id] = entry
        self._ports.setdefault(entry.local_port, set()).add(entry.id)
        self._table.judge(entry)
        return entry

    def _close(self, entry: Entry, now: int) -> None:
        self._forget(entry)
        self._table.close(entry, now)

    def _remember(self, sock: int, entry: Entry) -> None:
        """Note what a socket has sent last."""
        if sock in self._last:
            self._forget_sender(sock)
        self._last[sock] = entry
        self._senders.setdefault(entry.local_port, set()).add(sock)

    def _forget_sender(self, sock: int) -> None:
        port = self._last.pop(sock).local_port
        self._senders[port].discard(sock)
        if not self._senders[port]:
            del self._senders[port]

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
            for sock in [sock for sock, entry in self._last.items() if entry.ended]:
                self._forget_sender(sock)
        for entry in [e for e in self._unseen.values() if e.ended]:
            self._forget(entry)


def _may_be_of(asked: Event, last: Entry | None) -> bool:
    """Return whether a socket that has sent `last` may be the one that a look-up was for."""
    port: int = asked[_LOCAL_PORT]
    return last is None or last.local_port == port
