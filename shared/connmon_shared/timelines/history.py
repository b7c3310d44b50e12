"""The history of a host: keyframes and deltas in, timelines per row out. Pure.

The enricher and every display keep one each and feed them the same messages, so a viewer that
was handed the history once goes on by itself.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from connmon_shared.endpoints import Peer
from connmon_shared.messages import (
    Connection,
    Delta,
    Direction,
    Histories,
    Keyframe,
    Record,
    Session,
)
from connmon_shared.timelines.coverage import Coverage
from connmon_shared.timelines.late_copy import LateCopy
from connmon_shared.timelines.memory import LIMITS, Limits, Memory
from connmon_shared.timelines.order import in_order
from connmon_shared.timelines.rows import Track, peer_of
from connmon_shared.timelines.states import State
from connmon_shared.timelines.timeline import (
    MAX_TICK,
    TICKS_PER_SECOND,
    Run,
    Timeline,
    tick_of,
)


class What(Enum):
    """What happened to a connection."""

    ACTIVE = "ACTIVE"  # it was there already when monitoring began
    NEW = "NEW"
    CLOSED = "CLOSED"
    FAILED = "FAILED"  # closed without ever having been established
    LISTEN = "LISTEN"


class Event(NamedTuple):
    """One thing that happened."""

    time: float  # seconds since 1970
    what: What
    peer: Peer
    connection: Connection
    before: Connection | None = None  # of an opening in a row that was over: its last one


class History:
    """All rows of one host since monitoring began, as far as they fit in its limits.

    Attributes:
        origin: the tick since 1970 that all other ticks count from.
        coverage: which ticks were observed.
        tracks: the rows, in order of first sight; they go only when `dropped` grows.
        connections: every socket that is there now, by id; after a keyframe another mapping.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.origin: int | None = None
        self.coverage = Coverage(0, 0)
        self.tracks: LateCopy[Peer, Track] = LateCopy()
        self._memory = Memory(self.tracks, limits)
        self.connections: dict[int, Connection] = {}

    @property
    def started(self) -> bool:
        """Whether anything has been observed yet."""
        return self.origin is not None

    @property
    def limits(self) -> Limits:
        """The most that it holds."""
        return self._memory.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._memory.limits = limits

    @property
    def transitions(self) -> int:
        """How many transitions all rows have together."""
        return self._memory.transitions

    @property
    def thinned(self) -> int:
        """The tick before which some row has lost detail; 0: none has."""
        return self._memory.thinned

    @property
    def thinned_before(self) -> float:
        """The moment at which that tick begins, seconds since 1970; 0: nothing was thinned."""
        return self.seconds(self.thinned) if self.thinned else 0.0

    @property
    def dropped(self) -> int:
        """How many rows that were over have been forgotten."""
        return self._memory.dropped

    @property
    def open_rows(self) -> int:
        """How many rows have something open; of a copy that is not known."""
        return len(self.tracks) - self._memory.over

    def seconds(self, tick: int) -> float:
        """Return the moment (seconds since 1970) at which `tick` begins."""
        return (tick + (self.origin or 0)) / TICKS_PER_SECOND

    def tick(self, seconds: float) -> int:
        """Return the tick, from the origin, that holds the moment `seconds`."""
        return tick_of(seconds) - (self.origin or 0)

    def keyframe(self, frame: Keyframe) -> list[Event]:
        """Take `frame` as what is there now, and return what happened since the message before.

        In the first keyframe everything was there already. In a later one (after a loss, or
        from a restarted collector) connections are matched by their two ends; what is new was
        opened, and what is missing was closed, in the time that nobody saw.
        """
        first = not self.started
        if first:
            self.origin = tick_of(frame.begin)
        self._cover(frame.begin, frame.end)
        self.connections = self.connections.copy()  # who looks at it can compare
        rows = {row.id: row for row in frame.connections}
        unmatched: dict[object, list[int]] = {}
        for number, known in self.connections.items():
            if rows.get(number) == known:
                del rows[number]
            else:
                unmatched.setdefault(_identity(known), []).append(number)
        stayed, came = [], []
        for row in rows.values():
            numbers = unmatched.get(_identity(row))
            if numbers:
                stayed.append((numbers.pop(), row))
            else:
                came.append(row)
        events = self._close([n for numbers in unmatched.values() for n in numbers], frame.time)
        self._renumber(stayed)
        came.sort(key=lambda row: row.state != State.LISTEN)  # in a log servers come first
        for row in came:
            events += self._open(row, frame.time, known_before=first)
        return events

    def delta(self, change: Delta) -> list[Event]:
        """Apply `change` and return what happened, in the order of time.

        Raises:
            ValueError: no keyframe has come before it.
        """
        if not self.started:
            raise ValueError("a delta needs a keyframe before it")
        self._cover(change.begin, change.end)
        for begin, end in change.lost:
            self.coverage.lose(self._place(begin), self._place_after(end))
        events = []
        for time, what in in_order(change, self.connections):
            if isinstance(what, Connection):
                events += self._change(what, time)
            else:
                events += self._close([what], time)
        return events

    def _change(self, row: Connection, time: float) -> list[Event]:
        known = self.connections.get(row.id)
        if known is None:
            return self._open(row, time, known_before=False)
        if (peer_of(row), row.protocol) == (peer_of(known), known.protocol):
            self._refresh(row, known)
            return []
        return [*self._close([row.id], time), *self._open(row, time, known_before=False)]

    def session(self) -> Session:
        """Return the frame of this history."""
        coverage = self.coverage
        times = (self.origin or 0, coverage.begin, coverage.end)
        return Session(*times, tuple(coverage.gaps), self.thinned, self.dropped)

    def records(self) -> Iterator[Record]:
        """Yield every row for a viewer that joins."""
        for track in self.tracks.values():
            packed = track.timeline.pack()
            yield Record(
                *(*track.peer, packed, track.opened, track.current, track.failed, track.ports),
                *(track.sent, track.received, track.process or ""),
            )

    @classmethod
    def restore(
        cls,
        session: Session,
        histories: Iterable[Histories],
        connections: Iterable[Connection],
        limits: Limits = LIMITS,
    ) -> "History":
        """Return the history that `session`, `histories` and a keyframe's rows describe."""
        history = cls.begun(session)
        for part in histories:
            history.take(part.records)
        history.hold(connections)
        history.complete(session, limits)
        return history

    @classmethod
    def begun(cls, session: Session) -> "History":
        """Return a history without rows yet; `take`, `hold` and `complete` come next, in turn."""
        history = cls()
        history.origin = session.origin
        history.coverage = Coverage(session.begin, session.end, list(session.gaps))
        return history

    def take(self, records: Iterable[Record]) -> None:
        """Take over rows that another history had."""
        for record in records:
            peer = record.peer
            track = Track(peer, record.last, Timeline(record.transitions))
            self.tracks[peer] = track
            track.opened, track.failed, track.ports = record.opened, record.failed, record.ports
            track.sent, track.received = record.sent, record.received
            track.process = record.process or None

    def hold(self, connections: Iterable[Connection]) -> None:
        """Take over open connections of the rows that were taken."""
        for row in connections:
            self._hold(row)

    def complete(self, session: Session, limits: Limits) -> None:
        """Go on from what was taken over, within `limits`."""
        self.limits = limits
        self._memory.restore(session.thinned, session.dropped)

    def copy(self) -> "History":
        """Return the same at once, to be looked at while this goes on.

        Rows are copied when they change, and then replaced in what was returned: whoever reads it
        bit by bit has to ask it for each row anew.
        """
        return self._with(self.tracks.copy(yields=True))

    def still(self) -> "History":
        """Return the same, but rows are copied when they change, and then replaced here."""
        return self._with(self.tracks.copy())

    def _with(self, tracks: LateCopy[Peer, Track]) -> "History":
        """Return a history of `tracks`, as far as this one is by now."""
        history, seen = History(self.limits), self.coverage
        history.origin, history.tracks = self.origin, tracks
        history.coverage = Coverage(seen.begin, seen.end, [*seen.gaps])
        history._memory.thinned, history._memory.dropped = self.thinned, self.dropped
        return history

    def _hold(self, row: Connection) -> None:
        """Take over an open connection if its row is known."""
        peer = peer_of(row)
        if peer is None:
            self.connections[row.id] = row
        elif peer in self.tracks:
            track = self.tracks[peer]
            if row.remote:  # one of two equal ones is enough
                row = row._replace(remote=track.peer.address)
            self.connections[row.id] = row
            track.hold(row)

    def _place(self, seconds: float) -> int:
        """Return the nearest tick that a timeline can hold: no peer's clock may break it."""
        return min(max(self.tick(seconds), 0), MAX_TICK)

    def _place_after(self, seconds: float) -> int:
        """Return the first tick that begins at `seconds` or later, in the same bounds."""
        return min(max(-tick_of(-seconds) - (self.origin or 0), 0), MAX_TICK)

    def _cover(self, begin: float, end: float) -> None:
        first, last = self._place(begin), self._place(end)
        if self.coverage.end == 0:
            self.coverage = Coverage(first, last)
        else:
            self.coverage.extend(first, last)
            self._memory.unseen(self.coverage, self.origin or 0)

    def _open(self, row: Connection, time: float, *, known_before: bool) -> list[Event]:
        self.connections[row.id] = row
        peer = peer_of(row)
        if peer is None:
            return []
        if peer not in self.tracks:
            self.tracks[peer] = Track(peer, row)
        track = self.tracks.own(peer)
        before = track.current if not track.is_open and track.current is not row else None
        if not track.is_open:
            self._memory.begins(track)
        track.hold(row)
        track.failed = False
        track.note_port(row.port)
        track.note_process(row.process)
        opened = not (known_before or peer.listening)
        track.opened += opened
        run = Run.LISTEN if peer.listening else Run.ACTIVE
        self._record(track, time, run, opened=opened)
        what = What.LISTEN if peer.listening else What.ACTIVE if known_before else What.NEW
        return [Event(time, what, peer, row, before)]

    def _close(self, ids: Iterable[int], time: float) -> list[Event]:
        events = []
        for number in ids:
            row = self.connections.pop(number, None)
            if row is None:
                continue
            peer = peer_of(row)
            if peer is None:
                continue
            track = self.tracks.own(peer)
            track.release(number)
            track.failed = row.state == State.SYN_SENT
            if not track.is_open:
                self._record(track, time, Run.EMPTY)
                self._memory.ends(track)
            what = What.FAILED if track.failed else What.CLOSED
            events.append(Event(time, what, peer, row))
        return events

    def _record(self, track: Track, time: float, run: Run, *, opened: bool = False) -> None:
        added = track.timeline.record(self._place(time), run, opened=opened)
        self._memory.grew(track, added, self.origin or 0)

    def _renumber(self, stayed: list[tuple[int, Connection]]) -> None:
        """Take over (id until now, row) pairs: a restarted collector may number them anew."""
        taken = []
        for number, row in stayed:
            known = self.connections.pop(number)
            peer = peer_of(row)
            if peer is not None:
                self.tracks.own(peer).release(number)
            taken.append((row, known))
        for row, known in taken:
            self._refresh(row, known)

    def _refresh(self, row: Connection, known: Connection) -> None:
        """Take over what changed of an open connection; its row stays the same.

        So does its direction: it was told when that could be seen best.
        """
        if row.direction != known.direction != Direction.UNKNOWN:
            row = row._replace(direction=known.direction)
        self.connections[row.id] = row
        peer = peer_of(row)
        if peer is not None:
            track = self.tracks.own(peer)
            track.hold(row)
            if row.port != known.port:
                track.note_port(row.port)
            if row.process != known.process:
                track.note_process(row.process)


def _identity(row: Connection) -> object:
    """Return what the same socket keeps when it is numbered anew, and which row it is in."""
    return row.identity, peer_of(row)
