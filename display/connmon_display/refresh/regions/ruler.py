"""The two lines above the table: times over the timelines, and the headings of the columns."""

from functools import lru_cache

from connmon_display.refresh.layout.cells import Cells
from connmon_display.refresh.layout.columns import LabelColumns
from connmon_display.refresh.layout.fitting import fit
from connmon_display.refresh.layout.layout import CURSOR, HOST_TITLE, Widths
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.rows.arrangement import BY_ADDRESS, GROUPINGS
from connmon_display.words.duration import short
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.moment import local_time
from connmon_display.words.theme import Style
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_KEPT = 8  # headings: those of a few sizes
_KEPT_TIMES = 64  # those of a few screens
_LONG_SPAN = 2.0  # seconds; counters are looked at each second where that costs little
_MINUTE, _DAY = 60, 86_400  # seconds
_STEPS = ((45, 15), (0, 10))  # (from this many characters, characters between two times)


def times(scene: Scene) -> Cells:
    """Return the line with the times, and with what one character means."""
    parts = scene.parts
    before = parts.host + (parts.host > 0) + parts.address + CURSOR
    cells = [" "] * parts.timeline
    unit = scene.unit / TICKS_PER_SECOND
    pattern = "%H:%M:%S" if unit < _MINUTE else "%H:%M"
    if parts.timeline * unit > _DAY:
        pattern = "%d %H:%M"
    known = scene.end > 0
    for x in range(parts.timeline - 1, -1, -_step(parts.timeline)) if known else ():
        moment = scene.end - (parts.timeline - 1 - x) * unit
        text = _told(moment, pattern)
        if x - len(text) + 1 >= 0:
            cells[x - len(text) + 1 : x + 1] = text
    scale = f"  1 char = {short(unit)}"
    if scene.behind:
        scale += f", {short(scene.behind)} ago"
    ruler = " " * before + "".join(cells)
    place = _place(scene, len(ruler) - len(ruler.lstrip()) - 1)
    line = Line(scene.width).add(place, Style.DIM)  # mostly the same as before
    return line.add(ruler[len(place) :], Style.DIM).add(scale, Style.DIM).cells()


#: A time that moves along the line is at the place of the one before it after some steps.
_told = lru_cache(_KEPT_TIMES)(local_time)


def headings(scene: Scene, columns: LabelColumns, glyphs: Glyphs) -> Cells:
    """Return the line with the headings, and a ruler with a tick below each time."""
    named = scene.names and "names" in scene.features
    title = "REMOTE NAME" if named else "REMOTE IP"
    if scene.by != BY_ADDRESS:
        title = GROUPINGS[scene.by].title
    return _headings(scene.width, scene.parts, title, _rate(scene), columns, glyphs)


@lru_cache(_KEPT)
def _headings(  # noqa: PLR0913, PLR0917 - what it depends on
    width: int, parts: Widths, title: str, rate: str, columns: LabelColumns, glyphs: Glyphs
) -> Cells:
    ruler = [glyphs.rule] * parts.timeline
    for x in range(parts.timeline - 1, -1, -_step(parts.timeline)):
        ruler[x] = glyphs.tick
    return (
        Line(width)
        .add(" ")
        .add(f"{fit(HOST_TITLE, parts.host, '')} " if parts.host else "", Style.HEADING)
        .add(fit(title, parts.address, ""), Style.HEADING)
        .add(" ")
        .add("".join(ruler), Style.DIM)
        .add(fit(rate, parts.speed + 1, "") if parts.speed else "", Style.HEADING)
        .add(fit(f" {parts.pace} s", parts.pace + 1, "") if parts.pace else "", Style.HEADING)
        .add(" ")
        .add(columns.heading(), Style.HEADING)
        .cells()
    )


def _place(scene: Scene, width: int) -> str:
    """Return which of the rows are in sight; empty: all of them are, or there is no room."""
    first, many, total = scene.top + 1, len(scene.rows), scene.total
    if many >= total:
        return ""
    words = f" {first}–{first + many - 1} of {total}"
    return words if len(words) <= width else ""


def _rate(scene: Scene) -> str:
    """Return the heading of rates: over how long they were measured, if that is longer."""
    return f" RATE {short(round(scene.span))}" if scene.span >= _LONG_SPAN else " RATE"


def _step(timeline: int) -> int:
    return next(step for start, step in _STEPS if timeline >= start)
