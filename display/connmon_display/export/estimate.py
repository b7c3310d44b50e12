"""About how large a file will be, told by a few of its rows: to draw all of them takes too long."""

from collections.abc import Callable, Generator

from connmon_display.export.material import Material
from connmon_display.export.row import Row

_SAMPLE = 40  # rows: they take some milliseconds


def sample(material: Material) -> list[Row]:
    """Return some rows, evenly from all of them."""
    return material.rows[:: len(material.rows) // _SAMPLE + 1]


def rows_size(material: Material, drawn: Callable[[Row], str]) -> Generator[None, None, int]:
    """Find out about how many bytes all rows take as they are `drawn`, with their line ends."""
    some, written = sample(material), 0
    for row in some:
        yield  # one that has changed a thousand times takes a millisecond
        written += len(f"{drawn(row)}\n".encode())
    return written * len(material.rows) // max(len(some), 1)
