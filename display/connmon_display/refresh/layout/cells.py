"""Text as cells: what a terminal needs for it, a character for each. Pure.

A letter that is two cells wide has `LEAD` in the first and itself in the second. Marks above and
below letters that no single character has are left out: terminals do not agree on their widths.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

LEAD = "\0"  # no text has it: it is cleaned
_WIDE = {"W", "F"}  # East Asian Width (Unicode, UAX #11)
_PAIR = re.compile(f"{LEAD}(.)")
_VOWELS = range(0x1160, 0x1200)  # Hangul, and finals: part of the letter before them
_KEPT = 1_024  # texts; a screen has a few hundred


class Cells(NamedTuple):
    """The cells of one line of the screen."""

    text: str
    styles: bytes  # one number for each character, an index into the palette


Frame = list[Cells]


def in_cells(text: str) -> str:
    """Return `text`, which may be in cells already, with a character for each cell."""
    return text if text.isascii() and LEAD not in text else _in_cells(text)


@lru_cache(_KEPT)
def _in_cells(text: str) -> str:
    return "".join(map(_cells, text.replace(LEAD, "")))


def _cells(char: str) -> str:
    if unicodedata.category(char)[0] == "M" or ord(char) in _VOWELS:
        return ""
    return LEAD + char if unicodedata.east_asian_width(char) in _WIDE else char


def part(cells: str, start: int, end: int) -> str:
    """Return the cells from `start` to `end`; half a letter is a blank."""
    cut = cells[start:end]
    if start and cut and cells[start - 1] == LEAD:
        cut = f" {cut[1:]}"
    return f"{cut[:-1]} " if cut.endswith(LEAD) else cut


def written(cells: str, column: int) -> str:
    """Return what makes a terminal show `cells` from `column` (0: the first) on.

    However wide a terminal takes a letter to be, what follows stands where it belongs.
    """
    if LEAD not in cells:
        return cells
    return _PAIR.sub(lambda pair: _placed(pair[1], column + pair.start() + 1), cells)


def _placed(char: str, column: int) -> str:
    """Return what writes a wide letter over two blank cells (CHA, ECMA-48 8.3.9)."""
    return f"  \x1b[{column}G{char}\x1b[{column + 2}G"
