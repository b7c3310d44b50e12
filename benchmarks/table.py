"""The table of bars: what was asked for, what was measured, and whether that is enough. Pure."""

import math
from collections.abc import Iterable
from typing import NamedTuple

_HEADING = ("what", "bar", "measured", "", "beside the peer")


class Line(NamedTuple):
    """One line of the table."""

    what: str
    bar: str
    measured: str
    good: bool | None  # None: only for information
    peer: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """Return what is printed."""
        good = {True: "ok", False: "NOT", None: ""}[self.good]
        return self.what, self.bar, self.measured, good, self.peer


def at_most(what: str, bar: float, measured: float, unit: str, peer: str = "") -> Line:
    """Return the line of a cost that must not exceed its bar."""
    return Line(what, f"≤ {bar:g} {unit}", f"{measured:.3g} {unit}", measured <= bar, peer)


def share(part: int, whole: int) -> str:
    """Return a percentage that is never rounded up: 100.00 % means all."""
    return f"{math.floor(part * 10_000 / whole) / 100 if whole else 0:.2f} %"


def laid_out(lines: Iterable[Line]) -> str:
    """Return the table as text, in Markdown."""
    return aligned([_HEADING, *(line.cells for line in lines)])


def aligned(rows: list[tuple[str, ...]]) -> str:
    """Return `rows` as a table in Markdown; the first is its heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    heading, *others = rows
    ruled = [heading, tuple("-" * width for width in widths), *others]
    return "\n".join(_row(row, widths) for row in ruled)


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
