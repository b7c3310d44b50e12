"""The two netlink sockets: one asked for all TCP and UDP sockets, one told of destroyed ones."""

import contextlib
import errno
import itertools
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from connmon_collector.sources.sock_diag.counters import (
    Count,
    Heard,
    read_counters,
    read_heard,
)
from connmon_collector.sources.sock_diag.netlink import AF_NETLINK, NETLINK_SOCK_DIAG, SockDiagError
from connmon_collector.sources.sock_diag.requests import (
    counting_request,
    lingering_request,
    listening_request,
    silence_request,
    tcp_request,
    udp4_request,
    udp6_request,
    waiting_request,
)
from connmon_collector.sources.sock_diag.rows import Row, read_answer

_DATAGRAM_BYTES = 64 << 10  # a dump comes in datagrams of at most 32 KiB
_SLACK_BYTES = 256  # so that reading a row at the end of a datagram stays inside the buffer
_ATTEMPTS = 3  # to get a dump that nothing disturbed; then the last one is taken as it is
_MSG_TRUNC = 0x20  # linux/socket.h: return the whole length of what was cut short
_SO_RCVBUFFORCE = 33  # asm-generic/socket.h
_SKNLGRP_INET_TCP_DESTROY, _SKNLGRP_INET6_TCP_DESTROY = 1, 3  # linux/sock_diag.h
_GROUPS = 1 << _SKNLGRP_INET_TCP_DESTROY - 1 | 1 << _SKNLGRP_INET6_TCP_DESTROY - 1
_ALL_GROUPS = 0b1111  # UDP's are 2 and 4
_SOL_NETLINK, _NETLINK_LISTEN_ALL_NSID = 270, 8  # linux/socket.h, linux/netlink.h
#: Bytes of messages not yet read, which the kernel doubles. One takes 1,280 of them, so this holds
#: 100,000: on a saturated host the kernel sends those of seconds at once.
EVENT_BUFFER_BYTES = 64 << 20
_MAX_DRAINED = 50_000  # messages read at once, so that a flood of them cannot hold up a sample
#: What may go wrong once: a message lost or cut short, or a dump of ours still running.
_PASSING = frozenset({errno.ENOBUFS, errno.EAGAIN, errno.EBADMSG, errno.EMSGSIZE, errno.EBUSY})

Request = Callable[[int], bytes]
Read = TypeVar("Read")
_UDP_DUMPS: tuple[Request, ...] = (udp4_request, udp6_request)
_DUMPS: tuple[Request, ...] = (tcp_request, *_UDP_DUMPS)


class Part(NamedTuple):
    """One datagram of a dump."""

    rows: list[Row]
    counters: list[Count] = []  # noqa: RUF012 - never changed; of TCP, where they are wanted
    heard: list[Heard] = []  # noqa: RUF012 - likewise


Reader = Callable[[list[Row], bytearray, int], Part]


def _plain(rows: list[Row], _buffer: bytearray, _size: int) -> Part:
    return Part(rows)


def _counted(rows: list[Row], buffer: bytearray, size: int) -> Part:
    return Part(rows, counters=list(read_counters(buffer, size)))


def _listened(rows: list[Row], buffer: bytearray, size: int) -> Part:
    return Part(rows, heard=list(read_heard(buffer, size)))


