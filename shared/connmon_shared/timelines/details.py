"""What is known of processes and connections beyond the rows of a history. Pure, and bounded.

The enricher and every display keep one beside their history and feed it the same messages.
"""

from collections.abc import Iterable, Mapping
from itertools import islice

from connmon_shared.endpoints import Peer
from connmon_shared.messages import Connection, Counters, Delta, Ended, Process, Processes, Traffic
from connmon_shared.timelines.history import Event, What
from connmon_shared.timelines.late_copy import LateCopy
from connmon_shared.timelines.rows import Track

KEPT_PROCESSES = 2_048  # that no connection names (yet): they are told before the first that does
KEPT_FINAL = 20_000  # counters of closed connections, however busy these seconds are,
KEPT_QUIET = 2_048  # and those of the time before
_BUSY_SECONDS = 10.0
KEPT_EARLY = 4_096  # counters that came before the connection that they are of

Connections = Mapping[int, Connection]


class Details:
    """The processes that connections name, and the traffic of connections.

    Attributes:
        processes: by pid; the one told last is the last.
        counters: the newest of each open connection, by its id.
        moving: those of them that tell of a speed: bytes go, or it is not known yet whether.
        counting: whether the collector tells of traffic at all.
        final: the last ones of the connections that closed most recently, by their id.
    """

    def __init__(self) -> None:
        self.processes: dict[int, Process] = {}
        self.counters: dict[int, Counters] = {}
        self.moving: dict[int, Counters] = {}
        self.final: dict[int, Counters] = {}
        self.counting = False
        self._early: dict[int, Counters] = {}
        self._fresh = 0  # of the final ones: so many have come since
        self._fresh_since = 0.0
        self._crowded = KEPT_PROCESSES  # so many processes make it worth looking through them

    def copy(self) -> "Details":
        """Return what is known now, to be looked at while this goes on."""
        copy = Details()
        copy.processes, copy.counters = self.processes.copy(), self.counters.copy()
        copy.moving = self.moving.copy()
        copy.final, copy.counting = self.final.copy(), self.counting
        return copy

    def counters_of(self, *tracks: Track) -> list[Counters]:
        """Return the newest counters of the open connections of rows that are counted."""
        counters = self.counters
        if not counters:  # or nobody counts, and of many rows each would be looked through
            return []
        return [counters[c.id] for row in tracks for c in row.connections if c.id in counters]

    def speed_of(self, track: Track) -> list[Counters]:
        """Return counters of open connections that tell as much of the speed of a row as all do.

        Of thousands few move: these, or one of the others.
        """
        rows = track.connections
        if len(rows) <= len(self.moving):
            return self.counters_of(track)
        held = track.open
        found = [counters for number, counters in self.moving.items() if number in held]
        if not found and self.counters:
            resting = (self.counters[row.id] for row in rows if row.id in self.counters)
            found = [*islice(resting, 1)]
        return found

    def introduce(self, message: Processes, connections: Connections) -> None:
        """Take the processes of `message`; `connections` are those there are."""
        for process in message.processes:
            self.processes.pop(process.pid, None)
            self.processes[process.pid] = process
        if len(self.processes) > self._crowded:
            self._drop_unnamed(connections.values())

    def count(self, message: Traffic, connections: Connections) -> None:
        """Take the counters of `message`; `connections` are those there are."""
        self.counting = True
        for row in message.counters:
            if row.id in connections:
                self._take(row)
            else:
                self._early[row.id] = row
        _drop_oldest(self._early, KEPT_EARLY)
        self._end(message)

    def end(self, message: Ended, tracks: LateCopy[Peer, Track]) -> None:
        """Take the last counters of what is over with the next message of the history, or was."""
        self._keep(message.final)
        for address, sent, received in message.late:
            if (peer := Peer(address)) in tracks:
                tracks.own(peer).carry(sent, received)

    def settle(
        self, events: Iterable[Event], tracks: LateCopy[Peer, Track]
    ) -> tuple[Counters, ...]:
        """Add what ended in `events` has carried to its row, before its counters are dropped.

        Returns:
            The counters that were added.
        """
        settled = []
        for event in events:
            number = event.connection.id
            known = self.final.get(number) or self.counters.get(number)
            if known and event.what in {What.CLOSED, What.FAILED} and event.peer in tracks:
                tracks.own(event.peer).carry(known.sent, known.received)
                settled.append(known)
        return tuple(settled)

    def follow(self, change: Delta) -> None:
        """Take over the counters of what came, and drop those of what is gone."""
        for row in change.changed:
            if row.id in self._early:
                self._take(self._early[row.id])
        self._early.clear()
        for number in change.gone:
            self.counters.pop(number, None)
            self.moving.pop(number, None)

    def renumber(self, before: Connections, after: Connections) -> None:
        """Keep the counters of the connections that are the same after a keyframe.

        A restarted collector may give a number to another connection.
        """
        self.counters = {
            number: row
            for number, row in self.counters.items()
            if number in before
            and number in after
            and before[number].identity == after[number].identity
        }
        self.moving = {number: row for number, row in self.counters.items() if _moves(row)}
        self.final.clear()
        self._early.clear()

    def _take(self, row: Counters) -> None:
        """Take the newest counters of an open connection."""
        self.counters[row.id] = row
        if _moves(row):
            self.moving[row.id] = row
        else:
            self.moving.pop(row.id, None)

    def _end(self, message: Traffic) -> None:
        """Take the last counters of what is over; the older they are, the fewer are kept."""
        if message.time - self._fresh_since > _BUSY_SECONDS:
            _drop_oldest(self.final, max(self._fresh, KEPT_QUIET))
            self._fresh, self._fresh_since = 0, message.time
        self._keep(message.final)

    def _keep(self, final: tuple[Counters, ...]) -> None:
        self._fresh += len(final)
        self.final.update((row.id, row) for row in final)
        _drop_oldest(self.final, KEPT_FINAL)

    def _drop_unnamed(self, connections: Iterable[Connection]) -> None:
        kept = {pid for row in connections for pid in (row.pid, *row.holders)}
        kept |= {*islice(reversed(self.processes), KEPT_PROCESSES // 2)}
        self.processes = {pid: known for pid, known in self.processes.items() if pid in kept}
        self._crowded = len(self.processes) + KEPT_PROCESSES // 2


def _moves(row: Counters) -> bool:
    return bool(row.sent_rate or row.received_rate or not row.measured)


def _drop_oldest(kept: dict[int, Counters], limit: int) -> None:
    for number in [*islice(kept, max(0, len(kept) - limit))]:
        del kept[number]
