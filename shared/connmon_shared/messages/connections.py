"""A connection, its process and its traffic: the rows of what a collector tells."""

from enum import IntEnum
from typing import NamedTuple

MAX_COMMAND = 300  # characters of a process's command line that are told
ROWS_PER_PART = 2_000  # a row is about 35 bytes, so a part stays under 200 kB
PROCESSES_PER_PART = 500  # a process is about 150 bytes, 4 kB at most


class Direction(IntEnum):
    """Who began a connection."""

    UNKNOWN = 0  # or a socket without a peer
    OUT = 1  # we did
    IN = 2  # the peer did


#: Of a connection that was accepted: it may be in any, until its process is known or a look.
UNKNOWN_NAMESPACE = "?"


_OUT, _IN = int(Direction.OUT), int(Direction.IN)  # members of an enum take longer


class Connection(NamedTuple):
    """One socket as seen by the collector."""

    id: int  # unsigned 64 bit, unique within the collector's epoch
    protocol: int  # 6 TCP, 17 UDP
    state: int  # states.State
    local: bytes  # 4 or 16 bytes, empty for the wildcard
    local_port: int
    remote: bytes  # empty when there is no remote end
    remote_port: int
    pid: int = 0  # 0: not known
    process: str = ""  # the name, cleaned; empty: not known
    uid: int = -1  # -1: not known
    holders: tuple[int, ...] = ()  # the pids of all that hold the socket, when there are several
    namespace: str = ""  # of the network; empty: the collector's own; see UNKNOWN_NAMESPACE
    container: str = ""  # the short id; empty: none, or not known
    direction: int = Direction.UNKNOWN

    @property
    def port(self) -> int:
        """What it is for: our port if the peer came to us, else the peer's; 0: not known.

        Of a connection whose direction is not known it is the lower one: those of services are.
        """
        if self.direction == _IN or not self.remote:
            return self.local_port
        out = self.direction == _OUT
        return self.remote_port if out else min(self.local_port, self.remote_port)

    @property
    def where(self) -> str:
        """Where it is when that is not simply this host: the container, else the namespace."""
        return self.container or self.known_namespace

    @property
    def known_namespace(self) -> str:
        """The namespace; one that is not known is taken for the collector's own."""
        return "" if self.namespace == UNKNOWN_NAMESPACE else self.namespace

    @property
    def identity(self) -> tuple[object, ...]:
        """What it keeps when a collector that was restarted numbers it anew."""
        ends = self.local, self.local_port, self.remote, self.remote_port
        return self.protocol, self.known_namespace, ends


class Process(NamedTuple):
    """What is known of a process beyond its name. Empty: not known, or it had ended before."""

    pid: int
    name: str
    uid: int = -1  # of the process; -1: not known
    user: str = ""  # that uid's name on the collector's host
    executable: str = ""  # its path
    command: str = ""  # its arguments, joined as a shell would read them, cut short


class Counters(NamedTuple):
    """The traffic of one TCP connection (struct tcp_info, linux/tcp.h)."""

    id: int
    sent: int  # payload bytes since the connection was opened, each once
    received: int  # bytes
    sent_rate: int = 0  # bytes per second, between the last two looks
    received_rate: int = 0
    rtt: int = 0  # smoothed round trip, microseconds; 0: not known
    retransmits: int = 0  # segments, since the connection was opened
    measured: bool = True  # whether the rates are known: not of what moved before the first look
