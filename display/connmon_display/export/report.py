"""The classic text report: every address with its full timeline, aligned on one time axis."""

from collections.abc import Iterator

from connmon_display.export.material import Line, Material
from connmon_display.export.words import (
    hosts_of,
    name_of_row,
    row_words,
    session_words,
    statistics,
)
from connmon_display.words.duration import short
from connmon_display.words.glyphs import LEGEND, UNICODE
from connmon_display.words.names import AS
from connmon_shared import ATTRIBUTION
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_TOP = 10
_ALERT = "!"
_RULE = "=" * 78
_MARK_BYTES, _ROW_BYTES = 3, 400  # of one mark in UTF-8, and of the rest of a row, about


def lines(material: Material) -> Iterator[str]:
    """Yield the lines of the report, without line ends."""
    yield from _head(material)
    yield from _timelines(material)
    yield from _details(material)
    yield from _statistics(material)
    if material.places:
        yield from ("", ATTRIBUTION)


def size(material: Material) -> int:
    """Return about how many bytes the report will be."""
    return len(material.lines) * (_MARK_BYTES * material.columns + _ROW_BYTES)


def _head(material: Material) -> Iterator[str]:
    yield "connmon timeline"
    yield _RULE
    yield f"{'Hosts' if material.several else 'Host':<9} {hosts_of(material)}"
    for name, value in session_words(material):
        yield f"{name:<9} {value}"
    yield f"Unit      1 character = {short(material.unit / TICKS_PER_SECOND)}"
    legend = "  ".join(f"{UNICODE.marks[mark]} {meaning}" for mark, meaning in LEGEND)
    yield f"Legend    {legend}  (blank) not observed"
    if material.row_filter.lists.watching:
        yield f"Alerts    {_ALERT} after an address: see below why"
    yield "Times     in steps of 0.1s; a connection that was seen counts for one at least"
    yield ""


def _timelines(material: Material) -> Iterator[str]:
    width = max((len(_marked(material, line)) for line in material.lines), default=0)
    yield "Timelines"
    yield _RULE
    for line in material.lines:
        drawn = UNICODE.draw(material.marks(line))
        yield f"{_marked(material, line):<{width}}  {drawn}".rstrip()
    if not material.lines:
        yield "(no connections)"
    yield ""


def _marked(material: Material, line: Line) -> str:
    """Return what a row is called, with a mark if it deserves attention."""
    return name_of_row(material, line) + (f" {_ALERT}" if material.match(line) else "")


def _details(material: Material) -> Iterator[str]:
    yield "Addresses"
    yield _RULE
    for line in material.lines:
        name = material.label(line).name
        named = "" if name.source == AS else name
        yield f"{name_of_row(material, line)}  {named}".rstrip()
        yield from (f"    {what:<12} {value}" for what, value in row_words(material, line) if value)
    yield ""


def _statistics(material: Material) -> Iterator[str]:
    yield "Statistics"
    yield _RULE
    yield from (f"{name:<22} {value}" for name, value in statistics(material))
    yield ""
    yield f"Top {_TOP} most active"
    yield _RULE
    ranked = sorted(material.remotes, key=lambda line: (-line.active, -line.track.opened))
    for place, line in enumerate(ranked[:_TOP], start=1):
        times = f"{short(line.active):>8}  {line.share:5.1f} %"
        yield f"{place:>2}  {times}  {line.track.opened:>6}×  {name_of_row(material, line)}"
