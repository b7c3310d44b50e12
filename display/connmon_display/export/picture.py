"""A picture of the whole session: an SVG file that any browser shows."""

from collections.abc import Generator, Iterator
from importlib.resources import files

from connmon_display.export.entry import entry_of
from connmon_display.export.estimate import rows_size
from connmon_display.export.markup import element
from connmon_display.export.material import Material
from connmon_display.export.row import Row
from connmon_display.export.strip import HEIGHT, LEGEND, labels, pictured, strip
from connmon_display.export.words import hosts_of, session_words
from connmon_shared import ATTRIBUTION

_NAME, _STRIP, _FIGURES, _MARGIN = 348, 752, 140, 20  # pixels
_ROW = 38  # of two lines
_PROCESS, _OPENED = 130, 64  # where the process begins, and the first of the figures ends
_WIDTH = _MARGIN + _NAME + _STRIP + _FIGURES + _MARGIN
_HEAD, _FOOT = 104, 40
_HEAD_BYTES = 3_500  # of all but the rows, about
_LONGEST = 22  # characters of what is told beside an address
_LONGEST_TITLE, _LONGEST_HEAD = 104, 168  # and in the two lines above all
_LONGEST_NAME = 44  # and of that with the host before it
_LONGEST_PROCESS = 27  # and of a process with the state
_STYLE = """\
text { font: 12px ui-monospace, "DejaVu Sans Mono", monospace; fill: #1b1f24; fill: var(--ink); }
.title { font: 600 18px system-ui, "DejaVu Sans", sans-serif; }
:root { background: #ffffff; background: var(--paper); }
.name { font-weight: 600; }
.f { fill: #66707c; fill: var(--faint); }
.g { stroke: #d9dee4; stroke: var(--line); }
.alert { fill: #c81e3a; fill: var(--closed); }
.paper { fill: #ffffff; fill: var(--paper); }"""


def lines(material: Material) -> Iterator[str]:
    """Yield the lines of the picture."""
    shown = pictured(material)
    height = _HEAD + _ROW * max(len(shown.rows), 1) + _FOOT
    box = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    yield f"<style>{files(__package__).joinpath('strip.css').read_text('utf-8')}{_STYLE}</style>"
    yield f'<rect class="paper" width="{_WIDTH}" height="{height}"/>'
    yield from _head(shown, height)
    for number, row in enumerate(shown.rows):
        yield _row(shown, row, _HEAD + _ROW * number)
    if not shown.rows:
        yield _text(_MARGIN, _HEAD + 14, "no connections", "f")
    if shown.places:
        yield _text(_MARGIN, height - 14, ATTRIBUTION, "f")
    yield "</svg>"


def sizing(material: Material) -> Generator[None, None, int]:
    """Find out in steps about how many bytes they will be."""
    shown = pictured(material)
    return _HEAD_BYTES + (yield from rows_size(shown, lambda row: _row(shown, row, 0)))


def _head(material: Material, height: int) -> Iterator[str]:
    yield _text(_MARGIN, 30, _cut(f"connmon {hosts_of(material)}", _LONGEST_TITLE), "title")
    told = " · ".join(f"{name} {value}" for name, value in session_words(material))
    yield _text(_MARGIN, 52, _cut(told, _LONGEST_HEAD), "f")
    x = _MARGIN
    for marks, meaning in LEGEND:
        yield strip(marks, x=x, y=64, width=28, height=HEIGHT)
        yield _text(x + 34, 78, meaning, "f")
        x += 54 + 8 * len(meaning)
    for percent, label in labels(material):
        x = round(_MARGIN + _NAME + _STRIP * percent / 100)
        yield f'<path class="g" d="M{x} {_HEAD - 6}V{height - _FOOT}"/>'
        yield _text(x + 3, _HEAD - 2, label, "f")


def _row(material: Material, row: Row, y: int) -> str:
    entry, first, second = entry_of(material, row), y + 16, y + 31
    more = " ".join(filter(None, (entry.country, entry.named or entry.label.organisation)))
    host = _cut(entry.host, max(0, _LONGEST_NAME - len(entry.address) - 2))
    name = "  ".join(filter(None, (host, entry.address)))
    room = _LONGEST if len(name) < _LONGEST else 0
    process = _cut(entry.process, _LONGEST_PROCESS - len(entry.state))
    end, opened = _MARGIN + _NAME - 12, _WIDTH - _FIGURES - _MARGIN + _OPENED
    sent, received = entry.traffic
    middle = y + (_ROW - HEIGHT) // 2
    return "".join(
        (
            _text(_MARGIN, first, name, "name alert" if entry.match else "name"),
            _text(end, first, _cut(more, room), "f", end=True),
            _text(_MARGIN, second, entry.contact, "f"),
            _text(_MARGIN + _PROCESS, second, process),
            _text(end, second, entry.state, entry.look, end=True),
            strip(material.marks(row), x=_MARGIN + _NAME, y=middle, width=_STRIP, height=HEIGHT),
            _text(opened, first, entry.share, "f", end=True),
            _text(opened, second, entry.opened, "f", end=True),
            _text(_WIDTH - _MARGIN, first, sent, "f", end=True),
            _text(_WIDTH - _MARGIN, second, received, "f", end=True),
        )
    )


def _cut(text: str, length: int) -> str:
    """Return `text`, or as much of it as `length` characters hold; 0: nothing."""
    if len(text) <= length or not length:
        return text[:length]
    return f"{text[: length - 1].rstrip(' ,.')}…"


def _text(x: int, y: int, text: str, name: str = "", *, end: bool = False) -> str:
    anchor = "end" if end else None
    return element("text", text, x=x, y=y, class_=name, text_anchor=anchor) if text else ""
