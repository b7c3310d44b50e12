"""The first line: clock, mode, filter, counts."""

from connmon_display.refresh.layout.cells import Cells, in_cells
from connmon_display.refresh.layout.fitting import fit
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.theme import Style


def header(scene: Scene, glyphs: Glyphs) -> Cells:
    """Return the line; its items are whole or absent."""
    line = Line(scene.width).add(" connmon ", Style.TITLE).add(f" {scene.clock} ", Style.BOLD)
    mode = in_cells(scene.mode)
    line.add(fit(mode, min(len(mode), line.room), glyphs.ellipsis), scene.mode_style)
    if scene.typed and not scene.editing:  # what a user may forget comes first
        wrong = Style.CLOSED if scene.mistake else Style.LISTEN
        words = in_cells(f"  filter:{scene.typed}")
        line.add(fit(words, min(len(words), line.room), glyphs.ellipsis), wrong)
    marks = (
        (_counted(scene.alerts, "ALERT"), Style.CLOSED),
        (f"{scene.lost:,} LOST" if scene.lost else "", Style.CLOSED),
        (_counted(scene.faults, "PROBLEM"), Style.LISTEN),
    )
    for mark, style in marks:
        if mark and len(mark) + 2 <= line.room:
            line.add(f"  {mark}", style)
    for item in scene.counts:
        if len(item) + 2 <= line.room:
            line.add(f"  {item}")
    return line.cells()


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'S' * (count > 1)}" if count > 0 else ""
