"""What an export is made of: the state at one moment, and the figures derived from it."""

import time
from dataclasses import dataclass
from functools import cached_property

from connmon_display.filters.rows import RowFilter
from connmon_display.labels import Label, label_of
from connmon_shared.history import History
from connmon_shared.messages import Fact
from connmon_shared.rows import Track
from connmon_shared.timeline import TICKS_PER_SECOND, Run


@dataclass(frozen=True)
class Material:
    """The state to export.

    Attributes:
        history: all rows.
        facts: what is known of their addresses.
        row_filter: which rows the user wants to see.
        unit: ticks of one character.
        features: the look-ups that were on.
    """

    history: History
    facts: dict[bytes, Fact]
    row_filter: RowFilter
    unit: int
    features: frozenset[str]

    @cached_property
    def tracks(self) -> list[Track]:
        """The rows in order of first sight, remote addresses before listening sockets."""
        shown = [t for t in self.history.tracks.values() if self.row_filter.shows(t.peer)]
        return sorted(shown, key=lambda track: track.peer.listening)

    @cached_property
    def remotes(self) -> list[Track]:
        """The rows of remote addresses."""
        return [track for track in self.tracks if not track.peer.listening]

    @cached_property
    def observed(self) -> float:
        """How long the host was observed, in seconds."""
        coverage = self.history.coverage
        return coverage.observed(coverage.begin, coverage.end) / TICKS_PER_SECOND

    @cached_property
    def _active(self) -> dict[int, float]:
        coverage = self.history.coverage
        return {
            id(track): sum(
                coverage.observed(start, stop)
                for start, stop, run in track.timeline.runs(coverage.end)
                if run is Run.ACTIVE
            )
            / TICKS_PER_SECOND
            for track in self.remotes
        }

    def active(self, track: Track) -> float:
        """Return for how many observed seconds a connection to the address of `track` was open."""
        return self._active[id(track)]

    def share(self, track: Track) -> float:
        """Return that time as a percentage of the observed time."""
        return 100 * self.active(track) / self.observed if self.observed else 0.0

    def label(self, track: Track) -> Label:
        """Return the words for `track`."""
        return label_of(track, self.facts.get(track.peer.address))

    def moment(self, tick: int) -> str:
        """Return `tick` as local date and time."""
        return local_time(self.history.seconds(tick))


def local_time(seconds: float, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return the moment `seconds` since 1970 in local time."""
    return time.strftime(pattern, time.localtime(seconds))
