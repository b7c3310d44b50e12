"""The counters of TCP sockets: struct tcp_info."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from connmon_collector.sources.meter import RESTED_MS, Totals
from connmon_collector.sources.sock_diag.netlink import (
    ATTRIBUTE,
    HEADER,
    INET_DIAG_INFO,
    TCPDIAG_GETSOCK,
    attributes,
)
from connmon_collector.sources.sock_diag.rows import ROW
from connmon_shared.timelines.states import State

_START = struct.Struct("=IH")  # of a message: length, type
# struct tcp_info: rtt, total_retrans, bytes_received, bytes_sent, bytes_retrans (since 4.19).
COUNTERS = struct.Struct("=68xI28xI24xQ64xQQ")
INFO = struct.Struct(f"=HH{COUNTERS.format.removeprefix('=')}")  # with its attribute's header
# The same behind last_data_sent and last_data_recv: ms since payload went and came.
_LOOK = struct.Struct("=HH44xI4xI12xI28xI24xQ64xQQ")
# last_data_recv and last_ack_recv, with their attribute's header: ms since payload or any
# acknowledgement came.
_LATEST = struct.Struct("=HH52xII")
_FIN_RECEIVED = frozenset({State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING})
#: Of these it is known that they have carried nothing; others are not established, or listen.
_MAY_CARRY = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})


class Count(NamedTuple):
    """The counters of a row."""

    ends: bytes
    mark: bytes
    totals: Totals


class Heard(NamedTuple):
    """For how long nothing has come from the peer of a row."""

    ends: bytes
    mark: bytes
    ms: int


def read_heard(buffer: bytes | bytearray, size: int) -> Iterator[Heard]:
    """Yield for how long the peers of a dump's datagram have been silent, as `read_counters`.

    Raises:
        SockDiagError: an attribute is cut short.
    """
    offset = 0
    while offset + HEADER.size <= size:
        length, kind = _START.unpack_from(buffer, offset)
        if kind == TCPDIAG_GETSOCK and length >= ROW.size:
            place = info_of(buffer, offset, length)
            if place:
                row = ROW.unpack_from(buffer, offset)
                yield Heard(row[3], row[4], min(_LATEST.unpack_from(buffer, place)[2:]))
        offset += (length + 3) & ~3


def read_counters(buffer: bytes | bytearray, size: int) -> Iterator[Count]:
    """Yield the counters of the rows of a dump's datagram that may have carried anything.

    `read_answer` must have found the datagram sound, and the buffer must be longer than `size`.

    Raises:
        SockDiagError: an attribute is cut short.
    """
    offset = 0
    places: dict[int, int] = {}  # where the counters are in rows of a length: nearly always there
    while offset + HEADER.size <= size:
        length, kind = _START.unpack_from(buffer, offset)
        if kind == TCPDIAG_GETSOCK and length >= ROW.size:
            place = offset + places.get(length, ROW.size)
            if place + INFO.size > offset + length or ATTRIBUTE.unpack_from(buffer, place)[1] != (
                INET_DIAG_INFO
            ):
                place = info_of(buffer, offset, length)
                places[length] = place - offset
            if place:
                look = _LOOK.unpack_from(buffer, place)
                _, _, out, back, rtt, retransmits, received, sent, repeated = look
                row = ROW.unpack_from(buffer, offset)
                if received or sent or row[2][1] in _MAY_CARRY:
                    rested = min(out, back) >= RESTED_MS
                    unique = max(0, sent - repeated)
                    totals = Totals(unique, received, rtt, retransmits, rested)
                    yield Count(row[3], row[4], _without_fin(totals, row[2][1]))
        offset += (length + 3) & ~3


def info_of(buffer: bytes | bytearray, offset: int, length: int) -> int:
    """Return where the attribute with the counters of a row begins; 0: it has none."""
    for kind, value, room in attributes(buffer, offset + ROW.size, offset + length):
        if kind == INET_DIAG_INFO and room >= COUNTERS.size:
            return value - ATTRIBUTE.size
    return 0


def _without_fin(totals: Totals, state: int) -> Totals:
    """Return `totals` without the one byte that the peer's end of the connection counts as."""
    fin = state in _FIN_RECEIVED and totals.received
    return totals._replace(received=totals.received - 1) if fin else totals
