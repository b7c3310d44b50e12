"""Who began a connection: its state tells, else whether somebody listens on our end. Pure.

Without a listener it was us, unless the ports look the other way round: then whoever listened may
have stopped before anybody looked.
"""

from collections import Counter
from collections.abc import Iterable

from connmon_shared.endpoints import WILDCARD
from connmon_shared.messages import Connection, Direction
from connmon_shared.timelines.states import FIRST_EPHEMERAL_PORT, State

_UNKNOWN, _OUT, _IN = (direction.value for direction in Direction)
_TOLD = {State.SYN_SENT.value: _OUT, State.SYN_RECV.value: _IN}
_FIRST_UNPRIVILEGED_PORT = 1_024
_make = tuple.__new__  # of a NamedTuple's fields, the direction last: a quarter of a _replace
_ANYBODY = 2  # the rank of a port that the system gives to whoever asks for one


def of_connection(state: int, local_port: int, remote_port: int, *, served: bool) -> int:
    """Return the direction of a TCP connection, or of a connected UDP socket.

    Args:
        state: the one in which it was first seen.
        local_port: ours.
        remote_port: the peer's; 0: not known.
        served: whether a socket listens on our end.
    """
    told = _TOLD.get(state)
    if told is not None:
        return told
    if served:
        return _IN
    return _OUT if _rank(local_port) >= _rank(remote_port) else _UNKNOWN


def of_datagrams(local_port: int, remote_port: int, *, served: bool) -> int:
    """Return the direction of UDP that need not come from a connected socket.

    Such a socket of a client looks like one of a service. So only ports that no client is given
    are taken for those of services, and of two ends that are alike neither is.

    Args:
        local_port: ours.
        remote_port: the peer's.
        served: whether a socket without a peer is bound to our end.
    """
    ours, theirs = _rank(local_port), _rank(remote_port)
    if ours > theirs:
        return _OUT
    serving = served and ours < _ANYBODY and theirs > 0 and local_port != remote_port
    return _IN if serving else _UNKNOWN


def _rank(port: int) -> int:
    """Return how little likely a port is that of a service: 0, 1 or 2."""
    below = (0 < port < _FIRST_UNPRIVILEGED_PORT) + (0 < port < FIRST_EPHEMERAL_PORT)
    return _ANYBODY - below


class Directions:
    """Those of the connections of one namespace, which is looked at now and then.

    Each is found out at the first look that shows it, and stays.
    """

    def __init__(self) -> None:
        self._known: dict[int, int] = {}  # by id
        self._listening: Counter[object] = Counter()  # by protocol, port and address

    def take(
        self, changed: Iterable[Connection], former: Iterable[Connection], gone: Iterable[int]
    ) -> list[Connection]:
        """Take in what a look has changed, and return `changed` with the directions.

        Args:
            changed: sockets that are new, or are not what they were.
            former: what these, and those that are gone, were before.
            gone: the ids of those that are no more.
        """
        rows = [*changed]
        self._listening.update(_end(row) for row in rows if not row.remote)
        for row in rows:
            if row.remote and row.id not in self._known:
                self._known[row.id] = self._direction(row)
        told = [*map(self.told, rows)]
        self._listening.subtract(_end(row) for row in former if not row.remote)
        self._listening = +self._listening
        for number in gone:
            self._known.pop(number, None)
        return told

    def told(self, row: Connection) -> Connection:
        """Return `row` with its direction."""
        return _make(Connection, (*row[:-1], self._known.get(row.id, _UNKNOWN)))

    def _direction(self, row: Connection) -> int:
        protocol, port, _ = end = _end(row)
        served = end in self._listening or (protocol, port, WILDCARD) in self._listening
        return of_connection(row.state, row.local_port, row.remote_port, served=served)


def _end(row: Connection) -> tuple[int, int, bytes]:
    return row.protocol, row.local_port, row.local
