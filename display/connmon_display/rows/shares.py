"""Which part of a row each process has, and each port.

A history knows what happened with an address, not which of several processes it was. So as
soon as a second process, or a second port, has to do with an address, its row is kept in parts
from then on; what was before belongs to the first. Nothing is kept of the many rows of which
there is only one. Pure.
"""

from collections.abc import Container, Iterable
from itertools import chain, takewhile

from connmon_display.following.purpose import Purpose, purpose_of
from connmon_shared.endpoints import Peer
from connmon_shared.messages import Connection
from connmon_shared.timelines.history import Event, History, What
from connmon_shared.timelines.late_copy import LateCopy
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.thinning import thin
from connmon_shared.timelines.timeline import MAX_TICK, STATE, TICK_SHIFT, Run, Timeline

IN_PART = 4_096  # transitions of a part, before the oldest are thinned: so many at most,
IN_ALL = 1_000_000  # or what each has of so many, which are 4 MB,
LEAST_IN_PART = 64  # but not fewer
MOST_PARTS = 64  # of one row; what comes then belongs to the newest
MOST_OF_ALL = 50_000  # parts of all rows together, about 40 MB; then no other row is divided

_ENDS = (What.CLOSED, What.FAILED)


class _Parts(dict[Purpose, Track]):
    """The parts of one row."""

    def copy(self) -> "_Parts":
        return _Parts((purpose, part.copy()) for purpose, part in self.items())


