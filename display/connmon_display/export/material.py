"""What an export is made of: the state at one moment, and the figures derived from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from connmon_display.export.figures import Counting, Figures
from connmon_display.export.row import Row, Watched
from connmon_display.filters.lists import Match
from connmon_display.filters.rows import RowFilter
from connmon_shared.messages import Fact
from connmon_shared.text import clean


@dataclass(frozen=True)
class Material:
    """The state to export.

    Attributes:
        hosts: all of which something was observed.
        facts: what is known of addresses.
        row_filter: which rows the user wants to see.
        unit: ticks of one character.
        features: the look-ups that were on.
        counting: of the rows, which do not depend on the unit.
    """

    hosts: tuple[Watched, ...]
    facts: dict[bytes, Fact]
    row_filter: RowFilter
    unit: int
    features: frozenset[str]
    counting: Counting = field(default_factory=Counting)

    @property
    def places(self) -> bool:
        """Whether places were looked up, so that it must be said whose data that is."""
        return bool(self.features & {"country", "asn"})

    @property
    def several(self) -> bool:
        """Whether rows are of several hosts."""
        return len(self.hosts) > 1

    @property
    def rows(self) -> list[Row]:
        """The rows by first sight and address, remote addresses before listening sockets."""
        return self.figures.rows

    @property
    def figures(self) -> Figures:
        """These rows, and what is told of all of them together."""
        return self.counting.figures(self._shown())

    def count(self) -> Iterator[None]:
        """Look through all rows in steps, so that they and their figures are there."""
        return self.counting.steps(self._shown())

    def _shown(self) -> Iterator[tuple[Row, str, bool]]:
        """Yield the rows that no option hides, their names, and whether they deserve attention."""
        for watched in self.hosts:
            tracks = watched.history.tracks
            for _, _, peer in sorted(
                (t.timeline.first_tick, p.place, p) for p, t in tracks.items()
            ):
                if self.row_filter.shows(peer, self.facts.get(peer.address)):
                    row = Row(watched, peer)
                    yield row, self.name(row), bool(self.match(row))

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

    def marks(self, row: Row, skip: int = 0, count: int | None = None) -> bytearray:
        """Return the marks of a row, one for each unit, or `count` of them after some."""
        begin = (self.first + skip) * self.unit - row.watched.base
        count = self.columns if count is None else count
        marks = row.track.timeline.marks(begin, self.unit, count)
        return row.watched.history.coverage.mask(marks, begin, self.unit)

    def match(self, row: Row) -> Match | None:
        """Return why a row deserves attention, if it does."""
        return self.row_filter.match(row.peer, self.fact(row))

    def fact(self, row: Row) -> Fact | None:
        """Return what is known of the address of a row."""
        return self.facts.get(row.peer.address)

    def name(self, row: Row) -> str:
        """Return what a row is called: its address, after the host if there are several."""
        return "  ".join(filter(None, (self.host(row), str(row.peer))))

    def host(self, row: Row) -> str:
        """Return on which host a row is, if there are several."""
        return clean(row.watched.host) if self.several else ""
