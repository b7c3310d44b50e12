"""The kernel's socket diagnostics: what to ask, and what the answers hold.

Layouts are from linux/netlink.h, linux/inet_diag.h and linux/tcp.h; all numbers are in the
host's byte order except ports and addresses. A row is kept as the handful of raw fields that
tell whether a socket is still the same, because comparing those is many times cheaper than
building a Connection anew.
"""

import errno
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from connmon_collector.sources.meter import Totals
from connmon_shared.endpoints import normalise
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import OPEN, Protocol, State

AF_NETLINK = 16  # linux/socket.h; by number, as only Linux knows the name
NETLINK_SOCK_DIAG = 4
TCPDIAG_GETSOCK = 18  # the older request: IPv4 and IPv6 TCP in one walk of the hash table
SOCK_DIAG_BY_FAMILY = 20
_ROW_TYPES = frozenset({TCPDIAG_GETSOCK, SOCK_DIAG_BY_FAMILY})
INET_DIAG_INFO = 2  # the attribute that holds struct tcp_info
_INET_DIAG_PROTOCOL = 10
_NLMSG_NOOP, _NLMSG_ERROR, _NLMSG_DONE = 1, 2, 3
_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
_NLM_F_DUMP_INTR = 0x10  # what was dumped changed under the walk
_ANY_COOKIE = 0xFFFF_FFFF
_ANYWHERE = bytes(16)
_NEW_SYN_RECV = 12  # a half-open request (net/tcp_states.h); reported as SYN_RECV

#: What a TCP socket must be to be shown.
_SHOWN = sum(1 << state for state in (*OPEN, State.LISTEN, _NEW_SYN_RECV))
#: Over, but not yet destroyed. TIME_WAIT has no socket any more.
_LINGERING = sum(
    1 << state for state in (State.FIN_WAIT1, State.FIN_WAIT2, State.LAST_ACK, State.CLOSING)
)
_EVERY_STATE = 0xFFFF_FFFF

# struct nlmsghdr: length, type, flags, sequence number, port.
_HEADER = struct.Struct("=IHHII")
# nlmsghdr + struct inet_diag_req_v2: family, protocol, extensions, states, then inet_diag_sockid
# (ports, addresses, interface, cookie).
_REQUEST = struct.Struct("=IHHII BBBxI HH16s16sIII")
# nlmsghdr + struct inet_diag_req: the same without a protocol, states after the socket's id.
_OLD_REQUEST = struct.Struct("=IHHII BBBB HH16s16sIII II")
# nlmsghdr + struct inet_diag_msg. Kept: length, type; family and state; ports, addresses,
# interface and cookie; uid and inode. Left out are timers and queue lengths: they change always.
_ROW = struct.Struct("=IH10x2s2x36s12s12x8s")
_ENDS = struct.Struct("=4s16s16s")  # ports, local and remote address
_COOKIE = struct.Struct("=4xQ")  # behind the interface
_PORTS = struct.Struct(">HH")
_OWNER = struct.Struct("=II")  # uid, inode
_START = struct.Struct("=IH")  # of a message: length, type
_ATTRIBUTE = struct.Struct("=HH")  # length with this header, type
_ERRNO = struct.Struct("=i")
_U32 = struct.Struct("=I")
# tcpi_rcv_space is set when a connection is established, and survives its end.
_RCV_SPACE = 96  # its offset in struct tcp_info
# struct tcp_info: rtt, total_retrans, bytes_received, bytes_sent, bytes_retrans (since 4.19).
_COUNTERS = struct.Struct("=68xI28xI24xQ64xQQ")
_INFO = struct.Struct(f"=HH{_COUNTERS.format.removeprefix('=')}")  # with its attribute's header
_TCP = int(Protocol.TCP)
_make = tuple.__new__  # of a NamedTuple's fields: half the time of a call by name
#: How messages of a length lie, once one was taken apart: a row, then protocol and counters.
_LAYOUTS: dict[int, struct.Struct] = {}
_MAX_LAYOUTS = 64
_ALIKE = (_INET_DIAG_PROTOCOL, INET_DIAG_INFO)  # the attributes in these places
_FIN_RECEIVED = frozenset({State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING})

