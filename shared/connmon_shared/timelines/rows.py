"""The rows of a host: which one a socket belongs to, and what is kept of each."""

from connmon_shared.endpoints import Peer
from connmon_shared.messages import Connection
from connmon_shared.timelines.states import FIRST_EPHEMERAL_PORT, OPEN, Protocol, State
from connmon_shared.timelines.timeline import Timeline

MAX_PORTS = 32  # remembered of one row


class Track:
    """One row: a remote address or a listening endpoint."""

    __slots__ = (
        "failed",
        "last",
        "open",
        "opened",
        "peer",
        "ports",
        "process",
        "received",
        "sent",
        "timeline",
    )

    def __init__(self, peer: Peer, last: Connection, timeline: Timeline | None = None) -> None:
        self.peer = peer
        self.timeline = timeline if timeline is not None else Timeline()
        self.open: dict[int, Connection] = {}  # by id, in order of opening
        self.opened = 0  # connections opened while observed
        self.last = last  # the newest, or the one that was over last; no older one is held
        self.failed = False  # nothing was opened since one ended that was never established
        self.ports: tuple[int, ...] = ()  # what the connections were for, oldest first
        self.sent = self.received = 0  # bytes of those that are over, as far as they were counted
        #: The one that had all connections, as far as is known; None: there were several.
        self.process: str | None = ""

    @property
    def current(self) -> Connection:
        """The newest open connection, or the last one when none is open."""
        return next(reversed(self.open.values()), self.last)

    def hold(self, row: Connection) -> None:
        """Take `row` as open, or as what became of the one with its number."""
        self.open[row.id] = row
        self.last = self.current

    def release(self, number: int) -> None:
        """Take note that the open connection of that number is over."""
        self.last = self.open.pop(number)
        if self.open:
            self.last = self.current
        else:
            self.open = {}  # an emptied dict keeps its room

    def copy(self) -> "Track":
        """Return a row that stays as this one is now."""
        copy = Track(self.peer, self.last, self.timeline.copy())
        copy.open, copy.opened = self.open.copy(), self.opened
        copy.failed, copy.ports = self.failed, self.ports
        copy.sent, copy.received = self.sent, self.received
        copy.process = self.process
        return copy

    def carry(self, sent: int, received: int) -> None:
        """Add payload bytes of a connection that is over."""
        self.sent += sent
        self.received += received

    def note_process(self, name: str) -> None:
        """Note that a process of that name has one of its connections; empty: that is not known.

        Only whether it was always the same is kept: which process had which part of the timeline
        would take another timeline for each.
        """
        if name and name != self.process:
            self.process = None if self.process != "" else name

    def note_port(self, port: int) -> None:
        """Note that a connection was for `port`; only the newest MAX_PORTS are kept.

        A connection that failed may have no port any more (0).
        """
        if port and self.ports[-1:] != (port,):
            others = (known for known in self.ports if known != port)
            self.ports = (*others, port)[-MAX_PORTS:]


def peer_of(connection: Connection) -> Peer | None:
    """Return the row that `connection` belongs to; None when it is not open, or no service."""
    if connection.remote:
        return Peer(connection.remote) if connection.state in OPEN else None
    if connection.protocol == Protocol.UDP:
        service = 0 < connection.local_port < FIRST_EPHEMERAL_PORT
        return Peer(connection.local, connection.local_port) if service else None
    if connection.state == State.LISTEN and connection.local_port:
        return Peer(connection.local, connection.local_port)
    return None
