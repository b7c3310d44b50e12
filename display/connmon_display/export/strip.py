"""What a picture of a session is made of: its time axis, and a strip for each row, as SVG.

A strip is as many units wide as the session is long, and HEIGHT high. What its user sees of it
is up to strip.css: each mark has a class, a height and a place of its own, so that none is told
by its colour alone.
"""

from collections.abc import Iterator
from dataclasses import replace

from connmon_display.export.markup import Markup, element
from connmon_display.export.material import Material
from connmon_display.stretches import stretches
from connmon_display.words import glyphs
from connmon_display.words.glyphs import NOT_OBSERVED
from connmon_display.words.moment import local_time, zone_at
from connmon_shared.timelines.timeline import TICKS_PER_SECOND, Mark

HEIGHT = 20
_MOST_COLUMNS = 600  # of a picture: each is wide enough to be seen
_MOST_LABELS = 7
_ROOM = 93  # percent: from there on no label has room
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_STEPS = (  # seconds
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 5, 10, 20, 50, 100)),
)
#: The class of a mark, and at which height its line is.
_DRAWN = {
    Mark.BLANK: ("b", 10),
    Mark.EMPTY: ("e", 10),
    Mark.LISTEN: ("l", 10),
    Mark.ACTIVE: ("a", 10),
    Mark.CLOSED: ("c", 13),  # it hangs down
    Mark.NEW: ("n", 7),  # it rises
}


def _marks(letters: str) -> bytes:
    """Return the marks whose names begin with `letters`."""
    return bytes(next(mark for mark in Mark if mark.name[0] == letter) for letter in letters)


#: What a mark looks like, among others if it lasts for only one unit.
_EXAMPLES = {
    Mark.BLANK: _marks("BBBBBBB"),
    Mark.EMPTY: _marks("EEEEEEE"),
    Mark.LISTEN: _marks("LLLLLLL"),
    Mark.ACTIVE: _marks("AAAAAAA"),
    Mark.CLOSED: _marks("AAACEEE"),
    Mark.NEW: _marks("EEENAAA"),
}
#: That, and what it means.
LEGEND = tuple(
    (_EXAMPLES[mark], meaning) for mark, meaning in (*glyphs.LEGEND, (Mark.BLANK, NOT_OBSERVED))
)


def pictured(material: Material) -> Material:
    """Return the material in the unit with which it is no wider than a picture may be."""
    units = [round(step * TICKS_PER_SECOND) for step in _STEPS]
    span = material.end - material.begin
    unit = next((unit for unit in units if span / unit <= _MOST_COLUMNS), units[-1])
    return replace(material, unit=unit)


def strip(marks: bytes | bytearray, **attributes: object) -> Markup:
    """Return `marks` as an SVG element with more `attributes`."""
    paths: dict[int, list[str]] = {}
    for mark, start, end in stretches(marks):
        paths.setdefault(mark, []).append(f"M{start} {{y}}h{end - start}")
    drawn = "".join(_path(Mark(mark), "".join(parts)) for mark, parts in sorted(paths.items()))
    box = {"viewBox": f"0 0 {len(marks)} {HEIGHT}", "preserveAspectRatio": "none"}
    return element("svg", Markup(drawn), class_="s", **box, **attributes)


def labels(material: Material) -> Iterator[tuple[float, str]]:
    """Yield where on the axis a label stands, in percent of its width, and what it says."""
    begin = material.first * material.unit / TICKS_PER_SECOND
    span = material.columns * material.unit / TICKS_PER_SECOND
    step = next((step for step in _STEPS if span / step <= _MOST_LABELS), _STEPS[-1])
    zone = zone_at(begin)
    pattern = "%H:%M" if step >= _MINUTE else "%H:%M:%S"
    if span > _DAY:
        pattern = "%m-%d" if step >= _DAY else "%m-%d %H:%M"
    number = -int(-(begin + zone) // step)
    while True:
        moment = round(number * step - zone, 1)
        if step >= _DAY:  # midnight also after the clocks were changed
            moment = number * step - zone_at(moment)
        percent = 100 * (moment - begin) / span
        if percent >= _ROOM:
            return
        tenths = f"{moment % 1:.1f}"[1:] if step < 1 else ""
        yield percent, local_time(moment, pattern) + tenths
        number += 1


def _path(mark: Mark, data: str) -> str:
    name, height = _DRAWN[mark]
    return f'<path class="{name}" d="{data.format(y=height)}"/>'
