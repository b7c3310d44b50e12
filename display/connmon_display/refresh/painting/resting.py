"""Rows with which nothing happens: their timelines only move on. Pure."""

from typing import NamedTuple

from connmon_display.following.change import Change
from connmon_display.rows.row import Row
from connmon_display.rows.wording import MAX_LABELS
from connmon_display.words.labels import Label
from connmon_shared.endpoints import Peer
from connmon_shared.timelines.coverage import Coverage
from connmon_shared.timelines.timeline import Mark

#: Marks of a unit without a transition; one before it may owe it a CLOSED.
_SETTLED = frozenset({Mark.EMPTY, Mark.LISTEN, Mark.ACTIVE})
Units = tuple[int, int, int]  # the tick of the host at which marks begin, ticks of one, how many


class Drawn(NamedTuple):
    """What is to be drawn of a row."""

    marks: bytes
    label: Label


class _Rest(NamedTuple):
    """A row that rests, as it was when it came to rest."""

    row: Row
    alert: bool
    begin: int  # tick at which its marks begin
    unit: int
    gap: list[tuple[int, int]]  # the last one that was not observed
    drawn: Drawn


class Resting:
    """Remembers the rows in sight with which nothing has happened since they were drawn.

    Of these nothing depends on the time either: each character that comes is the last one again.
    It does where nothing new comes of their host: nobody asks about rows of such a one.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, dict[Peer, _Rest]] = {}

    def learn(self, change: Change) -> None:
        """Forget the rows of which `change` tells something."""
        if change.touched is None or change.joined or change.unseen:
            self._hosts.clear()
            return
        for rows in self._hosts.values():
            for fact in change.facts:
                rows.pop(Peer(fact.address), None)
        rows = self._hosts.get(change.host, {})
        for address in change.touched:
            rows.pop(Peer(address), None)
        if b"" in change.touched:
            for peer in [peer for peer in rows if peer.listening]:
                del rows[peer]

    def drawn(self, row: Row, units: Units, *, alert: bool) -> Drawn | None:
        """Return what is to be drawn of a row; None: that has to be found out.

        Args:
            row: the row.
            units: those in sight.
            alert: whether the row deserves attention.
        """
        rest = self._hosts.get(row.key.host, {}).get(row.key.peer)
        if rest is None or rest.row is not row or rest.alert != alert:
            return None
        start, unit, count = units
        marks, label = rest.drawn
        steps, between = divmod(start - rest.begin, unit)
        moved_on = steps >= 0 and not between and unit == rest.unit and count == len(marks)
        coverage = row.follower.history.coverage
        if not moved_on or not _observed(coverage, units) or coverage.gaps[-1:] != rest.gap:
            return None
        return Drawn(marks[steps:] + marks[-1:] * min(steps, count), label)

    def keep(self, row: Row, units: Units, drawn: Drawn, *, alert: bool) -> None:
        """Remember how a row was drawn, if it rests."""
        start, unit, count = units
        coverage, label = row.follower.history.coverage, drawn.label
        at_rest = row.track.timeline.last_tick < start + (count - 1) * unit
        settled = at_rest and drawn.marks[-1] in _SETTLED
        moves = label.unusual is not None or row.follower.paces.tells_of(row.key.peer)
        if settled and not moves and _observed(coverage, units):
            rows = self._hosts.setdefault(row.key.host, {})
            if len(rows) >= MAX_LABELS:
                rows.clear()
            rows[row.key.peer] = _Rest(row, alert, start, unit, coverage.gaps[-1:], drawn)


def _observed(coverage: Coverage, units: Units) -> bool:
    """Return whether anything of the last unit was observed, and so is not blank."""
    start, unit, count = units
    return coverage.end > start + (count - 1) * unit