class Shares:
    """The parts of the rows of one host.

    Args:
        history: the host's.

    Attributes:
        sole: the purposes of the rows with only one, as far as they were known.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.sole: dict[Peer, Purpose] = {}
        self._parts: LateCopy[Peer, _Parts] = LateCopy()  # of the others
        self._many = 0  # parts that there are
        self._purposes: dict[Purpose, Purpose] = {}  # equal ones are one object
        for peer, track in history.tracks.items():
            if peer.listening:
                continue
            if not track.is_open:
                self.sole[peer] = self._shared(purpose_of(track.current))
            elif self._is_divided_by(peer, []):
                self._reconcile(track, _active_since(track.timeline))

    def still(self, history: History) -> "Shares":
        """Return the parts as they are now, of the rows of a history that stands still."""
        still = Shares(History())
        still.history, still.sole, still._parts = history, self.sole.copy(), self._parts.copy()
        still._purposes, still._many = self._purposes, self._many
        return still

    def follow(self, events: Iterable[Event]) -> None:
        """Take what happened to connections; it is in the history already."""
        of_peers: dict[Peer, list[Event]] = {}
        for event in events:
            if not event.peer.listening and event.peer in self.history.tracks:
                of_peers.setdefault(event.peer, []).append(event)
        for peer, happened in of_peers.items():
            if peer in self._parts or self._is_divided_by(peer, happened):
                for event in happened:
                    self._record(event)

    def forget(self) -> None:
        """Let go of the rows that the history has forgotten."""
        tracks = self.history.tracks
        self.sole = {peer: sole for peer, sole in self.sole.items() if peer in tracks}
        for peer in [peer for peer in self._parts if peer not in tracks]:
            self._many -= len(self._parts[peer])
            del self._parts[peer]

    @property
    def divides_any(self) -> bool:
        """Whether any row has several parts."""
        return bool(self._parts)

    def divides(self, peer: Peer) -> bool:
        """Return whether a row has several parts."""
        return peer in self._parts

    def purpose(self, track: Track) -> Purpose | None:
        """Return the purpose of a row that has only one; None: it has parts."""
        if track.peer in self._parts:
            return None
        sole = self.sole.get(track.peer)
        if sole is not None and all(sole):
            return sole
        known = purpose_of(track.current)  # by now more, perhaps
        return known if sole is None else sole.with_more(known)

    def parts(self, track: Track) -> Iterable[tuple[Purpose, Track]]:
        """Return a row in parts of one purpose each; most are one."""
        sole = self.purpose(track)
        if sole is not None:
            return ((sole, track),)
        self._reconcile(track, self.history.coverage.end)
        return self._parts[track.peer].items()

    @property
    def _room(self) -> int:
        """How many transitions a part may have."""
        return max(LEAST_IN_PART, min(IN_PART, IN_ALL // max(1, self._many)))

    def _shared(self, purpose: Purpose) -> Purpose:
        return self._purposes.setdefault(purpose, purpose)

    def _is_divided_by(self, peer: Peer, happened: list[Event]) -> bool:
        """Return whether what `happened` has no longer only one purpose; if so, begin parts."""
        track, sole = self.history.tracks[peer], self.sole.get(peer)
        if sole is not None and _are_all_of(sole, track, happened):
            return False
        rows = self._rows_before(track, happened)
        for row in (*rows.values(), *(event.connection for event in happened)):
            purpose = purpose_of(row)
            if purpose == sole:  # as mostly
                continue
            if sole is None or sole.fits(purpose):
                sole = purpose if sole is None else sole.with_more(purpose)
            elif self._many < MOST_OF_ALL:
                self._begin_parts(peer, sole, rows, happened)
                return True
        if sole is not None:
            self.sole[peer] = self._shared(sole)
        return False

    def _begin_parts(
        self, peer: Peer, sole: Purpose, rows: dict[int, Connection], happened: list[Event]
    ) -> None:
        """Begin the parts of a row: what was before all that `happened` is of `sole`."""
        self.sole.pop(peer, None)
        track = self.history.tracks[peer]
        before = (event.before for event in happened if event.before is not None)
        part = Track(peer, next(chain(reversed(rows.values()), before), track.current))
        limit = (self._tick(happened[0]) if happened else MAX_TICK + 1) << TICK_SHIFT
        part.timeline.entries.extend(entry for entry in track.timeline.entries if entry < limit)
        part.opened = max(0, track.opened - sum(e.what is What.NEW for e in happened))
        part.renew(rows.values())
        part.ports = (sole.port,) if sole.port else ()
        self._parts[peer] = _Parts({self._shared(sole): part})
        self._many += 1

    def _rows_before(self, track: Track, happened: list[Event]) -> dict[int, Connection]:
        """Return what was open of a row before all that `happened`."""
        rows = dict(track.open)
        for event in reversed(happened):
            if event.what in _ENDS:
                rows[event.connection.id] = event.connection
            else:
                rows.pop(event.connection.id, None)
        return rows

    def _record(self, event: Event) -> None:
        row, purpose = event.connection, purpose_of(event.connection)
        if event.what in _ENDS:
            part = self._holder(event.peer, row) or self._part(event.peer, purpose, row)
            part.failed = event.what is What.FAILED
            if row.id in part.open:
                part.release(row.id)
            if not part.open:
                part.current = row
                part.timeline.record(self._tick(event), Run.EMPTY)
        else:
            part = self._part(event.peer, purpose, row)
            opened = event.what is What.NEW
            part.hold(row)
            part.failed = False
            part.opened += opened
            part.timeline.record(self._tick(event), Run.ACTIVE, opened=opened)
        if len(part.timeline) > self._room:
            thin(part.timeline, self.history.origin or 0)

    def _part(self, peer: Peer, purpose: Purpose, row: Connection) -> Track:
        """Return the part of a row that `purpose` is, or begin it."""
        parts = self._parts.own(peer)
        known = next(
            (other for other in reversed(parts) if _may_become(other, purpose, parts)), None
        )
        if known is None and (len(parts) >= MOST_PARTS or self._many >= MOST_OF_ALL):
            known = purpose = next(reversed(parts))
        self._many += known is None
        part = parts.pop(known) if known is not None else Track(peer, row, Timeline())
        purpose = self._shared(purpose if known is None else known.with_more(purpose))
        part.ports = (purpose.port,) if purpose.port else ()
        parts[purpose] = part
        return part

    def _holder(self, peer: Peer, row: Connection) -> Track | None:
        return next((part for part in self._parts.own(peer).values() if row.id in part.open), None)

    def _reconcile(self, track: Track, tick: int) -> None:
        """Take over what is known of the connections by now; they may be numbered anew.

        Args:
            track: the row; it has parts.
            tick: since when a part is what it is, of which nothing was known so far.
        """
        parts = self._parts.own(track.peer)
        held = {number: known for known in parts.items() for number in known[1].open}
        for part in parts.values():
            part.renew(())
        for number, row in track.open.items():
            purpose = purpose_of(row)
            known = held.get(number)
            if known is not None and known[0].fits(purpose) and known[0].tells(purpose):
                known[1].hold(row)
            else:  # another, or more is known of it by now
                self._part(track.peer, purpose, row).hold(row)
        for part in parts.values():
            run = Run.ACTIVE if part.open else Run.EMPTY
            if _state(part.timeline) != run:
                part.timeline.record(tick, run)

    def _tick(self, event: Event) -> int:
        return min(max(self.history.tick(event.time), 0), MAX_TICK)


def _are_all_of(sole: Purpose, track: Track, happened: list[Event]) -> bool:
    """Return whether a row has no other purpose, nor tells more of it; of thousands in no time."""
    kinds = (*track.kinds, *(purpose_of(event.connection) for event in happened))
    return all(sole == kind or (all(sole) and sole.fits(Purpose(*kind))) for kind in kinds)


def _may_become(sole: Purpose, purpose: Purpose, parts: Container[Purpose]) -> bool:
    """Return whether a part of `sole` may be that of `purpose`, without becoming another one."""
    more = sole.with_more(purpose)
    return sole.fits(purpose) and (more == sole or more not in parts)


def _state(timeline: Timeline) -> int:
    return timeline.entries[-1] & STATE if timeline.entries else Run.EMPTY


def _active_since(timeline: Timeline) -> int:
    """Return the tick since which there were always open connections."""
    run = takewhile(lambda entry: entry & STATE == Run.ACTIVE, reversed(timeline.entries))
    return min(entry >> TICK_SHIFT for entry in run)
