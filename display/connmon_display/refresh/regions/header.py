"""The first line: clock, mode, filter, counts."""

from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.refresh.screen import Row
from connmon_display.refresh.theme import Style


def header(scene: Scene) -> Row:
    """Return the line; its items are whole or absent."""
    line = Line(scene.width).add(" connmon ", Style.TITLE).add(f" {scene.clock} ", Style.BOLD)
    line.add(scene.mode, scene.mode_style)
    if scene.typed and not scene.editing:  # what a user may forget comes first
        line.add(f"  filter:{scene.typed}", Style.LISTEN)
    if scene.alerts:
        line.add(f"  {scene.alerts} ALERT{'S' * (scene.alerts > 1)}", Style.CLOSED)
    for item in scene.counts:
        if len(item) + 2 <= line.room:
            line.add(f"  {item}")
    return line.row()
