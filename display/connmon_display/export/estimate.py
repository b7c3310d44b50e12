"""About how large a file will be, told by a few of its rows: to draw all of them takes too long."""

from collections.abc import Callable

from connmon_display.export.line import Line
from connmon_display.export.material import Material

_SAMPLE = 40  # rows: they take some milliseconds


def sample(material: Material) -> list[Line]:
    """Return some rows, evenly from all of them."""
    return material.lines[:: len(material.lines) // _SAMPLE + 1]


def rows_size(material: Material, drawn: Callable[[Line], str]) -> int:
    """Return about how many bytes all rows take as they are `drawn`, with their line ends."""
    some = sample(material)
    written = sum(len(f"{drawn(line)}\n".encode()) for line in some)
    return written * len(material.lines) // max(len(some), 1)
