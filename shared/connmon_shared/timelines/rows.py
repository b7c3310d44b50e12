"""The rows of a host: which one a socket belongs to, and what is kept of each."""

from collections.abc import Collection, Iterable, Mapping

from connmon_shared.endpoints import Peer
from connmon_shared.messages import Connection
from connmon_shared.timelines.crowd import Crowd, Kind, elsewhere_of, kinds_of, unusual_of
from connmon_shared.timelines.states import FIRST_EPHEMERAL_PORT, OPEN, Protocol, State
from connmon_shared.timelines.timeline import Timeline

MAX_PORTS = 32  # remembered of one row
_NONE = Crowd()  # open connections; shared, and never changed


class Track:
    """One row: a remote address or a listening endpoint.

    Attributes:
        current: the newest open connection, or the last one when none is open.
    """

    __slots__ = (
        "_several",
        "current",
        "failed",
        "opened",
        "peer",
        "ports",
        "process",
        "received",
        "sent",
        "timeline",
    )

    def __init__(self, peer: Peer, current: Connection, timeline: Timeline | None = None) -> None:
        self.peer = peer
        self.timeline = timeline if timeline is not None else Timeline()
        self.current = current
        #: Those that are open; None: only the current one is, as mostly. A mapping of one takes
        #: twice the room of this object.
        self._several: Crowd | None = _NONE
        self.opened = 0  # connections opened while observed
        self.failed = False  # nothing was opened since one ended that was never established
        self.ports: tuple[int, ...] = ()  # what the connections were for, oldest first
        self.sent = self.received = 0  # bytes of those that are over, as far as they were counted
        #: The one that had all connections, as far as is known; None: there were several.
        self.process: str | None = ""

    @property
    def open(self) -> Mapping[int, Connection]:
        """The open connections by their ids, in order of opening."""
        several = self._several
        return {self.current.id: self.current} if several is None else several

    @property
    def is_open(self) -> bool:
        """Whether any connection is open."""
        return self._several is None or bool(self._several)

    @property
    def connections(self) -> Collection[Connection]:
        """The open connections, in order of opening; no mapping is made for those who ask often."""
        several = self._several
        return (self.current,) if several is None else several.values()

    @property
    def kinds(self) -> Collection[Kind]:
        """Which kinds of connections are open, each once, in no order."""
        several = self._several
        return kinds_of((self.current,)) if several is None else several.kinds

    @property
    def unusual(self) -> Collection[Connection]:
        """The open connections that are in a state that should not last, in no order."""
        several = self._several
        return unusual_of((self.current,)) if several is None else several.unusual

    @property
    def elsewhere(self) -> Collection[Connection]:
        """The open connections that are in other network namespaces, in no order."""
        several = self._several
        return elsewhere_of((self.current,)) if several is None else several.elsewhere

    def hold(self, row: Connection) -> None:
        """Take `row` as open, or as what became of the one with its number."""
        several = self._several
        if several is None and row.id != self.current.id:
            several = self._several = Crowd((self.current,))
        if not several:
            self._several, self.current = None, row
            return
        if row.id == self.current.id or row.id not in several:
            self.current = row
        several.hold(row)

    def release(self, number: int) -> None:
        """Take note that the open connection of that number is over."""
        several = self._several
        if several is None:
            self._several = _NONE
            return
        newest = number == self.current.id
        several.release(number, newest=newest)
        if newest:  # to look for the next takes long where many before it have gone
            self.current = next(reversed(several.values()))
        if len(several) == 1:
            self._several = None

    def renew(self, rows: Iterable[Connection]) -> None:
        """Take `rows` as all that are open."""
        self._several = _NONE
        for row in rows:
            self.hold(row)

    def copy(self) -> "Track":
        """Return a row that stays as this one is now."""
        copy = Track(self.peer, self.current, self.timeline.copy())
        copy._several = self._several.copy() if self._several else self._several
        copy.opened, copy.failed, copy.ports = self.opened, self.failed, self.ports
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
