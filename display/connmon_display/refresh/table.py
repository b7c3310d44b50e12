"""Which rows there are and in which order, kept up with little work as the history grows."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice

from connmon_display.about import speed
from connmon_display.filters.rows import RowFilter
from connmon_display.filters.words import matches
from connmon_display.labels import Label, label_of
from connmon_display.refresh.controls import Controls
from connmon_display.source import Source
from connmon_shared.clock import boottime
from connmon_shared.history import History
from connmon_shared.rows import Track

RESORT_SECONDS = 2.0  # rows that jump about more often than that cannot be read
_ORDER: dict[str, Callable[[Track], object]] = {
    "last-change": lambda track: -track.timeline.last_tick,
    "address": lambda track: (len(track.peer.address), track.peer),
    "state": lambda track: (not track.open, track.peer.address),
    "opened": lambda track: -track.opened,
}


class Table:
    """The rows of one view.

    Attributes:
        remotes: the rows of remote addresses that the filters of the command line let through.
        listeners: those of listening sockets.
        met: how many remote addresses there are, shown or not.
    """

    def __init__(self, source: Source, row_filter: RowFilter) -> None:
        self._source = source
        self._filter = row_filter
        self._history = History()
        self._taken = 0  # rows of the history that were sorted into the lists
        self._order: list[Track] = []
        self._ordered_for: object = None
        self._ordered_at = 0.0
        self._forget(self._history)

    def rows(self, controls: Controls) -> list[Track]:
        """Return the rows that pass all filters, remotes before listeners, in order."""
        self._take_new()
        settings = (controls.sort, controls.reverse, controls.typed, controls.listeners)
        key = (self._history, self._dropped, self._taken, *settings)
        moving = controls.sort != "first-seen" or bool(controls.typed)
        old = moving and boottime() - self._ordered_at > RESORT_SECONDS
        if key != self._ordered_for or old:
            self._ordered_for, self._ordered_at = key, boottime()
            shown = self.listeners if controls.listeners else []
            self._order = [*self._ordered(self.remotes, controls), *self._ordered(shown, controls)]
        return self._order

    def label(self, track: Track, *, new: bool = False) -> Label:
        """Return the words for `track`."""
        return label_of(track, self._source.facts.get(track.peer.address), new=new)

    def full_label(self, track: Track, *, new: bool) -> Label:
        """Return the words for `track`, and those that only somebody who looks at it needs."""
        return replace(
            self.label(track, new=new),
            unusual=self._source.follower.lasting.unusual(track, self._source.now()),
            speed=speed(track, self._source.follower.details),
        )

    def _take_new(self) -> None:
        """Sort the rows that came since the last time into the lists."""
        history = self._source.follower.history
        if history is not self._history or history.dropped != self._dropped:
            self._forget(history)  # the state was taken over anew, or old rows have gone
        for track in islice(history.tracks.values(), self._taken, None):
            listening = track.peer.listening
            self.met += not listening
            if self._filter.shows(track.peer):
                (self.listeners if listening else self.remotes).append(track)
        self._taken = len(history.tracks)

    def _forget(self, history: History) -> None:
        self._history, self._dropped = history, history.dropped
        self._taken, self.met = 0, 0
        self.remotes: list[Track] = []
        self.listeners: list[Track] = []

    def _ordered(self, tracks: Iterable[Track], controls: Controls) -> list[Track]:
        found = list(tracks)
        if controls.typed:
            tick = self._history.tick(self._source.now())
            since = tick - (tick + (self._history.origin or 0)) % controls.unit  # this unit's start
            found = [
                track
                for track in found
                if matches(
                    self.label(track, new=track.timeline.opened_since(since)), controls.typed
                )
            ]
        if controls.sort in _ORDER:
            found.sort(key=_ORDER[controls.sort])  # type: ignore[arg-type] # one type per order
        if controls.reverse:
            found.reverse()
        return found
