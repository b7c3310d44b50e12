"""What stands on a terminal that is too small for anything else."""

from connmon_display.refresh.layout.cells import Frame
from connmon_display.refresh.layout.layout import MIN_HEIGHT, MIN_WIDTH
from connmon_display.refresh.regions.line import Line
from connmon_display.refresh.scene import Scene
from connmon_display.words.theme import Style


def too_small(scene: Scene) -> Frame:
    """Return a whole frame: the size there is, the size that is needed, and the note."""
    said = [
        f"terminal too small: {scene.width}×{scene.height}",
        f"needs {MIN_WIDTH}×{MIN_HEIGHT}; q quits",
        scene.note,
    ]
    lines = [*said, *[""] * scene.height][: scene.height]
    return [Line(scene.width).add(line, Style.BOLD).cells() for line in lines]
