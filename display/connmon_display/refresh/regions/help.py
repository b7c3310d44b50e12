"""The help: what is wrong, legend, keys, what cannot be seen, over the middle of the screen."""

import textwrap
from collections.abc import Iterable, Iterator

from connmon_display.refresh.input.keys import bindings
from connmon_display.refresh.layout.cells import Frame
from connmon_display.refresh.layout.layout import FOOT_LINES
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.words.glyphs import LEGEND, NOT_OBSERVED, Glyphs
from connmon_display.words.theme import STYLE_OF_MARK, Style

_MARGIN = 4  # cells beside the box, together
_WIDE, _NARROW = 122, 72  # cells of a box with keys in two columns, and in one
_KEYS = 9  # cells
_TEXT = 50
_BLANK = f"blank: {NOT_OBSERVED}"


def overlaid(frame: Frame, scene: Scene, glyphs: Glyphs) -> Frame:
    """Return `frame` with the help over the middle of it, as far as it is scrolled."""
    lines = _lines(scene, glyphs)
    room = _room(scene)
    shown = [line.cells() for line in lines[scene.help_top :][:room]]
    shown.append(_end(scene, len(lines) - room - scene.help_top).cells())
    top = max(0, (scene.height - FOOT_LINES - len(shown)) // 2)
    left = (scene.width - _width(scene)) // 2
    for y, row in enumerate(shown, start=top):
        frame[y] = Line(scene.width).add(" " * left).paint(*row).cells()  # nothing is cut beside it
    return frame


def last_top(scene: Scene, glyphs: Glyphs) -> int:
    """Return by how many lines the help can be scrolled at most."""
    return max(0, len(_lines(scene, glyphs)) - _room(scene))


def _room(scene: Scene) -> int:
    """Return how many lines of the help are in sight; below them is told what a key does."""
    return scene.height - FOOT_LINES - 1


def _lines(scene: Scene, glyphs: Glyphs) -> list[Line]:
    width = _width(scene)
    return [
        *_sentences(scene.problems, width, Style.CLOSED),
        *_legend(width, glyphs),
        *_keys(scene, width),
        *_sentences(scene.limits, width, Style.LISTEN),
    ]


def _width(scene: Scene) -> int:
    wide = scene.width >= _WIDE + _MARGIN
    return _WIDE if wide else min(scene.width - _MARGIN, _NARROW)


def _legend(width: int, glyphs: Glyphs) -> Iterator[Line]:
    line = Line(width).add(" ")
    for mark, meaning in LEGEND:
        line.add(glyphs.marks[mark], STYLE_OF_MARK[mark]).add(f" {meaning}  ")
    if len(_BLANK) > line.room:
        yield line
        line = Line(width).add(" ")
    yield line.add(_BLANK)


def _keys(scene: Scene, width: int) -> Iterator[Line]:
    shown = [(b.shown, b.help) for b in bindings(replay=scene.replay) if b.shown]
    if width < _WIDE:
        for key, text in shown:
            yield Line(width).add(f" {key:<{_KEYS}} ", Style.BOLD).add(text)
        return
    half = -(-len(shown) // 2)
    for left, right in zip(shown[:half], [*shown[half:], ("", "")], strict=False):
        line = Line(width).add(f" {left[0]:<{_KEYS}} ", Style.BOLD).add(f"{left[1]:<{_TEXT}}")
        yield line.add(f"{right[0]:<{_KEYS}} ", Style.BOLD).add(right[1])


def _sentences(sentences: Iterable[str], width: int, style: Style) -> Iterator[Line]:
    for sentence in sentences:
        wrapped = textwrap.wrap(sentence, width - 2, initial_indent=" ! ", subsequent_indent="   ")
        yield from (Line(width).add(line, style) for line in wrapped)


def _end(scene: Scene, below: int) -> Line:
    line = Line(_width(scene))
    if below > 0:
        many = f"{below} more line{'s' * (below > 1)}"
        return line.add(f" ↓ PgDn: {many}, any other key: close", Style.DIM)
    return line.add(" any other key: close", Style.DIM)
