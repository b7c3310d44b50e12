"""Which connections are told about as alerts: each once, as soon as all that decides is known.

What a connection is told for may be known late: its country when the tables are loaded, or a new
entry of a list that was read again. So every connection that may still become one waits, also
when it is over by then, and all that are open are looked at again when a list has changed.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from connmon_display.attention.waiting import Waiting
from connmon_display.filters.lists import Match, unanswered
from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.pipeline import Pipeline
from connmon_shared.endpoints import Peer
from connmon_shared.timelines.history import Event, What

#: So long an exception (or an entry of a baseline) may come late that would make an alert a false
#: one. An address of no known country waits as long.
PATIENCE = 5.0


class Alert(NamedTuple):
    """A connection that deserves attention."""

    host: str
    event: Event  # of its opening, or ACTIVE where it was there already
    match: Match


class _Undecided(NamedTuple):
    host: str
    event: Event
    since: float  # by the clock of the source


class Alerts:
    """Remembers which connections were told, or wait to be, as long as they are open."""

    def __init__(self, pipeline: Pipeline, row_filter: RowFilter) -> None:
        self._pipeline = pipeline
        self._filter = row_filter
        self._met: dict[object, Event] = {}  # by the identity of the connection
        self._waiting: Waiting[_Undecided] = Waiting()
        #: Since when the oldest of an address's alerts waits of those that may prove false.
        self._doubtful: dict[bytes, float] = {}
        self._oldest = math.inf  # none of them has waited for longer
        self._generation = row_filter.lists.generation

    def change(self, change: Change) -> Iterator[Alert]:
        """Yield the alerts that `change` leads to."""
        if not self._filter.lists.watching:
            return
        for event in change.events:
            yield from self._event(change.host, event)
        if change.joined and change.host:
            self._keep_open()
            yield from self._present(change.host)
        anew = change.joined and not change.host
        told = self._waiting.addresses() if anew else [fact.address for fact in change.facts]
        for address in told:
            yield from self._waited_for(address)

    def time(self) -> Iterator[Alert]:
        """Yield the alerts that come because time has passed, or a list has changed."""
        if not self._filter.lists.watching:
            return
        if self._generation != self._filter.lists.generation:
            self._generation = self._filter.lists.generation
            for address in self._waiting.addresses():
                yield from self._waited_for(address)
            for host in self._pipeline.hosts:
                yield from self._present(host)
        for address in self._overdue():
            yield from self._waited_for(address)

    def _event(self, host: str, event: Event) -> Iterator[Alert]:
        identity = host, event.connection.identity
        if event.what in {What.CLOSED, What.FAILED}:
            self._met.pop(identity, None)
        elif not event.peer.listening and identity not in self._met:
            self._met[identity] = event
            yield from self._decide(_Undecided(host, event, self._pipeline.now()))

    def _present(self, host: str) -> Iterator[Alert]:
        """Yield the alerts of what is open and was not told yet."""
        follower = self._pipeline.hosts[host]
        now = follower.now()
        for track in follower.history.tracks.values():
            if track.is_open and not track.peer.listening and self._may_match(track.peer):
                for row in track.connections:
                    yield from self._event(host, Event(now, What.ACTIVE, track.peer, row))

    def _may_match(self, peer: Peer) -> bool:
        """Return whether connections of `peer` are worth a look each: there may be many."""
        fact = self._pipeline.facts.get(peer.address)
        if self._filter.match(peer, fact) is not None:
            return True
        needs = self._filter.lists.needs & self._pipeline.features
        return unanswered(needs, peer.address, fact)

    def _overdue(self) -> list[bytes]:
        """Return the addresses of alerts that have waited for as long as any may."""
        now = self._pipeline.now()
        if now - self._oldest < PATIENCE:  # in nearly every turn, and there may be thousands
            return []
        overdue = [at for at, since in self._doubtful.items() if now - since >= PATIENCE]
        for address in overdue:
            del self._doubtful[address]
        self._oldest = min(self._doubtful.values(), default=math.inf)
        return overdue

    def _waited_for(self, address: bytes) -> Iterator[Alert]:
        self._doubtful.pop(address, None)
        for undecided in self._waiting.take(address):
            yield from self._decide(undecided)

    def _decide(self, undecided: _Undecided) -> Iterator[Alert]:
        """Yield an alert, or let the connection wait, or forget it."""
        host, event, since = undecided
        address, lists = event.peer.address, self._filter.lists
        fact = self._pipeline.facts.get(address)
        match = self._filter.match(event.peer, fact)
        awaited = self._pipeline.features & (lists.may_revoke(match) if match else lists.needs)
        late = match is not None and self._pipeline.now() - since >= PATIENCE
        if not late and unanswered(awaited, address, fact):
            for crowded_out in self._waiting.put(address, undecided):
                self._forget(crowded_out)
            if match is not None:
                self._doubtful[address] = min(since, self._doubtful.get(address, since))
                self._oldest = min(since, self._oldest)
        elif match is not None:
            yield Alert(host, event, match)
        else:
            self._forget(undecided)

    def _forget(self, undecided: _Undecided) -> None:
        """Let a connection that was not told be met again, unless another has its ends by now."""
        identity = undecided.host, undecided.event.connection.identity
        if self._met.get(identity) is undecided.event:
            del self._met[identity]

    def _keep_open(self) -> None:
        """Remember only what is open: what ended while nothing came was not told as closed."""
        if self._met:
            kept = {
                (host, row.identity)
                for host, follower in self._pipeline.hosts.items()
                for row in follower.history.connections.values()
            }
            self._met = {met: event for met, event in self._met.items() if met in kept}
