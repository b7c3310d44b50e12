"""The help: legend, keys, and what cannot be seen, over the middle of the screen."""

import textwrap

from connmon_display.refresh.keys import bindings
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.refresh.screen import Frame, Row
from connmon_display.refresh.theme import STYLE_OF_MARK, Style
from connmon_display.words.glyphs import LEGEND, Glyphs

_LIMIT_LINES = 4


def overlaid(frame: Frame, scene: Scene, glyphs: Glyphs) -> Frame:
    """Return `frame` with the help in its middle."""
    box = _box(scene, glyphs)[: scene.height - 1]
    width = len(box[0].text)
    left, top = (scene.width - width) // 2, max(0, (scene.height - len(box)) // 2)
    for y, row in enumerate(box, start=top):
        text, styles = frame[y]
        frame[y] = Row(
            text[:left] + row.text + text[left + width :],
            styles[:left] + row.styles + styles[left + width :],
        )
    return frame


def _box(scene: Scene, glyphs: Glyphs) -> list[Row]:
    shown = [(b.shown, b.help) for b in bindings(replay=scene.replay) if b.shown]
    half = -(-len(shown) // 2)
    narrow = scene.width < 2 * 54 or len(shown) + 6 <= scene.height - 2
    width = min(scene.width - 4, 66 if narrow else 112)
    legend = Line(width).add(" ")
    for mark, meaning in LEGEND:
        legend.add(glyphs.marks[mark], STYLE_OF_MARK[mark]).add(f" {meaning}  ")
    lines = [legend.add("blank: unseen")]
    if narrow:
        lines += [Line(width).add(f" {key:<9} ", Style.BOLD).add(text) for key, text in shown]
    else:
        for left, right in zip(shown[:half], [*shown[half:], ("", "")], strict=False):
            line = Line(width).add(f" {left[0]:<9} ", Style.BOLD).add(f"{left[1]:<50}")
            lines.append(line.add(f"{right[0]:<9} ", Style.BOLD).add(right[1]))
    room = max(_LIMIT_LINES, scene.height - 2 - len(lines))
    wrapped = [
        line
        for limit in scene.limits
        for line in textwrap.wrap(limit, width - 2, initial_indent=" ! ", subsequent_indent="   ")
    ]
    lines += [Line(width).add(line, Style.LISTEN) for line in wrapped[:room]]
    return [line.row() for line in lines]
