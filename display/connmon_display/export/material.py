"""What an export is made of: the state at one moment, and the figures derived from it."""

from dataclasses import dataclass
from functools import cached_property

from connmon_display.filters.lists import Match
from connmon_display.filters.rows import RowFilter
from connmon_display.words.moment import local_time
from connmon_shared.messages import Fact
from connmon_shared.text import clean
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
    """

    host: str
    history: History
    base: int
    details: Details

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
class Line:
    """One row."""

    watched: Watched
    track: Track

    @cached_property
    def active(self) -> float:
        """For how many observed seconds a connection to its address was open."""
        return self._observed(Run.ACTIVE)

    @property
    def brief(self) -> bool:
        """Whether it is a listening socket that was closed again soon."""
        closed = self.track.peer.listening and not self.track.open
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


@dataclass(frozen=True)
class Material:
    """The state to export.

    Attributes:
        hosts: all of which something was observed.
        facts: what is known of addresses.
        row_filter: which rows the user wants to see.
        unit: ticks of one character.
        features: the look-ups that were on.
    """

    hosts: tuple[Watched, ...]
    facts: dict[bytes, Fact]
    row_filter: RowFilter
    unit: int
    features: frozenset[str]

    @property
    def places(self) -> bool:
        """Whether places were looked up, so that it must be said whose data that is."""
        return bool(self.features & {"country", "asn"})

    @property
    def several(self) -> bool:
        """Whether rows are of several hosts."""
        return len(self.hosts) > 1

    @cached_property
    def lines(self) -> list[Line]:
        """The rows in order of first sight, remote addresses before listening sockets."""
        return sorted(
            (line for line in self._shown if not line.brief),
            key=lambda line: line.track.peer.listening,
        )

    @property
    def left_out(self) -> int:
        """How many listening sockets are left out because they were closed again soon."""
        return len(self._shown) - len(self.lines)

    @cached_property
    def _shown(self) -> list[Line]:
        """All rows that no option hides."""
        return [
            Line(watched, track)
            for watched in self.hosts
            for track in watched.history.tracks.values()
            if self.row_filter.shows(track.peer, self.facts.get(track.peer.address))
        ]

    @cached_property
    def remotes(self) -> list[Line]:
        """The rows of remote addresses."""
        return [line for line in self.lines if not line.track.peer.listening]

    @property
    def begin(self) -> int:
        """The tick since 1970 at which the first history begins."""
        return min(watched.begin for watched in self.hosts)

    @property
    def end(self) -> int:
        """The tick since 1970 at which the last one ends."""
        return max(watched.end for watched in self.hosts)

    @property
    def first(self) -> int:
        """The first unit, counted from 1970."""
        return self.begin // self.unit

    @property
    def columns(self) -> int:
        """How many units all that time touches."""
        return -(-self.end // self.unit) - self.first

    def marks(self, line: Line, skip: int = 0, count: int | None = None) -> bytearray:
        """Return the marks of a row, one for each unit, or `count` of them after some."""
        begin = (self.first + skip) * self.unit - line.watched.base
        count = self.columns if count is None else count
        marks = line.track.timeline.marks(begin, self.unit, count)
        return line.watched.history.coverage.mask(marks, begin, self.unit)

    def match(self, line: Line) -> Match | None:
        """Return why a row deserves attention, if it does."""
        return self.row_filter.match(line.track.peer, self.fact(line))

    def fact(self, line: Line) -> Fact | None:
        """Return what is known of the address of a row."""
        return self.facts.get(line.track.peer.address)

    def name(self, line: Line) -> str:
        """Return what a row is called: its address, after the host if there are several."""
        return "  ".join(filter(None, (self.host(line), str(line.track.peer))))

    def host(self, line: Line) -> str:
        """Return on which host a row is, if there are several."""
        return clean(line.watched.host) if self.several else ""


def moment(tick: int) -> str:
    """Return a `tick` since 1970 as local date and time."""
    return local_time(tick / TICKS_PER_SECOND)


def zoned(tick: int) -> str:
    """Return a `tick` since 1970 as local date and time, with the time zone."""
    return local_time(tick / TICKS_PER_SECOND, "%Y-%m-%d %H:%M:%S UTC%z")
