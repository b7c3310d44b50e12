"""The classic text report: every address with its full timeline, aligned on one time axis."""

import math
from collections.abc import Generator, Iterator
from functools import partial
from heapq import nsmallest

from connmon_display.export.entry import entry_of
from connmon_display.export.estimate import rows_size, sample
from connmon_display.export.material import Material
from connmon_display.export.row import Row
from connmon_display.export.words import (
    hosts_of,
    row_words,
    session_words,
    statistics,
)
from connmon_display.words.about import amount
from connmon_display.words.duration import short
from connmon_display.words.glyphs import LEGEND, NOT_OBSERVED, UNICODE
from connmon_shared import ATTRIBUTION
from connmon_shared.timelines.timeline import TICKS_PER_SECOND

_TOP = 10
_COLUMN = 18  # characters that an address takes in the first column, about
_ALERT = "!"
_RULE = "=" * 78
_LOOKS = 1_000  # at single marks: enough to tell their mean size
_GOLDEN = (math.sqrt(5) - 1) / 2  # multiples of it, without whole parts, are spread evenly


def lines(material: Material) -> Iterator[str]:
    """Yield the lines of the report, without line ends."""
    yield from _head(material)
    yield from _timelines(material)
    yield from _details(material)
    yield from _statistics(material)
    if material.places:
        yield from ("", ATTRIBUTION)


def sizing(material: Material) -> Generator[None, None, int]:
    """Find out in steps about how many bytes the report will be."""
    some = sample(material)
    if not some:
        return 0
    looks = [(some[turn % len(some)], turn * _GOLDEN % 1) for turn in range(_LOOKS)]
    seen = (material.marks(row, int(place * material.columns), 1) for row, place in looks)
    drawn = sum(len(UNICODE.draw(mark).encode()) for mark in seen) * material.columns / _LOOKS
    words = yield from rows_size(material, partial(_words, material))
    return round(drawn * len(material.rows)) + words


def _head(material: Material) -> Iterator[str]:
    yield "connmon timeline"
    yield _RULE
    yield f"{'Hosts' if material.several else 'Host':<9} {hosts_of(material)}"
    for name, value in session_words(material):
        yield f"{name:<9} {value}"
    yield f"Unit      1 character = {short(material.unit / TICKS_PER_SECOND)}"
    legend = "  ".join(f"{UNICODE.marks[mark]} {meaning}" for mark, meaning in LEGEND)
    yield f"Legend    {legend}  (blank) {NOT_OBSERVED}"
    if material.row_filter.lists.watching:
        yield f"Alerts    {_ALERT} after an address: see below why"
    yield "Times     in steps of 0.1s; a connection that was seen counts for one at least"
    yield ""


def _timelines(material: Material) -> Iterator[str]:
    widest = material.figures.widest
    width = max(widest[False], widest[True] + len(f" {_ALERT}"))
    yield "Timelines"
    yield _RULE
    for row in material.rows:
        drawn = UNICODE.draw(material.marks(row))
        yield f"{_marked(material, row):<{width}}  {drawn}".rstrip()
    if not material.rows:
        yield "(no connections)"
    yield ""


def _marked(material: Material, row: Row) -> str:
    """Return what a row is called, with a mark if it deserves attention."""
    return material.name(row) + (f" {_ALERT}" if material.match(row) else "")


def _details(material: Material) -> Iterator[str]:
    yield "Addresses"
    yield _RULE
    for row in material.rows:
        yield from _detail(material, row)
    yield ""


def _detail(material: Material, row: Row) -> list[str]:
    entry = entry_of(material, row)
    told = row_words(entry, material.features)
    words = (f"    {what:<12} {value}" for what, value in told if value)
    return [f"{material.name(row)}  {entry.named}".rstrip(), *words]


def _words(material: Material, row: Row) -> str:
    """Return all that is written of a row, but for its marks."""
    return "\n".join((f"{_marked(material, row):<{_COLUMN}}", *_detail(material, row)))


def _statistics(material: Material) -> Iterator[str]:
    yield "Statistics"
    yield _RULE
    yield from (f"{name:<22} {value}" for name, value in statistics(material))
    yield from _most_active(material)
    if material.figures.carried is not None:
        yield from _most_carried(material)


def _most_active(material: Material) -> Iterator[str]:
    yield from ("", f"Top {_TOP} most active", _RULE)
    remotes = material.figures.remotes
    ranked = nsmallest(
        _TOP, remotes, key=lambda row: (-row.active, -row.track.opened, row.peer.place)
    )
    for place, row in enumerate(ranked, start=1):
        times = f"{short(row.active):>8}  {row.share:5.1f} %"
        yield f"{place:>2}  {times} {row.track.opened:>7,}×  {material.name(row)}"


def _most_carried(material: Material) -> Iterator[str]:
    yield from ("", f"Top {_TOP} by bytes", _RULE)
    found = ((row.carried or (0, 0), row) for row in material.figures.remotes)
    counted = ((carried, row) for carried, row in found if any(carried))
    ranked = nsmallest(_TOP, counted, key=lambda each: (-sum(each[0]), each[1].peer.place))
    for place, (carried, row) in enumerate(ranked, start=1):
        sent, received = (amount(count, row.uncounted) for count in carried)
        yield f"{place:>2}  {sent:>7} sent  {received:>7} received  {material.name(row)}"
