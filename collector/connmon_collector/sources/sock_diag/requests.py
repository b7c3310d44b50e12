"""What to ask the kernel: dumps of sockets."""

import socket
import struct

from connmon_collector.sources.sock_diag.netlink import (
    INET_DIAG_INFO,
    SOCK_DIAG_BY_FAMILY,
    TCPDIAG_GETSOCK,
)
from connmon_shared.timelines.states import OPEN, Protocol, State

_NLM_F_REQUEST, _NLM_F_DUMP = 0x1, 0x300
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

# nlmsghdr + struct inet_diag_req_v2: family, protocol, extensions, states, then inet_diag_sockid
# (ports, addresses, interface, cookie).
_REQUEST = struct.Struct("=IHHII BBBxI HH16s16sIII")
# nlmsghdr + struct inet_diag_req: the same without a protocol, states after the socket's id.
_OLD_REQUEST = struct.Struct("=IHHII BBBB HH16s16sIII II")


def tcp_request(sequence: int) -> bytes:
    """Return the request for all TCP sockets that are to be shown."""
    return _old_request(sequence, _SHOWN)


def listening_request(sequence: int) -> bytes:
    """Return the request for the TCP sockets that listen."""
    return _old_request(sequence, 1 << State.LISTEN)


def counting_request(sequence: int) -> bytes:
    """Return the same request, with the counters of each."""
    return _old_request(sequence, _SHOWN, 1 << INET_DIAG_INFO - 1)


def waiting_request(sequence: int) -> bytes:
    """Return the request for the TCP sockets whose peer has closed."""
    return _old_request(sequence, 1 << State.CLOSE_WAIT)


def silence_request(sequence: int) -> bytes:
    """Return the same request, with the counters of each."""
    return _old_request(sequence, 1 << State.CLOSE_WAIT, 1 << INET_DIAG_INFO - 1)


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
