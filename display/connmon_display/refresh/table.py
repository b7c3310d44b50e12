"""Which rows there are and in which order, kept up with little work as the histories grow."""

from collections.abc import Iterable
from itertools import chain, islice
from time import thread_time
from typing import NamedTuple

from connmon_display.filters.lists import Match
from connmon_display.filters.rows import RowFilter
from connmon_display.following.follow import Change, Follower
from connmon_display.following.known import Known
from connmon_display.refresh.controls import Controls
from connmon_display.refresh.search import Search
from connmon_display.rows.arrangement import BY_ADDRESS, FIRST_SEEN, GROUPINGS, View
from connmon_display.rows.groups import grouped, sort
from connmon_display.rows.parts import Parts
from connmon_display.rows.row import Key, Row, RowKey, Shown
from connmon_shared.endpoints import Peer
from connmon_shared.stage.clock import boottime
from connmon_shared.timelines.history import History
from connmon_shared.timelines.timeline import tick_of

RESORT_SECONDS = 2.0  # rows that jump about more often than that cannot be read
STILL_SECONDS = 3.0  # nor may they while somebody goes through them
REGROUP_SECONDS = 1.0  # what happened may have changed which rows are in a group
REGROUP_SHARE = 0.03  # of a processor's time that this may take, however many rows there are


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
        since: the moment at the left edge of the screen, seconds since 1970. Of a server that
            ended before it nothing is to be seen, so it is left out, unless words are typed.
    """

    def __init__(self, source: Known, row_filter: RowFilter) -> None:
        self._source = source
        self._filter = row_filter
        self._search = Search(source)
        self._taken: dict[str, Taken] = {}  # by host
        self._parts = Parts(source.pipeline.hosts)
        self._order: list[Shown] = []
        self._ordered_for: object = None
        self._ordered_of: object = None
        self._ordered_at = self._ordered_since = 0.0
        self._grouping_took = 0.0  # seconds of processor time
        self._selected: Key | None = None
        self._moved_at = 0.0  # when another row was selected
        self._places: dict[Key, int] = {}  # of the rows that stay where they are
        self._places_for: object = None
        self.remotes: list[Row] = []
        self.listeners: list[Row] = []
        self.keys: list[Key] = []
        self.listed = 0
        self.since = 0.0
        self.alerts: dict[RowKey, Match] = {}
        self._hidden: set[RowKey] = set()  # of the remotes: by the filters of the command line
        self._judged_by = row_filter.lists.generation
        self._taken_anew = 0  # how often rows were, or judged

    def rows(self, controls: Controls) -> list[Shown]:
        """Return the rows that pass all filters, remotes before listeners, in order."""
        hosts = self._source.pipeline.hosts
        for host in [host for host in self._taken if host not in hosts]:  # a replay begins anew
            self._forget(host)
            self._parts.forget(host)
        if self._judged_by != self._filter.lists.generation:
            self._judged_by = self._filter.lists.generation
            self._judge_anew(hosts)
        for host, follower in hosts.items():
            self._take_new(host, follower)
        if self._is_due(controls):
            self._put_in_order(controls)
        return self._order

    def _is_due(self, controls: Controls) -> bool:
        """Return whether the rows are to be put in order now."""
        now = boottime()
        if controls.selected != self._selected:
            self._selected, self._moved_at = controls.selected, now
        order = (controls.by, controls.sort, controls.reverse)
        words = (controls.typed, controls.typed and controls.unit)
        ordered_for = (*order, *words, controls.held, controls.listeners, self._taken_anew)
        ordered_of = [taken.rows for taken in self._taken.values()]
        if ordered_for != self._ordered_for:
            self._ordered_for, self._ordered_of = ordered_for, ordered_of
            return True
        if controls.frozen_at is not None:
            return self.since != self._ordered_since
        moves = controls.sort != FIRST_SEEN or bool(controls.typed)
        if moves and now - self._moved_at < STILL_SECONDS:
            return False
        if controls.by != BY_ADDRESS:
            pause = max(REGROUP_SECONDS, self._grouping_took / REGROUP_SHARE)
            return now - self._ordered_at > pause
        if ordered_of != self._ordered_of:
            self._ordered_of = ordered_of
            return True
        return now - self._ordered_at > RESORT_SECONDS

    def _put_in_order(self, controls: Controls) -> None:
        self._ordered_at, self._ordered_since = boottime(), self.since
        servers = self._servers(every=bool(controls.typed)) if controls.listeners else []
        self._hold(controls)
        search, view = (
            self._search,
            View(self._source.axis.bases(), self._source.facts, self.alerts),
        )
        if controls.by == BY_ADDRESS:
            remotes = self._ordered(search.narrowed(self.remotes, controls, view), controls, view)
            listening = self._ordered(search.matching(servers, controls, view), controls, view)
            self._order, self.listed = [*remotes, *listening], len(remotes)
        else:
            began = thread_time()
            of_sockets = GROUPINGS[controls.by].of_sockets
            found = chain(self._parts.of(self.remotes), servers) if of_sockets else self.remotes
            rows = search.matching(found, controls, view)
            groups = grouped(rows, controls.by, self._source.facts)
            self._order = self._ordered(groups, controls, view)
            self.listed = len({row.key for row in rows if not row.key.peer.listening})
            self._grouping_took = thread_time() - began
        self.keys = [shown.key for shown in self._order]

    def still(self, known: Known, controls: Controls) -> "Table":
        """Return a table of the same rows, as they are in `known`, where they are now.

        Args:
            known: the same hosts, standing still.
            controls: the user's settings, by which the rows stay where they are.
        """
        still, hosts = Table(known, self._filter), known.pipeline.hosts
        rows = {id(row): row.of(hosts) for row in chain(self.remotes, self.listeners)}
        still.remotes = [rows[id(row)] for row in self.remotes]
        still.listeners = [rows[id(row)] for row in self.listeners]
        still._order = [rows.get(id(shown)) or shown.of(hosts) for shown in self._order]
        still.keys, still.listed = self.keys, self.listed
        still.alerts, still._hidden = self.alerts.copy(), self._hidden.copy()
        still._judged_by, still._taken_anew = self._judged_by, self._taken_anew
        still._ordered_for, still._ordered_since = self._ordered_for, self.since
        for host, taken in self._taken.items():
            still._taken[host] = taken._replace(history=hosts[host].history)
        still._parts = self._parts.still(hosts)
        still._hold(controls)
        return still

    def renew(self) -> None:
        """Take the tracks that took others' places while these stood still."""
        self.remotes = [row.renewed for row in self.remotes]
        self.listeners = [row.renewed for row in self.listeners]
        self._taken_anew += 1

    def learn(self, change: Change) -> None:
        """Judge the rows anew of whose addresses `change` tells something."""
        self._parts.learn(change)
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

    def _servers(self, *, every: bool) -> list[Row]:
        """Return the listening sockets; those that ended before the left edge only with `every`."""
        if every:
            return self.listeners
        begin = {
            host: tick_of(self.since) - base for host, base in self._source.axis.bases().items()
        }
        return [
            row
            for row in self.listeners
            if row.track.open or row.track.timeline.last_tick >= begin[row.key.host]
        ]

    def _take_new(self, host: str, follower: Follower) -> None:
        """Sort the rows of a host that came since the last time into the lists."""
        history = follower.history
        taken = self._taken.get(host)
        if taken is None or history is not taken.history or history.dropped != taken.dropped:
            # The state was taken over anew, or rows are gone from anywhere among the others.
            self._forget(host)
            taken = Taken(history, history.dropped)
            self._give_up_places(host, history)
            self._parts.forget(host)
        for track in islice(history.tracks.values(), taken.rows, None):
            row = Row(RowKey(host, track.peer), follower, track)
            if not self._judge(row.key):
                (self.listeners if track.peer.listening else self.remotes).append(row)
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
        self._taken_anew += marked != (key in self.alerts)
        return was != is_hidden

    def _judge_anew(self, hosts: Iterable[str]) -> None:
        for host in [*hosts]:
            self._forget(host)

    def _forget(self, host: str) -> None:
        self._taken_anew += 1
        self.remotes = [row for row in self.remotes if row.key.host != host]
        self.listeners = [row for row in self.listeners if row.key.host != host]
        self._hidden = {key for key in self._hidden if key.host != host}
        self.alerts = {key: match for key, match in self.alerts.items() if key.host != host}
        self._taken.pop(host, None)

    def _ordered(self, rows: Iterable[Shown], controls: Controls, view: View) -> list[Shown]:
        found = list(rows)
        sort(found, controls.sort, view)
        if controls.reverse:
            found.reverse()
        if controls.still:
            for shown in found:
                self._places.setdefault(shown.key, len(self._places))
            found.sort(key=lambda shown: self._places[shown.key])
        return found

    def _hold(self, controls: Controls) -> None:
        """Note where the rows are as long as they are to stay there."""
        places_for = (controls.by, controls.sort, controls.reverse) if controls.still else None
        if places_for != self._places_for:
            begins = self._places_for is None and places_for is not None
            self._places_for = places_for
            self._places = {key: place for place, key in enumerate(self.keys if begins else ())}

    def _give_up_places(self, host: str, history: History) -> None:
        """Let go of the places of rows that are gone; the others stay in their order."""
        left = [
            key
            for key in self._places
            if not isinstance(key, RowKey) or key.host != host or key.peer in history.tracks
        ]
        self._places = {key: place for place, key in enumerate(left)}
