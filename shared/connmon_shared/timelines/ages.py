"""Since when connections are there, and in a state that should not last. Pure.

The enricher and every display keep one beside their history and feed it the same messages; a
display that joins is handed it once, as `openings`.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, repeat
from typing import NamedTuple

from connmon_shared.messages import ROWS_PER_PART, Connection, Delta, Opening, Openings
from connmon_shared.timelines.history import Event, History, What
from connmon_shared.timelines.states import UNUSUAL, State
from connmon_shared.timelines.timeline import MAX_TICK

Connections = Mapping[int, Connection]
KEPT_OVER = 1_024  # connections that are over

_COMING = frozenset({What.NEW, What.LISTEN})
_MS = 1_000  # milliseconds of a second
#: Those that no source is told of: they are found by looks, up to a minute after one another.
_FOUND = frozenset({State.CLOSE_WAIT, State.SYN_RECV})


class Since(NamedTuple):
    """Since when something is so."""

    time: float  # seconds since 1970, by its host's clock
    exact: bool  # else it may have been so for longer


class Ages:
    """When the connections that are open began, and unusual states of them; kept only while so.

    What was there when the history began is not kept. Of what is over the latest are remembered.
    """

    def __init__(self) -> None:
        # By the id of the connection, seconds since 1970; below 0: it may be older than that.
        self._opened: dict[int, float] = {}
        self._states: dict[int, tuple[int, float]] = {}  # the state, and since when
        self._over: dict[int, tuple[float, float]] = {}  # when it was opened, and closed

    def copy(self) -> "Ages":
        """Return what is known now, to be looked at while this goes on."""
        copy = Ages()
        copy._opened, copy._states = self._opened.copy(), self._states.copy()
        copy._over = self._over.copy()
        return copy

    def follow(self, change: Delta, events: Iterable[Event]) -> None:
        """Take `change`, which led to `events`."""
        came = {event.connection.id for event in events if event.what in _COMING}
        for row, age in zip(change.changed, change.changed_ages or repeat(0), strict=False):
            waited = 0 if row.id in came else age / _MS  # of what came it is since when it is there
            self._note_state(row, change.time - waited)
        for event in events:
            number = event.connection.id
            if event.what in _COMING:
                self._opened[number] = event.time
            else:
                self._over[number] = self._opened.pop(number, 0.0), event.time
                self._states.pop(number, None)
        for number in [*islice(self._over, max(0, len(self._over) - KEPT_OVER))]:
            del self._over[number]

    def renew(
        self, before: Connections, after: Connections, time: float, *, first: bool = False
    ) -> None:
        """Keep what is the same connection in `after`, of which nobody saw how it came about.

        Args:
            before: all connections until then.
            after: all that there are at `time`; they may be numbered anew.
            time: seconds since 1970.
            first: whether nothing was known before.
        """
        known = {row.identity: number for number, row in before.items()}
        opened, states = self._opened, self._states
        self._opened, self._states = {}, {}
        self._over.clear()
        for row in after.values():
            number = known.get(row.identity)
            if number in opened:
                self._opened[row.id] = opened[number]
            elif number is None and not first:
                self._opened[row.id] = -time
            if number in states:
                self._states[row.id] = states[number]
            self._note_state(row, -time)

    def openings(self, history: History) -> Iterator[Openings]:
        """Yield what is known of the open connections of `history`; something, at least."""
        opened = [_told(number, time, history) for number, time in self._opened.items()]
        lasting = [_told(number, time, history) for number, (_, time) in self._states.items()]
        for start in range(0, max(len(opened), len(lasting), 1), ROWS_PER_PART):
            part = slice(start, start + ROWS_PER_PART)
            yield Openings(tuple(opened[part]), tuple(lasting[part]))

    def take(self, message: Openings, history: History) -> None:
        """Take over what another knew of connections of `history`."""
        for found in message.opened:
            if row := history.connections.get(found.id):
                self._opened[row.id] = _time(found, history)
        for found in message.lasting:
            if row := history.connections.get(found.id):
                self._states[row.id] = row.state, _time(found, history)

    def opened(self, row: Connection, history: History) -> Since:
        """Return since when `row` is there, or was until it was closed."""
        over = self._over.get(row.id, (0.0, 0.0))
        return _since(self._opened.get(row.id, over[0]), history)

    def closed(self, row: Connection) -> float | None:
        """Return when `row`, which is over, was closed; None: that is not known any more."""
        return self._over[row.id][1] if row.id in self._over else None

    def in_state(self, row: Connection, history: History) -> Since:
        """Return since when `row`, an open connection, is in its unusual state."""
        return _since(self._states.get(row.id, (0, 0.0))[1], history)

    def _note_state(self, row: Connection, since: float) -> None:
        if row.state not in UNUSUAL:
            self._states.pop(row.id, None)
            return
        state, time = self._states.get(row.id, (0, since))
        if state != row.state or abs(since) < abs(time):  # or it is known better now
            self._states[row.id] = row.state, -abs(since) if row.state in _FOUND else since


def _told(number: int, time: float, history: History) -> Opening:
    tick = history.tick(abs(time))
    before = min(max(-tick, 0), MAX_TICK)
    return Opening(number, min(max(tick, 0), MAX_TICK), time > 0, before)


def _time(found: Opening, history: History) -> float:
    time = history.seconds(found.tick - found.before)
    return time if found.seen else -time


def _since(time: float, history: History) -> Since:
    return Since(abs(time) or history.seconds(history.coverage.begin), time > 0)
