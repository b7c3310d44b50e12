"""One row of one host, as an export looks at it, and its times."""

from dataclasses import dataclass
from functools import cached_property

from connmon_display.words.about import Carried, carried, uncounted
from connmon_display.words.lasting import Unusual, unusual
from connmon_display.words.moment import local_time
from connmon_shared.endpoints import Peer
from connmon_shared.timelines.ages import Ages
from connmon_shared.timelines.details import Details
from connmon_shared.timelines.history import History
from connmon_shared.timelines.rows import Track
from connmon_shared.timelines.timeline import TICKS_PER_SECOND, Run

BRIEF_SECONDS = 60  # a listening socket that is closed counts if it was there for so long


@dataclass(frozen=True, eq=False)
class Watched:
    """One host.

    Attributes:
        host: its name.
        history: all its rows.
        base: the tick since 1970, on the axis of all hosts, from which its ticks count.
        details: of its connections.
        ages: since when these are in a state that should not last.
    """

    host: str
    history: History
    base: int
    details: Details
    ages: Ages

    @property
    def begin(self) -> int:
        """The tick of the axis, since 1970, at which its history begins."""
        return self.base + self.history.coverage.begin

    @property
    def end(self) -> int:
        """The one at which it ends."""
        return self.base + self.history.coverage.end

    def epoch(self, tick: int) -> float:
        """Return the moment of the axis, in seconds since 1970, at which a `tick` begins."""
        return (self.base + tick) / TICKS_PER_SECOND

    @cached_property
    def observed(self) -> float:
        """How long the host was observed, in seconds."""
        coverage = self.history.coverage
        return coverage.observed(coverage.begin, coverage.end) / TICKS_PER_SECOND


@dataclass(frozen=True, eq=False)
class Row:
    """One row."""

    watched: Watched
    peer: Peer

    @property
    def track(self) -> Track:
        """The row; not to be held between two lines of a file: it may be another object then."""
        return self.watched.history.tracks[self.peer]

    @cached_property
    def active(self) -> float:
        """For how many observed seconds a connection to its address was open."""
        return self._observed(Run.ACTIVE)

    @property
    def unusual(self) -> Unusual | None:
        """What is unusual about its connections when its history ends, if anything."""
        watched, history = self.watched, self.watched.history
        end = history.seconds(history.coverage.end)
        return unusual(self.track, watched.ages, history, end)

    @property
    def carried(self) -> Carried | None:
        """The bytes of all its connections; None: nothing was counted."""
        return carried([(self.track, self.watched.details)])

    @property
    def uncounted(self) -> int:
        """Of how many open connections these are lacking."""
        return uncounted([(self.track, self.watched.details)])

    @property
    def brief(self) -> bool:
        """Whether it is a listening socket that was closed again soon."""
        closed = self.track.peer.listening and not self.track.is_open
        return closed and self._observed(Run.LISTEN) < BRIEF_SECONDS

    def _observed(self, what: Run) -> float:
        """Return for how many observed seconds the row was in a state."""
        coverage = self.watched.history.coverage
        ticks = sum(
            coverage.observed(start, stop)
            for start, stop, run in self.track.timeline.runs(coverage.end)
            if run is what
        )
        return ticks / TICKS_PER_SECOND

    @property
    def share(self) -> float:
        """That time as a percentage of the observed time."""
        return 100 * self.active / self.watched.observed if self.watched.observed else 0.0

    def moment(self, tick: int) -> str:
        """Return a `tick` of the row as local date and time."""
        return moment(self.watched.base + tick)


def moment(tick: int) -> str:
    """Return a `tick` since 1970 as local date and time."""
    return local_time(tick / TICKS_PER_SECOND)


def zoned(tick: int) -> str:
    """Return a `tick` since 1970 as local date and time, with the time zone."""
    return local_time(tick / TICKS_PER_SECOND, "%Y-%m-%d %H:%M:%S UTC%z")
