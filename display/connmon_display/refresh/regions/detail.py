"""What is known of the selected row, below the table."""

from connmon_display.refresh.columns import fit
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.refresh.screen import Frame
from connmon_display.refresh.theme import Style
from connmon_display.words.glyphs import Glyphs


def detail(scene: Scene, glyphs: Glyphs) -> Frame:
    """Return the lines; none when no row is selected."""
    if not scene.about:
        return []
    text = fit(f" {scene.about}", scene.width, glyphs.ellipsis)
    return [Line(scene.width).add(text, Style.BOLD).row()]
