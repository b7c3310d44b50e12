"""Which rows there are and in which order, kept up with little work as the histories grow."""

from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from time import thread_time

from connmon_display.filters.lists import Match
from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.known import Known
from connmon_display.refresh.input.controls import Controls
from connmon_display.refresh.table.intake import Intake
from connmon_display.refresh.table.ordering import Ordering
from connmon_display.refresh.table.places import Places
from connmon_display.refresh.table.search import Search
from connmon_display.rows.arrangement import BY_ADDRESS, GROUPINGS, Parted, View
from connmon_display.rows.groups import grouped, sort
from connmon_display.rows.parts import Parts
from connmon_display.rows.row import Group, Key, Row, RowKey, Shown
from connmon_display.steps import SLICE_SECONDS
from connmon_shared.stage.clock import Monotonic, boottime
from connmon_shared.timelines.timeline import tick_of


class Table:
    """The rows of one view.

    Args:
        source: what is known of their hosts.
        row_filter: which of them the command line lets through.
        now: a monotonic clock.
        spent: the processor time of this thread, in seconds.

    Attributes:
        keys: those of the rows that were returned last, in their order.
        listed: how many of these are remote addresses.
        since: the moment at the left edge of the screen, seconds since 1970. Of a server that
            ended before it nothing is to be seen, so it is left out, unless words are typed.
    """

    def __init__(
        self,
        source: Known,
        row_filter: RowFilter,
        now: Monotonic = boottime,
        spent: Monotonic = thread_time,
    ) -> None:
        self._source = source
        self._filter = row_filter
        self._now, self._spent = now, spent
        self._search = Search(source, now)
        self._intake = Intake(source, row_filter)
        self._parts = Parts(source.pipeline.hosts)
        self._order: list[Shown] = []
        self._groups: list[Group] = []  # in the order of their names
        self._ordering = Ordering()
        self._places = Places()
        self.keys: list[Key] = []
        self.listed = 0
        self.since = self._left_out_by = 0.0

    @property
    def remotes(self) -> list[Row]:
        """The rows of remote addresses that the filters of the command line let through."""
        return self._intake.remotes

    @property
    def listeners(self) -> list[Row]:
        """Those of listening sockets."""
        return self._intake.listeners

    @property
    def active(self) -> int:
        """How many of the remotes have a connection open."""
        return self._intake.active

    @property
    def alerts(self) -> dict[RowKey, Match]:
        """Why rows among the remotes deserve attention."""
        return self._intake.alerts

    def rows(self, controls: Controls) -> list[Shown]:
        """Return the rows that pass all filters, remotes before listeners, in order."""
        hosts = self._source.pipeline.hosts
        for host in self._intake.take():
            self._parts.forget(host)
            if host in hosts:
                self._places.give_up(host, hosts[host].history.tracks)
        now = self._now()
        if self._ordering.is_due(now, controls, self._intake, self.since):
            self._ordering.begin(now, self.since)
            self._put_in_order(controls, now)
        elif self.since != self._left_out_by and controls.by == BY_ADDRESS and not controls.typed:
            self._leave_out_ended()
        self._left_out_by = self.since
        return self._order

    def _put_in_order(self, controls: Controls, now: float) -> None:
        self._places.hold(controls, self.keys)
        view, search = self._view, self._search
        if controls.by == BY_ADDRESS:
            self._groups = []
            servers = self._servers(controls)
            remotes = self._ordered(search.among(self.remotes, controls, view), controls, view)
            listening = self._ordered(search.matching(servers, controls, view), controls, view)
            self._order, self.listed = [*remotes, *listening], len(remotes)
        else:
            if self._ordering.regroups(now, controls, self._intake) or not self._groups:
                began = self._spent()
                self._groups = self._grouped(controls, view)
                self._ordering.grouped(self._spent() - began)
            self._order = self._ordered(self._groups, controls, view)
        self.keys = [shown.key for shown in self._order]

    def _leave_out_ended(self) -> None:
        """Leave out the servers that ended before the left edge; all else stays where it is."""
        servers = self._order[self.listed :]
        seen = [*self._in_sight(servers)]
        if len(seen) < len(servers):
            self._order = [*self._order[: self.listed], *seen]
            self.keys = [shown.key for shown in self._order]

    def _grouped(self, controls: Controls, view: View) -> list[Group]:
        """Return what the typed words let through in groups, and note how much that is."""
        by, facts, search = controls.by, self._source.facts, self._search
        found = search.among(self.remotes, controls, view)
        self.listed = len(found)
        if not GROUPINGS[by].of_sockets:
            return grouped(zip(found, repeat(None)), by, facts)
        remotes = self._parts.of(found)
        if controls.typed and (divided := self._parts.divided(self.remotes)):
            chosen = [*self._in_parts(found, divided, controls, view)]
            self.listed = len({id(row.key) for row, _ in chosen})
            remotes = iter(chosen)
        listening = search.matching(self._servers(controls), controls, view)
        return grouped(chain(remotes, zip(listening, repeat(None))), by, facts)

    def _in_parts(
        self, found: list[Row], divided: list[Row], controls: Controls, view: View
    ) -> Iterator[Parted]:
        """Yield remote addresses in parts; typed words look at each part of those that have any.

        Args:
            found: those that the words let through as a whole.
            divided: those that have parts.
            controls: the user's settings.
            view: what is known beside the rows.
        """
        chosen, fits = {*map(id, found), *map(id, divided)}, self._search.fits(controls, view)
        rows = (row for row in self.remotes if id(row) in chosen)
        for row, purpose in self._parts.of(rows):
            if row.purpose is None or fits(row):
                yield row, purpose

    def awaits_words(self, controls: Controls) -> bool:
        """Return whether there is something to prepare for words that are typed now."""
        return controls.editing and self._search.lacks(self.remotes)

    def prepare(self, controls: Controls) -> None:
        """Go on with that for a moment; without words let go of what was prepared."""
        if self.awaits_words(controls):
            self._search.prepare(self.remotes, controls, self._view, SLICE_SECONDS)
        elif not controls.editing and not controls.typed:
            self._search.forget()

    @property
    def _view(self) -> View:
        """What is known beside the rows."""
        return View(self._source.axis.bases(), self._source.facts, self.alerts)

    def still(self, known: Known, controls: Controls) -> "Table":
        """Return a table of the same rows, as they are in `known`, where they are now.

        Args:
            known: the same hosts, standing still.
            controls: the user's settings, by which the rows stay where they are.
        """
        still, hosts = Table(known, self._filter, self._now, self._spent), known.pipeline.hosts
        still._intake = self._intake.still(known)
        rows: dict[Key, Row] = {row.key: row for row in chain(still.remotes, still.listeners)}
        still._order = [rows.get(shown.key) or shown.of(hosts) for shown in self._order]
        still.keys, still.listed = self.keys, self.listed
        still._ordering = self._ordering.still(self.since)
        still._parts = self._parts.still(hosts)
        still._search = self._search.still(known, self.remotes, still.remotes)
        still._places.hold(controls, self.keys)
        return still

    def renew(self) -> None:
        """Take the tracks that took others' places while these stood still."""
        before = self.remotes
        self._intake.renew()
        self._search.renew(before, self.remotes)

    def learn(self, change: Change) -> None:
        """Take note of what `change` tells of rows."""
        self._parts.learn(change)
        self._intake.learn(change)
        self._search.learn(change)

    def _servers(self, controls: Controls) -> list[Row]:
        """Return the listening sockets; those that ended before the left edge with words only."""
        if not controls.listeners:
            return []
        return self.listeners if controls.typed else [*self._in_sight(self.listeners)]

    def _in_sight(self, servers: Iterable[Shown]) -> Iterator[Row]:
        """Yield the listening sockets that are open, or ended no earlier than the left edge."""
        bases, since = self._source.axis.bases(), tick_of(self.since)
        for shown in servers:
            for row in shown.rows:
                if row.track.is_open or row.track.timeline.last_tick >= since - bases[row.key.host]:
                    yield row

    def _ordered(self, rows: Iterable[Shown], controls: Controls, view: View) -> list[Shown]:
        found = list(rows)
        sort(found, controls.sorted_by, view)
        if controls.reverse:
            found.reverse()
        self._places.put(found)
        return found
