"""What is to be drawn, as one immutable value: nothing in it changes while it is drawn."""

from dataclasses import dataclass

from connmon_display.refresh.theme import Style
from connmon_display.words.labels import Label


@dataclass(frozen=True, slots=True)
class SceneRow:
    """One row of the table."""

    label: Label
    marks: bytes
    selected: bool
    open: bool
    host: str = ""  # what it is called; empty: there is only one
    dimmed: bool = False  # whether the timeline is old


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
    counts: tuple[str, ...]  # items of the header, whole or absent
    hosts: tuple[str, ...]  # what they are called; none: there is only one
    timeline: int  # characters
    unit: int  # ticks of one character
    end: float  # the moment at the right edge, seconds since 1970
    behind: float  # how many seconds that lies before now because of panning
    features: frozenset[str]
    counting: bool  # whether the collector tells of traffic
    names: bool
    rows: tuple[SceneRow, ...]  # only those on the screen
    empty: str  # what to say when there are no rows
    help: bool
    about: str  # what is known of the selected row; empty: none is selected
    note: str  # a sentence for the last line
    replay: bool  # whether time can be stopped, and gone through
    limits: tuple[str, ...]  # what cannot be seen, for the help
    alerts: int = 0  # rows that deserve attention