#: Length, type, family and state, ends (36 bytes), interface and cookie (12 bytes), owner.
Row = tuple[int, int, bytes, bytes, bytes, bytes]


class SockDiagError(OSError):
    """The kernel's answer makes no sense, or is an error."""


class Answer(NamedTuple):
    """How far a datagram brought a dump."""

    done: bool
    consistent: bool


def tcp_request(sequence: int) -> bytes:
    """Return the request for all TCP sockets that are to be shown."""
    return _old_request(sequence, _SHOWN)


def listening_request(sequence: int) -> bytes:
    """Return the request for the TCP sockets that listen."""
    return _old_request(sequence, 1 << State.LISTEN)


def counting_request(sequence: int) -> bytes:
    """Return the same request, with the counters of each."""
    return _old_request(sequence, _SHOWN, 1 << INET_DIAG_INFO - 1)


def lingering_request(sequence: int) -> bytes:
    """Return the request for TCP sockets whose connection is over."""
    return _old_request(sequence, _LINGERING)


def udp4_request(sequence: int) -> bytes:
    """Return the request for all bound UDP sockets of IPv4."""
    return _udp_request(sequence, socket.AF_INET)


def udp6_request(sequence: int) -> bytes:
    """Return the request for all bound UDP sockets of IPv6."""
    return _udp_request(sequence, socket.AF_INET6)


def _old_request(sequence: int, states: int, extensions: int = 0) -> bytes:
    flags = _NLM_F_REQUEST | _NLM_F_DUMP
    header = (_OLD_REQUEST.size, TCPDIAG_GETSOCK, flags, sequence, 0)
    return _OLD_REQUEST.pack(*header, 0, 0, 0, extensions, *_any_socket(), states, 0)


def _udp_request(sequence: int, family: int) -> bytes:
    flags = _NLM_F_REQUEST | _NLM_F_DUMP
    header = (_REQUEST.size, SOCK_DIAG_BY_FAMILY, flags, sequence, 0)
    return _REQUEST.pack(*header, family, Protocol.UDP, 0, _EVERY_STATE, *_any_socket())


def _any_socket() -> tuple[int, int, bytes, bytes, int, int, int]:
    return 0, 0, _ANYWHERE, _ANYWHERE, 0, _ANY_COOKIE, _ANY_COOKIE


def read_answer(buffer: bytes | bytearray, size: int, sequence: int, rows: list[Row]) -> Answer:
    """Append the rows of a dump's datagram, `buffer[:size]`, to `rows`.

    An answer to another request than `sequence` is passed over. The buffer must be at least a
    row longer than `size`, so that no look ahead leaves it.

    Raises:
        SockDiagError: the datagram is cut short or malformed, or the kernel refused.
    """
    if size < _HEADER.size:
        raise SockDiagError(errno.EBADMSG, "a netlink message without a header")
    _, _, flags, number, _ = _HEADER.unpack_from(buffer)
    if number != sequence:
        return Answer(done=False, consistent=True)
    consistent = not flags & _NLM_F_DUMP_INTR
    unpack, append = _ROW.unpack_from, rows.append  # bound: this loop is the cost of a sample
    offset = 0
    while offset + _HEADER.size <= size:
        row = unpack(buffer, offset)
        length, kind = row[0], row[1]
        if not _HEADER.size <= length <= size - offset:
            raise SockDiagError(errno.EBADMSG, "a netlink message cut short")
        if kind in _ROW_TYPES and length >= _ROW.size:
            append(row)
        elif kind == _NLMSG_DONE:
            flags = _HEADER.unpack_from(buffer, offset)[2]
            return Answer(done=True, consistent=consistent and not flags & _NLM_F_DUMP_INTR)
        elif kind == _NLMSG_ERROR:
            raise _refusal(buffer, offset)
        elif kind != _NLMSG_NOOP:
            raise SockDiagError(errno.EBADMSG, f"an unexpected netlink message of type {kind}")
        offset += (length + 3) & ~3
    return Answer(done=False, consistent=consistent)


