"""What a log says of one host, and how far it has got. Pure."""

from collections.abc import Iterable, Iterator

from connmon_display.attention.waiting import Waiting
from connmon_display.filters.lists import unanswered
from connmon_display.filters.rows import RowFilter
from connmon_display.following.change import Change
from connmon_display.following.follow import Follower
from connmon_display.following.pipeline import Pipeline
from connmon_display.scroll.writing import Known, Writing
from connmon_display.words.owners import process_of
from connmon_shared.endpoints import Peer
from connmon_shared.messages import Fact
from connmon_shared.timelines.history import Event, What

LOSS_SECONDS = 1.0  # observed without another loss, and it is over: one line tells of it
SILENT_LOOKS = 2  # a display that was stopped itself has not read the latest yet at the first


class Telling:
    """Yields the lines about a host as its changes come."""

    def __init__(
        self, pipeline: Pipeline, host: str, row_filter: RowFilter, writing: Writing
    ) -> None:
        self._pipeline = pipeline
        self._host = host
        self._filter = row_filter
        self._writing = writing
        self._begun = False
        self._told_to = 0  # the tick up to which gaps were told
        self._lost: list[tuple[float, float]] = []  # stretches that are not told yet
        self._hidden: Waiting[Event] = Waiting()
        self._silent = 0  # looks in a row at which its collector was

    @property
    def _follower(self) -> Follower:
        return self._pipeline.hosts[self._host]

    def change(self, change: Change) -> Iterator[str]:
        """Yield what is to be said of `change`."""
        if change.joined:
            yield from self._join(change)
        self._lost += change.unseen
        yield from self._gaps()
        yield from self._events(change.events)

    def learned(self, facts: Iterable[Fact]) -> Iterator[str]:
        """Yield what was hidden only because too little was known of its address."""
        for fact in facts:
            yield from self._events(self._hidden.take(fact.address))

    def known(self, event: Event) -> Known:
        """Return what is known beside `event`."""
        row, details = event.connection, self._follower.details
        fact = self._pipeline.facts.get(event.peer.address)
        return Known(fact, process_of(row, details), details.final.get(row.id))

    def time(self) -> Iterator[str]:
        """Yield what is to be said because time has passed; to be called now and then."""
        if not self._follower.live:
            return
        now, before = self._follower.now(), self._silent
        self._silent = before + 1 if self._follower.stale else 0
        yield from self._gaps()
        if self._silent == SILENT_LOOKS:
            yield self._writing.stale(self._host, now, self._follower.silence)
        if not self._silent and before >= SILENT_LOOKS:
            yield self._writing.back(self._host, now)

    def status(self) -> Iterator[str]:
        """Yield the line that tells how things are, as far as that is known by now."""
        if not self._begun:
            return
        history, now = self._follower.history, self._follower.known_to
        active = sum(
            1
            for peer, track in history.tracks.items()
            if track.is_open and not peer.listening and self._shows(peer)
        )
        runtime = now - history.seconds(history.coverage.begin)
        yield self._writing.status(self._host, now, active, runtime)

    def _join(self, change: Change) -> Iterator[str]:
        now = self._follower.now()
        if self._begun:
            yield (self._writing.anew if change.lost else self._writing.missed)(self._host, now)
        if change.lost or not self._begun:
            self._told_to = self._follower.history.coverage.end
            self._lost = []
            yield from self._events(self._present(change, now))
        self._begun = True

    def _present(self, change: Change, now: float) -> Iterator[Event]:
        """Yield what is open as events: where a log begins, all must be in it, each once."""
        came = {event.connection.id for event in change.events}
        for track in self._follower.history.tracks.values():
            what = What.LISTEN if track.peer.listening else What.ACTIVE
            for number, row in track.open.items():
                if number not in came:
                    yield Event(now, what, track.peer, row)

    def _events(self, events: Iterable[Event]) -> Iterator[str]:
        for event in events:
            if self._shows(event.peer):
                yield self._writing.event(self._host, event, self.known(event))
            elif self._may_be_shown(event.peer):
                self._hidden.put(event.peer.address, event)

    def _shows(self, peer: Peer) -> bool:
        return self._filter.shows(peer, self._pipeline.facts.get(peer.address))

    def _may_be_shown(self, peer: Peer) -> bool:
        """Return whether a look-up that is on may still show that `peer` is on a list."""
        needs = self._filter.lists.needs
        if not needs:
            return False
        fact = self._pipeline.facts.get(peer.address)
        return unanswered(needs & self._pipeline.features, peer.address, fact)

    def _gaps(self) -> Iterator[str]:
        """Tell of each stretch that was not observed, once something after it was."""
        history = self._follower.history
        for first, last in history.coverage.gaps_after(self._told_to):
            begin, end = history.seconds(max(first, self._told_to)), history.seconds(last)
            if any(start < end and stop > begin for start, stop in self._lost):
                observed = history.seconds(history.coverage.end) - end
                if observed < LOSS_SECONDS and self._silent < SILENT_LOOKS:
                    return  # it may go on, and what tells of that may still be on its way
                yield self._writing.lost(self._host, begin, end)
            else:
                yield self._writing.gap(self._host, begin, end)
            self._lost = [stretch for stretch in self._lost if stretch[1] > end]
            self._told_to = last
