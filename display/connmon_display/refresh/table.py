"""Which rows there are and in which order, kept up with little work as the histories grow."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from connmon_display.filters.lists import Match
from connmon_display.filters.rows import RowFilter
from connmon_display.filters.words import matches
from connmon_display.following.follow import Change, Follower
from connmon_display.following.source import Source
from connmon_display.refresh.controls import BY_ALERT, Controls, RowKey
from connmon_display.words.about import speed
from connmon_display.words.labels import Label, label_of
from connmon_shared.endpoints import Peer
from connmon_shared.stage.clock import boottime
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import tick_of

RESORT_SECONDS = 2.0  # rows that jump about more often than that cannot be read


class Row(NamedTuple):
    """One row, and whose it is."""

    key: RowKey
    follower: Follower
    track: Track


#: How rows are ordered: by a row, and the tick since 1970 from which its ticks count.
_ORDER: dict[str, Callable[[Row, int], object]] = {
    "last-change": lambda row, base: -(base + row.track.timeline.last_tick),
    "address": lambda row, _: (len(row.track.peer.address), row.track.peer),
    "state": lambda row, _: (not row.track.open, row.track.peer.address),
    "opened": lambda row, _: -row.track.opened,
    "host": lambda row, _: row.key.host,
}


class Taken(NamedTuple):
    """How much of a host's history is in the table."""

    history: History
    dropped: int = 0  # rows that the history had forgotten by then
    rows: int = 0