class DiagSocket:
    """Asks the kernel for its sockets."""

    def __init__(self) -> None:
        self._buffer = bytearray(_DATAGRAM_BYTES + _SLACK_BYTES)
        self._sequence = itertools.count(1)
        self._socket = _open(0)

    def dump(self) -> list[Row]:
        """Return all TCP and UDP sockets that are to be shown.

        Raises:
            OSError: the kernel refuses.
        """
        return [row for request in _DUMPS for row in self._ask(request)]

    def parts(self, *, counting: bool) -> Iterator[Part]:
        """Yield the same, datagram by datagram: what changes meanwhile is not asked for again.

        Args:
            counting: whether the counters of TCP sockets are wanted.

        Raises:
            OSError: the kernel refuses, or a part was lost.
        """
        tcp, read = (counting_request, _counted) if counting else (tcp_request, _plain)
        return self._all_parts((tcp, *_UDP_DUMPS), read)

    def counting_parts(self) -> Iterator[Part]:
        """Yield the TCP sockets only, with their counters.

        Raises:
            OSError: the kernel refuses, or a part was lost.
        """
        return self._all_parts((counting_request,), _counted)

    def waiting_parts(self, *, listening: bool) -> Iterator[Part]:
        """Yield the TCP sockets whose peer has closed: the kernel goes through all to find them.

        Args:
            listening: whether it is wanted for how long nothing has come from it.

        Raises:
            OSError: the kernel refuses, or a part was lost.
        """
        request, read = (silence_request, _listened) if listening else (waiting_request, _plain)
        return self._all_parts((request,), read)

    def udp_parts(self) -> Iterator[Part]:
        """Yield the UDP sockets only.

        Raises:
            OSError: the kernel refuses, or a part was lost.
        """
        return self._all_parts(_UDP_DUMPS)

    def listening_parts(self) -> Iterator[Part]:
        """Yield the listening TCP sockets only: the kernel has a small table of them.

        Raises:
            OSError: the kernel refuses, or a part was lost.
        """
        return self._all_parts((listening_request,))

    def _all_parts(self, requests: Iterable[Request], read: Reader = _plain) -> Iterator[Part]:
        try:
            for request in requests:
                yield from self._parts(request, read)
        except OSError:
            self._empty()  # of what is left of this answer
            raise

    def _parts(self, request: Request, read: Reader) -> Iterator[Part]:
        sequence, buffer = next(self._sequence), self._buffer
        self._socket.send(request(sequence))
        done = False
        while not done:
            rows: list[Row] = []
            size = self._socket.recv_into(buffer, _DATAGRAM_BYTES, _MSG_TRUNC)
            if size > _DATAGRAM_BYTES:
                raise SockDiagError(errno.EMSGSIZE, f"a datagram of {size} bytes")
            done = read_answer(buffer, size, sequence, rows).done
            yield read(rows, buffer, size) if rows else Part(rows)

    def lingering(self) -> list[Row]:
        """Return the TCP sockets whose connection is over.

        Raises:
            OSError: the kernel refuses.
        """
        return self._ask(lingering_request)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _ask(self, request: Request) -> list[Row]:
        for _ in range(_ATTEMPTS - 1):
            rows: list[Row] = []
            try:
                if self._ask_once(request, rows):
                    return rows
            except OSError as error:
                if error.errno not in _PASSING:
                    raise
                self._empty()  # of what is left of this answer
        rows = []
        self._ask_once(request, rows)
        return rows

    def _ask_once(self, request: Request, rows: list[Row]) -> bool:
        """Collect one dump, and return whether nothing changed under it."""
        sequence, buffer = next(self._sequence), self._buffer
        self._socket.send(request(sequence))
        consistent = True
        while True:
            # The kernel has queued a datagram by the time that the one before is taken, so this
            # never has to wait; if one was dropped, it fails at once instead of for ever.
            size = self._socket.recv_into(buffer, _DATAGRAM_BYTES, _MSG_TRUNC)
            if size > _DATAGRAM_BYTES:
                raise SockDiagError(errno.EMSGSIZE, f"a datagram of {size} bytes")
            answer = read_answer(buffer, size, sequence, rows)
            consistent = consistent and answer.consistent
            if answer.done:
                return consistent

    def _empty(self) -> None:
        """Let an answer come to its end, as the kernel gives no other before (EBUSY).

        A new socket would be one of our own namespace, whichever this one was opened in.
        """
        for _ in range(_MAX_DRAINED):
            try:
                self._socket.recv_into(self._buffer, _DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:  # told once, and what comes after it can be read
                continue


class DestroyedSocket:
    """Hears of TCP sockets as they are destroyed; every user may.

    UDP is left out by default: name look-ups connect a UDP socket to each address found, only
    to learn which local address would be used, and never send anything.

    Args:
        buffer_bytes: of messages that may wait to be read.
        everywhere: whether UDP and other network namespaces are wanted, too.

    Attributes:
        overflows: how often messages were lost because the buffer was full; each time stands
            for an unknown number of them.
    """

    def __init__(self, buffer_bytes: int = EVENT_BUFFER_BYTES, *, everywhere: bool = False) -> None:
        self.overflows = 0
        self._buffer = bytearray(_DATAGRAM_BYTES + _SLACK_BYTES)
        self._socket = _open(_ALL_GROUPS if everywhere else _GROUPS)
        if everywhere:
            with contextlib.suppress(OSError):  # needs CAP_NET_BROADCAST; else only our own
                self._socket.setsockopt(_SOL_NETLINK, _NETLINK_LISTEN_ALL_NSID, 1)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer_bytes)
        except PermissionError:  # an ordinary user gets what net.core.rmem_max allows
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)

    def drain(
        self, read: Callable[[bytearray, int], Read | None], limit: int = _MAX_DRAINED
    ) -> Iterator[Read]:
        """Yield what `read` makes of each message that has come, at most `limit` of them.

        Only the kernel sends such messages, and who has CAP_NET_ADMIN (netlink(7)).
        """
        buffer, receive = self._buffer, self._socket.recv_into
        for _ in range(limit):
            try:
                size = receive(buffer, _DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.overflows += 1
                continue
            said = read(buffer, size)
            if said is not None:
                yield said

    def fileno(self) -> int:
        """Return the descriptor that is readable when a message has come."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _open(groups: int) -> socket.socket:
    opened = socket.socket(AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    try:
        opened.settimeout(0)
        opened.bind((0, groups))
    except OSError:
        opened.close()
        raise
    return opened