def _refusal(buffer: bytes | bytearray, offset: int) -> SockDiagError:
    number = -_ERRNO.unpack_from(buffer, offset + _HEADER.size)[0]
    return SockDiagError(number, errno.errorcode.get(number, "an error without a number"))


def inode_of(row: Row) -> int:
    """Return the inode that the descriptors of a row's socket name; 0 when there is none yet."""
    return int(_OWNER.unpack(row[5])[1])


def cookie_of(mark: bytes) -> int:
    """Return the number that the kernel gives a socket once, from its interface and cookie."""
    return int(_COOKIE.unpack(mark)[0])


def is_tcp(row: Row) -> bool:
    """Return whether a row is of TCP; else it is of UDP."""
    return row[1] == TCPDIAG_GETSOCK


def connection_of(row: Row, pid: int, process: str) -> Connection:
    """Return the connection in a row of a dump."""
    protocol = Protocol.TCP if is_tcp(row) else Protocol.UDP
    return _connection(row, protocol, State(row[2][1]), pid, process)


def _connection(
    row: Row, protocol: Protocol, state: State, pid: int = 0, process: str = ""
) -> Connection:
    _, _, (family, _), ends, mark, owner = row
    ports, local, remote = _ENDS.unpack(ends)
    local_port, remote_port = _PORTS.unpack(ports)
    if family == socket.AF_INET:
        local, remote = local[:4], remote[:4]
    uid, inode = _OWNER.unpack(owner)
    return Connection(
        cookie_of(mark),
        protocol,
        state,
        normalise(local),
        local_port,
        normalise(remote),
        remote_port,
        pid,
        process,
        uid if inode else -1,  # the kernel gives 0 for a socket without an inode
    )


def read_destroyed(buffer: bytes | bytearray, size: int) -> Connection | None:
    """Return the TCP connection that a destroyed socket had, None when it had none.

    Its state is SYN_SENT when it never was established. The kernel has forgotten the local
    address and the remote port (both are empty) when this side reset the connection or a
    blocking connect failed.

    Raises:
        SockDiagError: the datagram is cut short or malformed.
    """
    row = _first_row(buffer, size)
    established = _was_established(buffer, row[0])
    connection = _connection(
        row, Protocol.TCP, State.ESTABLISHED if established else State.SYN_SENT
    )
    return connection if connection.remote else None


class Destroyed(NamedTuple):
    """A socket that is no more."""

    tcp: bool
    ends: bytes  # as in a row
    mark: bytes  # interface and cookie, likewise
    counted: bool  # whether the rest is known
    sent: int = 0  # see Totals
    received: int = 0  # the peer's end (FIN) may count as one byte
    rtt: int = 0
    retransmits: int = 0


class Count(NamedTuple):
    """The counters of a row."""

    ends: bytes
    mark: bytes
    totals: Totals


def read_last_words(buffer: bytes | bytearray, size: int) -> Destroyed:
    """Return what a message says of a destroyed socket, TCP or UDP.

    Raises:
        SockDiagError: the datagram is cut short or malformed.
    """
    layout = _LAYOUTS.get(size)
    if layout is not None:  # nearly all of these are alike
        words = layout.unpack_from(buffer)
        length, kind, _, ends, mark, _, first, proto, second, rtt, again, got, sent, twice = words
        if length == size and kind == SOCK_DIAG_BY_FAMILY and (first, second) == _ALIKE:
            sent = sent - twice if sent > twice else 0
            return _make(Destroyed, (proto == _TCP, ends, mark, True, sent, got, rtt, again))
    return _read_any_last_words(buffer, size)


