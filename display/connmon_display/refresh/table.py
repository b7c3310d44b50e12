"""Which rows there are and in which order, kept up with little work as the histories grow."""

from collections.abc import Iterable
from itertools import chain
from time import thread_time

from connmon_display.filters.lists import Match
from connmon_display.filters.rows import RowFilter
from connmon_display.following.follow import Change
from connmon_display.following.known import Known
from connmon_display.refresh.controls import Controls
from connmon_display.refresh.intake import Intake
from connmon_display.refresh.search import Search
from connmon_display.rows.arrangement import BY_ADDRESS, FIRST_SEEN, GROUPINGS, View
from connmon_display.rows.groups import grouped, sort
from connmon_display.rows.parts import Parts
from connmon_display.rows.row import Key, Row, RowKey, Shown
from connmon_shared.stage.clock import boottime
from connmon_shared.timelines.timeline import tick_of

RESORT_SECONDS = 2.0  # rows that jump about more often than that cannot be read
STILL_SECONDS = 3.0  # nor may they while somebody goes through them
REGROUP_SECONDS = 1.0  # what happened may have changed which rows are in a group
REGROUP_SHARE = 0.03  # of a processor's time that this may take, however many rows there are


class Table:
    """The rows of one view.

    Attributes:
        keys: those of the rows that were returned last, in their order.
        listed: how many of these are remote addresses.
        since: the moment at the left edge of the screen, seconds since 1970. Of a server that
            ended before it nothing is to be seen, so it is left out, unless words are typed.
    """

    def __init__(self, source: Known, row_filter: RowFilter) -> None:
        self._source = source
        self._filter = row_filter
        self._search = Search(source)
        self._intake = Intake(source, row_filter)
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
        self.keys: list[Key] = []
        self.listed = 0
        self.since = 0.0

    @property
    def remotes(self) -> list[Row]:
        """The rows of remote addresses that the filters of the command line let through."""
        return self._intake.remotes

    @property
    def listeners(self) -> list[Row]:
        """Those of listening sockets."""
        return self._intake.listeners

    @property
    def alerts(self) -> dict[RowKey, Match]:
        """Why rows among the remotes deserve attention."""
        return self._intake.alerts

    def rows(self, controls: Controls) -> list[Shown]:
        """Return the rows that pass all filters, remotes before listeners, in order."""
        for host in self._intake.take():
            self._parts.forget(host)
            self._give_up_places(host)
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
        ordered_for = (*order, *words, controls.held, controls.listeners, self._intake.renewals)
        ordered_of = self._intake.many
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
        still._intake = self._intake.still(known)
        were = map(id, chain(self.remotes, self.listeners))
        rows = dict(zip(were, chain(still.remotes, still.listeners), strict=True))
        still._order = [rows.get(id(shown)) or shown.of(hosts) for shown in self._order]
        still.keys, still.listed = self.keys, self.listed
        still._ordered_for, still._ordered_since = self._ordered_for, self.since
        still._parts = self._parts.still(hosts)
        still._hold(controls)
        return still

    def renew(self) -> None:
        """Take the tracks that took others' places while these stood still."""
        self._intake.renew()

    def learn(self, change: Change) -> None:
        """Take note of what `change` tells of rows."""
        self._parts.learn(change)
        self._intake.learn(change)

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

    def _give_up_places(self, host: str) -> None:
        """Let go of the places of rows that are gone; the others stay in their order."""
        follower = self._source.pipeline.hosts.get(host)
        if follower is None:
            return
        tracks = follower.history.tracks
        left = [
            key
            for key in self._places
            if not isinstance(key, RowKey) or key.host != host or key.peer in tracks
        ]
        self._places = {key: place for place, key in enumerate(left)}