class Table:
    """The rows of one view.

    Attributes:
        remotes: the rows of remote addresses that the filters of the command line let through.
        listeners: those of listening sockets.
        keys: those of the rows that were returned last, in their order.
        listed: how many of these are remote addresses.
        alerts: why rows among the remotes deserve attention.
    """

    def __init__(self, source: Source, row_filter: RowFilter) -> None:
        self._source = source
        self._filter = row_filter
        self._taken: dict[str, Taken] = {}  # by host
        self._met: dict[str, int] = {}  # likewise
        self._order: list[Row] = []
        self._ordered_for: object = None
        self._ordered_at = 0.0
        self.remotes: list[Row] = []
        self.listeners: list[Row] = []
        self.keys: list[RowKey] = []
        self.listed = 0
        self.alerts: dict[RowKey, Match] = {}
        self._hidden: set[RowKey] = set()  # of the remotes: by the filters of the command line
        self._judged_by = row_filter.lists.generation
        self._judged_anew = 0  # how often rows were

    @property
    def met(self) -> int:
        """How many remote addresses there are, shown or not."""
        return sum(self._met.values())

    def rows(self, controls: Controls) -> list[Row]:
        """Return the rows that pass all filters, remotes before listeners, in order."""
        hosts = self._source.pipeline.hosts
        for host in [host for host in self._taken if host not in hosts]:  # a replay begins anew
            self._forget(host)
        if self._judged_by != self._filter.lists.generation:
            self._judged_by = self._filter.lists.generation
            self._judge_anew(hosts)
        for host, follower in hosts.items():
            self._take_new(host, follower)
        settings = (controls.sort, controls.reverse, controls.typed, controls.listeners)
        key = (*self._taken.values(), *settings, self._judged_anew)
        moving = controls.sort != "first-seen" or bool(controls.typed)
        old = moving and boottime() - self._ordered_at > RESORT_SECONDS
        if key != self._ordered_for or old:
            self._ordered_for, self._ordered_at = key, boottime()
            remotes = self._ordered(self.remotes, controls)
            shown = self._ordered(self.listeners if controls.listeners else [], controls)
            self._order, self.listed = [*remotes, *shown], len(remotes)
            self.keys = [row.key for row in self._order]
        return self._order

    def learn(self, change: Change) -> None:
        """Judge the rows anew of whose addresses `change` tells something."""
        if not self._filter.lists.files:
            return
        if change.joined and not change.host:  # of all of them
            self._judge_anew(self._source.pipeline.hosts)
            return
        for peer in (Peer(fact.address) for fact in change.facts):
            self._judge_anew(
                host
                for host, taken in self._taken.items()
                if peer in taken.history.tracks and self._turns(RowKey(host, peer))
            )

    def label(self, row: Row, *, new: bool = False) -> Label:
        """Return the words for `row`."""
        fact = self._source.facts.get(row.track.peer.address)
        alert = row.key in self.alerts
        return label_of(row.track, fact, new=new, host=row.follower.host, alert=alert)

    def full_label(self, row: Row, *, new: bool) -> Label:
        """Return the words for `row`, and those that only somebody who looks at it needs."""
        follower = row.follower
        return replace(
            self.label(row, new=new),
            unusual=follower.lasting.unusual(row.track, follower.now()),
            speed=speed(row.track, follower.details),
        )

    def _take_new(self, host: str, follower: Follower) -> None:
        """Sort the rows of a host that came since the last time into the lists."""
        history = follower.history
        taken = self._taken.get(host)
        if taken is None or history is not taken.history or history.dropped != taken.dropped:
            # The state was taken over anew, or rows are gone from anywhere among the others.
            self._forget(host)
            taken, self._met[host] = Taken(history, history.dropped), 0
        for track in islice(history.tracks.values(), taken.rows, None):
            listening = track.peer.listening
            self._met[host] += not listening
            row = Row(RowKey(host, track.peer), follower, track)
            if not self._judge(row.key):
                (self.listeners if listening else self.remotes).append(row)
        self._taken[host] = taken._replace(rows=len(history.tracks))

    def _judge(self, key: RowKey) -> bool:
        """Return whether a row is hidden, and note why it deserves attention if it does."""
        peer = key.peer
        fact = self._source.facts.get(peer.address)
        if not self._filter.shows(peer, fact):
            self._hidden.add(key)
            return True
        if match := self._filter.match(peer, fact):
            self.alerts[key] = match
        return False

    def _turns(self, key: RowKey) -> bool:
        """Judge a row anew, and return whether it is hidden now and was not, or was and is not."""
        was = key in self._hidden
        self._hidden.discard(key)
        marked = self.alerts.pop(key, None) is not None
        is_hidden = self._judge(key)
        self._judged_anew += marked != (key in self.alerts)
        return was != is_hidden

    def _judge_anew(self, hosts: Iterable[str]) -> None:
        for host in [*hosts]:
            self._forget(host)
            self._judged_anew += 1

    def _forget(self, host: str) -> None:
        self.remotes = [row for row in self.remotes if row.key.host != host]
        self.listeners = [row for row in self.listeners if row.key.host != host]
        self._hidden = {key for key in self._hidden if key.host != host}
        self.alerts = {key: match for key, match in self.alerts.items() if key.host != host}
        self._taken.pop(host, None)
        self._met.pop(host, None)

    def _ordered(self, rows: Iterable[Row], controls: Controls) -> list[Row]:
        found = list(rows)
        if controls.typed:
            found = self._matching(found, controls)
        if controls.sort in _ORDER:
            order, base = _ORDER[controls.sort], self._bases()
            found.sort(key=lambda row: order(row, base[row.key.host]))  # type: ignore[arg-type, return-value] # one type per order
        if controls.sort == BY_ALERT:
            found.sort(key=lambda row: row.key not in self.alerts)
        if controls.reverse:
            found.reverse()
        return found

    def _matching(self, rows: list[Row], controls: Controls) -> list[Row]:
        """Return those of `rows` that the typed words let through."""
        now = tick_of(self._source.axis.now())
        unit_began = now - now % controls.unit
        begin = {host: unit_began - base for host, base in self._bases().items()}
        hosts = tuple(host.lower() for host in begin) if len(begin) > 1 else ()
        return [
            row
            for row in rows
            if matches(
                self.label(row, new=row.track.timeline.opened_since(begin[row.key.host])),
                controls.typed,
                hosts,
            )
        ]

    def _bases(self) -> dict[str, int]:
        hosts = self._source.pipeline.hosts
        return {host: self._source.axis.base(follower) for host, follower in hosts.items()}