def _read_any_last_words(buffer: bytes | bytearray, size: int) -> Destroyed:
    row = _first_row(buffer, size)
    length = row[0]
    places = {kind: value for kind, value, _ in _attributes(buffer, _ROW.size, length)}
    protocol_at = places.get(_INET_DIAG_PROTOCOL, 0)
    info_at = _info(buffer, 0, length)
    tcp = not protocol_at or buffer[protocol_at] == _TCP
    if not info_at:
        return Destroyed(tcp, row[3], row[4], counted=False)
    if _ROW.size <= protocol_at - _ATTRIBUTE.size < info_at and len(_LAYOUTS) < _MAX_LAYOUTS:
        _LAYOUTS[length] = _alike(protocol_at, info_at)
    _, _, rtt, again, got, sent, twice = _INFO.unpack_from(buffer, info_at)
    return _make(Destroyed, (tcp, row[3], row[4], True, max(0, sent - twice), got, rtt, again))


def _alike(protocol_at: int, info_at: int) -> struct.Struct:
    """Return the layout of messages whose protocol and counters are in these places."""
    before = protocol_at - _ROW.size - _ATTRIBUTE.size
    between = info_at - protocol_at - 1
    parts = f"{before}x 2xHB {between}x 2xH", _COUNTERS.format.removeprefix("=")
    return struct.Struct("".join((_ROW.format, *parts)))


def read_counters(buffer: bytes | bytearray, size: int) -> Iterator[Count]:
    """Yield the counters of the rows of a dump's datagram that have carried anything.

    `read_answer` must have found the datagram sound, and the buffer must be longer than `size`.

    Raises:
        SockDiagError: an attribute is cut short.
    """
    offset = 0
    places: dict[int, int] = {}  # where the counters are in rows of a length: nearly always there
    while offset + _HEADER.size <= size:
        length, kind = _START.unpack_from(buffer, offset)
        if kind == TCPDIAG_GETSOCK and length >= _ROW.size:
            place = offset + places.get(length, _ROW.size)
            if place + _INFO.size > offset + length or _ATTRIBUTE.unpack_from(buffer, place)[1] != (
                INET_DIAG_INFO
            ):
                place = _info(buffer, offset, length)
                places[length] = place - offset
            if place:
                _, _, rtt, retransmits, received, sent, repeated = _INFO.unpack_from(buffer, place)
                if received or sent:
                    row = _ROW.unpack_from(buffer, offset)
                    totals = Totals(max(0, sent - repeated), received, rtt, retransmits)
                    yield Count(row[3], row[4], _without_fin(totals, row[2][1]))
        offset += (length + 3) & ~3


def _info(buffer: bytes | bytearray, offset: int, length: int) -> int:
    """Return where the attribute with the counters of a row begins; 0: it has none."""
    for kind, value, room in _attributes(buffer, offset + _ROW.size, offset + length):
        if kind == INET_DIAG_INFO and room >= _COUNTERS.size:
            return value - _ATTRIBUTE.size
    return 0


def _without_fin(totals: Totals, state: int) -> Totals:
    """Return `totals` without the one byte that the peer's end of the connection counts as."""
    fin = state in _FIN_RECEIVED and totals.received
    return totals._replace(received=totals.received - 1) if fin else totals


def _first_row(buffer: bytes | bytearray, size: int) -> Row:
    if size < _ROW.size:
        raise SockDiagError(errno.EBADMSG, "a netlink message cut short")
    row = _ROW.unpack_from(buffer)
    if row[1] != SOCK_DIAG_BY_FAMILY or not _ROW.size <= row[0] <= size:
        raise SockDiagError(errno.EBADMSG, "no message of a destroyed socket")
    return row


def _attributes(buffer: bytes | bytearray, offset: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield (type, offset of the value, its length) of each netlink attribute up to `end`."""
    while offset + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(buffer, offset)
        if length < _ATTRIBUTE.size or offset + length > end:
            raise SockDiagError(errno.EBADMSG, "a netlink attribute cut short")
        yield kind, offset + _ATTRIBUTE.size, length - _ATTRIBUTE.size
        offset += (length + 3) & ~3


def _was_established(buffer: bytes | bytearray, size: int) -> bool:
    """Return what the attributes tell; without struct tcp_info a connection is believed in."""
    for kind, value, length in _attributes(buffer, _ROW.size, size):
        if kind == INET_DIAG_INFO and length >= _RCV_SPACE + _U32.size:
            return bool(_U32.unpack_from(buffer, value + _RCV_SPACE)[0])
    return True
