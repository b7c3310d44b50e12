"""Socket states and what they mean for a timeline.

Numbers are Linux's (include/net/tcp_states.h). A UDP socket is ESTABLISHED when it is
connected and CLOSE (`UNCONN` in ss) when it is only bound.
"""

from enum import IntEnum


class State(IntEnum):
    """A socket's state."""

    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECV = 3
    FIN_WAIT1 = 4
    FIN_WAIT2 = 5
    TIME_WAIT = 6
    CLOSE = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11


class Protocol(IntEnum):
    """A transport, by its IP protocol number."""

    TCP = 6
    UDP = 17


#: A connection in one of these counts as open.
OPEN = frozenset({State.ESTABLISHED, State.SYN_SENT, State.SYN_RECV, State.CLOSE_WAIT})
#: They should not last, the most telling first. CLOSE_WAIT: the peer has closed and our side has
#: not, a leak when it stays. SYN_SENT and SYN_RECV: half-open, nobody has answered yet.
UNUSUAL = (State.CLOSE_WAIT, State.SYN_SENT, State.SYN_RECV)
#: Kernel leftovers: the connection is over, whatever the socket still waits for.
CLOSED = frozenset(
    {State.FIN_WAIT1, State.FIN_WAIT2, State.TIME_WAIT, State.LAST_ACK, State.CLOSING}
)
#: UDP sockets bound from this port up are mostly clients' own ephemeral ones (Linux's default
#: net.ipv4.ip_local_port_range begins here), so they are no listening service.
FIRST_EPHEMERAL_PORT = 32_768
