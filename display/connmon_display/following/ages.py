"""When the connections of a host were opened, as far as anybody saw it. Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from connmon_shared.messages import Connection
from connmon_shared.timelines.history import Event, History, What
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import OPENED, STATE, Run

Connections = Mapping[int, Connection]


class Since(NamedTuple):
    """Since when a connection is there."""

    time: float  # seconds since 1970, by its host's clock
    exact: bool  # else it may have been there for longer


class Ages:
    """The openings that were seen of what is open; kept only while it is.

    Args:
        joined: the moment at which everything else was there already, seconds since 1970.
    """

    def __init__(self, joined: float = 0.0) -> None:
        self._joined = joined
        self._opened: dict[int, float] = {}  # by the id of the connection

    def note(self, events: Iterable[Event]) -> None:
        """Note what was opened in `events`, and drop what was closed."""
        for event in events:
            if event.what is What.NEW:
                self._opened[event.connection.id] = event.time
            elif event.what in {What.CLOSED, What.FAILED}:
                self._opened.pop(event.connection.id, None)

    def renew(self, before: Connections, after: Connections, joined: float) -> None:
        """Keep what is the same connection in `after`, to which all else was added by `joined`."""
        self._joined = joined
        self._opened = {
            number: time
            for number, time in self._opened.items()
            if number in before and number in after and _same(before[number], after[number])
        }

    def since(self, row: Connection, track: Track, history: History) -> Since:
        """Return since when `row`, an open connection of `track`, is there.

        Where its opening was not seen, the timeline tells that of the row's newest connection.
        """
        if row.id in self._opened:
            return Since(self._opened[row.id], exact=True)
        newest = track.timeline.last_tick
        moment = history.seconds(newest)
        if newest > history.coverage.begin and len(track.open) == 1 and _began(track):
            return Since(moment, exact=True)
        return Since(min(moment, self._joined), exact=False)


def _began(track: Track) -> bool:
    """Return whether the newest transition of `track` began what is open, and all of it."""
    *_, before, newest = (0, 0, *track.timeline.entries[-2:])
    return track.peer.listening or bool(newest & OPENED and before & STATE != Run.ACTIVE)


def _same(one: Connection, other: Connection) -> bool:
    return _ends(one) == _ends(other)


def _ends(row: Connection) -> object:
    return row.protocol, row.namespace, row.local, row.local_port, row.remote, row.remote_port
