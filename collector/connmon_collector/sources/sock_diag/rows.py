"""The rows of a dump.

A row is kept as the handful of raw fields that tell whether a socket is still the same, because
comparing those is many times cheaper than building a Connection anew.
"""

import errno
import socket
import struct
from typing import NamedTuple

from connmon_collector.sources.sock_diag.netlink import (
    HEADER,
    SOCK_DIAG_BY_FAMILY,
    TCPDIAG_GETSOCK,
    SockDiagError,
)
from connmon_shared.endpoints import normalise
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import Protocol, State

_ROW_TYPES = frozenset({TCPDIAG_GETSOCK, SOCK_DIAG_BY_FAMILY})
_NLMSG_NOOP, _NLMSG_ERROR, _NLMSG_DONE = 1, 2, 3
_NLM_F_DUMP_INTR = 0x10  # what was dumped changed under the walk

# nlmsghdr + struct inet_diag_msg. Kept: length, type; family and state; ports, addresses,
# interface and cookie; uid and inode. Left out are timers and queue lengths: they change always.
ROW = struct.Struct("=IH10x2s2x36s12s12x8s")
_ENDS = struct.Struct("=4s16s16s")  # ports, local and remote address
_COOKIE = struct.Struct("=4xQ")  # behind the interface
_PORTS = struct.Struct(">HH")
_OWNER = struct.Struct("=II")  # uid, inode
_ERRNO = struct.Struct("=i")

#: Length, type, family and state, ends (36 bytes), interface and cookie (12 bytes), owner.
Row = tuple[int, int, bytes, bytes, bytes, bytes]


class Answer(NamedTuple):
    """How far a datagram brought a dump."""

    done: bool
    consistent: bool


def read_answer(buffer: bytes | bytearray, size: int, sequence: int, rows: list[Row]) -> Answer:
    """Append the rows of a dump's datagram, `buffer[:size]`, to `rows`.

    An answer to another request than `sequence` is passed over. The buffer must be at least a
    row longer than `size`, so that no look ahead leaves it.

    Raises:
        SockDiagError: the datagram is cut short or malformed, or the kernel refused.
    """
    if size < HEADER.size:
        raise SockDiagError(errno.EBADMSG, "a netlink message without a header")
    _, _, flags, number, _ = HEADER.unpack_from(buffer)
    if number != sequence:
        return Answer(done=False, consistent=True)
    consistent = not flags & _NLM_F_DUMP_INTR
    unpack, append = ROW.unpack_from, rows.append  # bound: this loop is the cost of a sample
    offset = 0
    while offset + HEADER.size <= size:
        row = unpack(buffer, offset)
        length, kind = row[0], row[1]
        if not HEADER.size <= length <= size - offset:
            raise SockDiagError(errno.EBADMSG, "a netlink message cut short")
        if kind in _ROW_TYPES and length >= ROW.size:
            append(row)
        elif kind == _NLMSG_DONE:
            flags = HEADER.unpack_from(buffer, offset)[2]
            return Answer(done=True, consistent=consistent and not flags & _NLM_F_DUMP_INTR)
        elif kind == _NLMSG_ERROR:
            raise _refusal(buffer, offset)
        elif kind != _NLMSG_NOOP:
            raise SockDiagError(errno.EBADMSG, f"an unexpected netlink message of type {kind}")
        offset += (length + 3) & ~3
    return Answer(done=False, consistent=consistent)


def _refusal(buffer: bytes | bytearray, offset: int) -> SockDiagError:
    number = -_ERRNO.unpack_from(buffer, offset + HEADER.size)[0]
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
    return connection_in(row, protocol, State(row[2][1]), pid, process)


def connection_in(
    row: Row, protocol: Protocol, state: State, pid: int = 0, process: str = ""
) -> Connection:
    """Return the connection whose ends, cookie and user are those in a row."""
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
