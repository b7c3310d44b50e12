"""How the screen is shared: its lines among the regions, the cells of a line among its parts."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from connmon_display.following.paces import SECONDS
from connmon_display.refresh.layout.allotment import allotted, used
from connmon_display.refresh.layout.cells import in_cells
from connmon_display.refresh.layout.needs import NOTHING, Needs
from connmon_display.rows.arrangement import BY_ADDRESS

MIN_WIDTH, MIN_HEIGHT = 60, 10  # characters; smaller terminals get a sentence instead
HEAD_LINES = 3  # header, times, headings
FOOT_LINES = 1
_SUMMARIES = ((36, 7), (20, 5), (0, 1))  # (from this height, lines about the selected row)
_DETAIL_PARTS = (3, 5)  # of the lines between head and foot it takes at most three fifths
_MIN_DETAIL = 4
_TITLES = 2  # lines of it: whose it is, and the headings of the connections
ALL_LINES = 1_000  # lines: more than are told of a row
_TOLD_FIRST = ((36, ALL_LINES), (20, 3), (0, 0))  # (from this height, lines above the connections)
CURSOR = 2  # the selection mark before the address is one cell, a space behind it another
_FULL_LABEL_FROM = 110  # terminal width
_ADDRESSES = ((160, 39), (120, 24), (0, 15))  # (from this terminal width, cells at most)
_GROUPS = ((160, 39), (120, 30), (80, 21), (0, 15))  # the same of what groups are called
_ADDRESS_STEPS = (12, 15, 18, 21, 24, 30, 39)  # not each letter more or less moves the timelines
#: (from this terminal width, cells of a label, and at most where what matters needs them)
_LABELS = (
    (180, 77, 80),
    (160, 56, 64),
    (140, 48, 56),
    (_FULL_LABEL_FROM, 40, 50),
    (100, 34, 42),
    (80, 32, 40),
    (0, 30, 32),
)
_GIVEN_TO_HOSTS = 3  # cells of a short label; the timeline gives what else their names take
_HOST_WIDTHS = ((160, 24), (120, 16), (70, 8), (0, 6))
HOST_TITLE = "HOST"
_KEPT_LAYOUTS = 8
_SPEED_FROM = 100  # terminal width
_SPEED_WIDTH = 11  # "↑1.2k ↓34k"
_PACE_FROM = 160  # terminal width


def page_of(height: int, panel: int = 0) -> int:
    """Return how many rows of the table fit on a screen of `height` lines.

    Args:
        height: of the screen.
        panel: lines that tell about the selected row.
    """
    return max(1, height - HEAD_LINES - FOOT_LINES - panel)


def summary_lines(height: int) -> int:
    """Return how many lines the selected row gets without being asked for."""
    return next(lines for least, lines in _SUMMARIES if height >= least)


def detail_lines(height: int, needed: int) -> int:
    """Return how many lines the detail gets that needs so many."""
    part, parts = _DETAIL_PARTS
    most = (height - HEAD_LINES - FOOT_LINES) * part // parts
    return max(summary_lines(height), min(needed, max(_MIN_DETAIL, most)))


def told_first(height: int) -> int:
    """Return how many lines about a row stand above its connections, the others behind them."""
    return _pick(_TOLD_FIRST, height)


class Listing(NamedTuple):
    """How long the detail is: what is told of a row, all its connections, and what else is told."""

    head: int  # lines above the heading of the connections; they are scrolled away first
    each: int  # lines of a connection
    many: int  # connections
    tail: int = 0  # lines behind them

    @property
    def needed(self) -> int:
        """How many lines there are."""
        return _TITLES + self.head + self.many * self.each + self.tail

    def lines(self, height: int, grown: int) -> int:
        """Return how many of them are in sight on a screen of `height` lines.

        Connections are whole. The detail does not shrink: it had `grown` lines since it was opened.
        """
        lines = max(detail_lines(height, self.needed), detail_lines(height, grown))
        room = lines - _TITLES - self.head
        return lines - room % self.each if 0 < room < self.many * self.each else lines

    def last(self, lines: int) -> int:
        """Return by how many lines it can be scrolled when `lines` are in sight."""
        last = max(0, self.needed - lines)
        beyond = last - self.head
        if 0 < beyond < self.many * self.each:  # it begins with a whole connection
            last = self.head - (-beyond // self.each) * self.each
        return last

    def first(self, top: int) -> int:
        """Return which connection is the first in sight when `top` lines are scrolled away."""
        return min(self.many, max(0, (top - self.head) // self.each))

    def whole(self, top: int, lines: int) -> int:
        """Return how many connections are in sight, each with all its lines."""
        room = lines - _TITLES - max(0, self.head - top)
        return min(self.many - self.first(top), max(0, room // self.each))

    def passed(self, top: int) -> int:
        """Return how many lines of what is behind the connections are scrolled away."""
        return max(0, top - self.head - self.many * self.each)


class Widths(NamedTuple):
    """The widths of the parts of a line, in cells."""

    address: int
    timeline: int
    label: int
    full: bool  # whether labels are written in their long form
    speed: int = 0  # of the column between timeline and label; 0: there is none
    host: int = 0  # of the first column; 0: there is none
    pace: int = 0  # of the column behind the speed; 0: there is none


def host_width(names: Iterable[str], width: int) -> int:
    """Return the width of the hosts' column on a terminal of `width` cells; 0 without names."""
    longest = max((len(in_cells(name)) for name in names), default=0)
    return min(max(longest, len(HOST_TITLE)), _pick(_HOST_WIDTHS, width)) if longest else 0


@lru_cache(_KEPT_LAYOUTS)
def widths(  # noqa: PLR0913 - all that decides
    width: int,
    wanted_timeline: int,
    *,
    counting: bool = False,
    host: int = 0,
    features: frozenset[str] = frozenset({"asn"}),
    by: str = BY_ADDRESS,
    needs: Needs = NOTHING,
) -> Widths:
    """Return the widths for a terminal of `width` cells; what is left over goes to the timeline.

    Where that has all it wants, the label has the rest.

    Args:
        width: of the terminal.
        wanted_timeline: at most so many characters of a timeline.
        counting: whether the collector tells of traffic.
        host: of the hosts' column.
        features: the look-ups that are on.
        by: what rows are grouped by.
        needs: of what is in sight.
    """
    speed = _SPEED_WIDTH if counting and width >= _SPEED_FROM else 0
    pace = SECONDS if counting and width >= _PACE_FROM else 0
    most = _pick(_ADDRESSES if by == BY_ADDRESS else _GROUPS, width)
    address = min(most, next((step for step in _ADDRESS_STEPS if step >= needs.address), most))
    full = width >= _FULL_LABEL_FROM
    given = _GIVEN_TO_HOSTS if host and not full else 0
    usual, at_most = next((u - given, m - given) for start, u, m in _LABELS if width >= start)
    label = used(allotted(needs, features, by, usual, at_most, full=full), full=full)
    columns = (host, speed, pace)
    room = width - CURSOR - address - 1 - sum(column + 1 for column in columns if column)
    timeline = max(1, min(wanted_timeline, room - label))
    return Widths(address, timeline, room - timeline, full, speed, host, pace)


def _pick(table: tuple[tuple[int, int], ...], width: int) -> int:
    return next(cells for start, cells in table if width >= start)
