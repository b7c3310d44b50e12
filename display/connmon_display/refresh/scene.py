"""What is to be drawn, as one immutable value: nothing in it changes while it is drawn."""

from dataclasses import dataclass
from typing import NamedTuple

from connmon_display.refresh.layout.layout import MIN_HEIGHT, MIN_WIDTH, Widths
from connmon_display.refresh.layout.needs import NOTHING, Needs
from connmon_display.words.connections import ConnectionWords
from connmon_display.words.labels import Label
from connmon_display.words.theme import Style


class SceneRow(NamedTuple):
    """One row of the table."""

    label: Label
    marks: bytes
    selected: bool
    host: str = ""  # what it is called; empty: there is only one
    dimmed: bool = False  # whether the timeline is old


@dataclass(frozen=True, slots=True)
class Panel:
    """What is known of the selected row.

    Attributes:
        title: the address, whole.
        brief: all of it in one line, for a screen with no room for more.
        facts: groups of (name, value), each group on lines of its own.
        run: the timeline since monitoring began.
        run_unit: seconds of one of its characters.
        lines: how many it takes.
        connections: those in sight, of each address the newest first; None: they are not asked for.
        count: how many there are.
        listening: how many of them are listening sockets.
        first: which of them is the first in sight.
        top: how many lines it is scrolled.
        below: by how many lines it can be scrolled further.
        passed: how many lines of what stands behind the connections are scrolled away.
        telling: whether anything is known for the second line of a connection but its address.
        several: whether they go to several addresses.
    """

    title: str
    brief: str = ""
    facts: tuple[tuple[tuple[str, str], ...], ...] = ()
    run: bytes = b""
    run_unit: float = 1.0
    lines: int = 1
    connections: tuple[ConnectionWords, ...] | None = None
    count: int = 0
    listening: int = 0
    first: int = 0
    top: int = 0
    below: int = 0
    passed: int = 0
    telling: bool = False
    several: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment of the view."""

    width: int
    height: int
    clock: str
    mode: str  # LIVE, STALE 12s, FROZEN +37s …
    mode_style: Style
    typed: str
    editing: bool
    mistake: str  # in what is typed, or that it was cut
    counts: tuple[str, ...]  # items of the header, whole or absent
    parts: Widths  # of the lines of the table
    unit: int  # ticks of one character
    end: float  # the moment at the right edge, seconds since 1970; before any is known none above 0
    behind: float  # how many seconds that lies before now because of panning
    features: frozenset[str]
    names: bool
    by: str  # what a row stands for: an address, a process …
    rows: tuple[SceneRow, ...]  # only those on the screen
    empty: str  # what to say when there are no rows
    remedy: str  # what to do about that; empty: nothing
    help: bool
    panel: Panel | None  # of the selected row; None: none is selected
    note: str  # a sentence for the last line
    replay: bool  # whether time can be stopped, and gone through
    limits: tuple[str, ...]  # what cannot be seen, for the help
    problems: tuple[str, ...] = ()  # what is wrong, for the help
    faults: int = 0  # so many of these are no losses
    lost: int = 0  # events of the kernel of which nobody knows
    alerts: int = 0  # rows that deserve attention
    needs: Needs = NOTHING  # of the words that were in sight lately
    span: float = 0.0  # seconds that rates were measured over; 0: that is not told
    help_top: int = 0  # by how many lines the help is scrolled
    top: int = 0  # the place of the first row on the screen
    total: int = 0  # rows that there are

    @property
    def too_small(self) -> bool:
        """Whether there is room for nothing but to say so."""
        return self.width < MIN_WIDTH or self.height < MIN_HEIGHT
