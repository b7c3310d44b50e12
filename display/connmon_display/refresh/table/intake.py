"""The rows that there are, taken from the histories as they grow."""

from bisect import insort
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from connmon_display.filters.lists import Match
from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.known import Known
from connmon_display.rows.row import Row, RowKey
from connmon_shared.endpoints import Peer
from connmon_shared.timelines.history import History

_FEW = 100  # rows: to find the place of each among others takes less time than to sort all


class Taken(NamedTuple):
    """How much of a host's history is in the lists."""

    history: History
    dropped: int = 0  # rows that the history had forgotten by then
    rows: int = 0


class Intake:
    """The rows that the filters of the command line let through.

    Args:
        source: whose rows they are.
        row_filter: these filters.

    Attributes:
        remotes: those of remote addresses, in the order of these.
        listeners: those of listening sockets, likewise.
        alerts: why rows among the remotes deserve attention.
        renewals: how often rows were taken or judged anew.
    """

    def __init__(self, source: Known, row_filter: RowFilter) -> None:
        self._source = source
        self._filter = row_filter
        self._taken: dict[str, Taken] = {}  # by host
        self._hidden: set[RowKey] = set()  # of the remotes
        self._judged_by = row_filter.lists.generation
        self.remotes: list[Row] = []
        self.listeners: list[Row] = []
        self.alerts: dict[RowKey, Match] = {}
        self.renewals = 0
        self._stands_still = False

    @property
    def active(self) -> int:
        """How many of the remotes have a connection open, without a look at each where possible."""
        if self._stands_still:
            return sum(row.track.is_open for row in self.remotes)
        hosts = self._source.pipeline.hosts
        others = chain((row.key for row in self.listeners), self._hidden)
        tracks = (hosts[key.host].history.tracks[key.peer] for key in others)
        known = sum(host.history.open_rows for host in hosts.values())
        return known - sum(track.is_open for track in tracks)

    @property
    def many(self) -> list[int]:
        """How many rows each host has."""
        return [taken.rows for taken in self._taken.values()]

    def still(self, known: Known) -> "Intake":
        """Return the same rows as they are in `known`, the same hosts standing still."""
        still, hosts = Intake(known, self._filter), known.pipeline.hosts
        still.remotes = [row.of(hosts) for row in self.remotes]
        still.listeners = [row.of(hosts) for row in self.listeners]
        still.alerts, still._hidden = self.alerts.copy(), self._hidden.copy()
        still._stands_still = True
        still._judged_by, still.renewals = self._judged_by, self.renewals
        for host, taken in self._taken.items():
            still._taken[host] = taken._replace(history=hosts[host].history)
        return still

    def renew(self) -> None:
        """Take the tracks that took others' places while these stood still."""
        self.remotes = [row.renewed for row in self.remotes]
        self.listeners = [row.renewed for row in self.listeners]
        self.renewals += 1

    def take(self) -> Iterator[str]:
        """Take what is new, and yield the hosts of which rows are gone, or which are gone."""
        hosts = self._source.pipeline.hosts
        for host in [host for host in self._taken if host not in hosts]:  # a replay begins anew
            self._forget(host)
            yield host
        if self._judged_by != self._filter.lists.generation:
            self._judged_by = self._filter.lists.generation
            self._judge_anew(hosts)
        for host, follower in hosts.items():
            history = follower.history
            taken = self._taken.get(host)
            if taken is None or history is not taken.history or history.dropped != taken.dropped:
                # The state was taken over anew, or rows are gone from anywhere among the others.
                self._forget(host)
                taken = Taken(history, history.dropped)
                yield host
            new = (
                Row(RowKey(host, track.peer), follower, track)
                for track in islice(history.tracks.values(), taken.rows, None)
            )
            shown = [row for row in new if not self._judge(row.key)]
            _add(self.remotes, [row for row in shown if not row.key.peer.listening])
            _add(self.listeners, [row for row in shown if row.key.peer.listening])
            self._taken[host] = taken._replace(rows=len(history.tracks))

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
        self.renewals += marked != (key in self.alerts)
        return was != is_hidden

    def _judge_anew(self, hosts: Iterable[str]) -> None:
        for host in [*hosts]:
            self._forget(host)

    def _forget(self, host: str) -> None:
        self.renewals += 1
        self.remotes = [row for row in self.remotes if row.key.host != host]
        self.listeners = [row for row in self.listeners if row.key.host != host]
        self._hidden = {key for key in self._hidden if key.host != host}
        self.alerts = {key: match for key, match in self.alerts.items() if key.host != host}
        self._taken.pop(host, None)


def _add(rows: list[Row], new: list[Row]) -> None:
    """Add `new` rows to `rows`, which are in order."""
    if len(new) > _FEW:
        rows += new
        rows.sort(key=_place)
        return
    for row in new:
        insort(rows, row, key=_place)


def _place(row: Row) -> bytes:
    return row.key.peer.place + row.key.host.encode()
