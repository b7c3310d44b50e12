"""A scene in, a frame out. Pure: each region of the screen draws itself."""

from connmon_display.refresh.layout.cells import Cells, Frame
from connmon_display.refresh.layout.columns import label_columns
from connmon_display.refresh.regions.detail import detail
from connmon_display.refresh.regions.footer import footer
from connmon_display.refresh.regions.header import header
from connmon_display.refresh.regions.help import overlaid
from connmon_display.refresh.regions.rows import table
from connmon_display.refresh.regions.ruler import headings, times
from connmon_display.refresh.regions.small import too_small
from connmon_display.refresh.scene import Scene
from connmon_display.words.glyphs import Glyphs, in_ascii


def compose(scene: Scene, glyphs: Glyphs) -> Frame:
    """Return the frame that shows `scene`: `height` lines of `width` cells."""
    frame = _frame(scene, glyphs)
    if not glyphs.only_ascii:
        return frame
    return [Cells(in_ascii(line.text), line.styles) for line in frame]


def _frame(scene: Scene, glyphs: Glyphs) -> Frame:
    if scene.too_small:
        return too_small(scene)
    columns = label_columns(scene.parts, scene.features, glyphs, scene.by, scene.needs)
    frame = [
        header(scene, glyphs),
        times(scene),
        headings(scene, columns, glyphs),
        *table(scene, columns),
        *detail(scene, glyphs),
    ]
    foot = footer(scene, glyphs)
    frame = [*frame[: scene.height - len(foot)], *foot]
    return overlaid(frame, scene, glyphs) if scene.help else frame
