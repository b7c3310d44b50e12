"""What the kernel tells of a socket that is destroyed."""

import errno
import struct
from typing import NamedTuple

from connmon_collector.sources.sock_diag.counters import COUNTERS, INFO, info_of
from connmon_collector.sources.sock_diag.netlink import (
    ATTRIBUTE,
    INET_DIAG_INFO,
    SOCK_DIAG_BY_FAMILY,
    SockDiagError,
    attributes,
)
from connmon_collector.sources.sock_diag.rows import ROW, Row, connection_in
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import Protocol, State

_INET_DIAG_PROTOCOL = 10
_U32 = struct.Struct("=I")
# tcpi_rcv_space is set when a connection is established, and survives its end.
_RCV_SPACE = 96  # its offset in struct tcp_info
_TCP = int(Protocol.TCP)
_make = tuple.__new__  # of a NamedTuple's fields: half the time of a call by name
#: How messages of a length lie, once one was taken apart: a row, then protocol and counters.
_LAYOUTS: dict[int, struct.Struct] = {}
_MAX_LAYOUTS = 64
_ALIKE = (_INET_DIAG_PROTOCOL, INET_DIAG_INFO)  # the attributes in these places


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
    connection = connection_in(
        row, Protocol.TCP, State.ESTABLISHED if established else State.SYN_SENT
    )
    return connection if connection.remote else None


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
    places = {kind: value for kind, value, _ in attributes(buffer, ROW.size, length)}
    protocol_at = places.get(_INET_DIAG_PROTOCOL, 0)
    info_at = info_of(buffer, 0, length)
    tcp = not protocol_at or buffer[protocol_at] == _TCP
    if not info_at:
        return Destroyed(tcp, row[3], row[4], counted=False)
    if ROW.size <= protocol_at - ATTRIBUTE.size < info_at and len(_LAYOUTS) < _MAX_LAYOUTS:
        _LAYOUTS[length] = _alike(protocol_at, info_at)
    _, _, rtt, again, got, sent, twice = INFO.unpack_from(buffer, info_at)
    return _make(Destroyed, (tcp, row[3], row[4], True, max(0, sent - twice), got, rtt, again))


def _alike(protocol_at: int, info_at: int) -> struct.Struct:
    """Return the layout of messages whose protocol and counters are in these places."""
    before = protocol_at - ROW.size - ATTRIBUTE.size
    between = info_at - protocol_at - 1
    parts = f"{before}x 2xHB {between}x 2xH", COUNTERS.format.removeprefix("=")
    return struct.Struct("".join((ROW.format, *parts)))


def _first_row(buffer: bytes | bytearray, size: int) -> Row:
    if size < ROW.size:
        raise SockDiagError(errno.EBADMSG, "a netlink message cut short")
    row = ROW.unpack_from(buffer)
    if row[1] != SOCK_DIAG_BY_FAMILY or not ROW.size <= row[0] <= size:
        raise SockDiagError(errno.EBADMSG, "no message of a destroyed socket")
    return row


def _was_established(buffer: bytes | bytearray, size: int) -> bool:
    """Return what the attributes tell; without struct tcp_info a connection is believed in."""
    for kind, value, length in attributes(buffer, ROW.size, size):
        if kind == INET_DIAG_INFO and length >= _RCV_SPACE + _U32.size:
            return bool(_U32.unpack_from(buffer, value + _RCV_SPACE)[0])
    return True
