"""Text as cells: what a terminal needs for it, a character for each. Pure.

A letter that is two cells wide has `LEAD` in the first and itself in the second, and so has one
of which terminals do not agree whether it is. Marks above and below letters that no single
character has are left out: terminals do not agree on their widths either.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

LEAD = "\0"  # no text has it: it is cleaned
_WIDE = {"W", "F"}  # East Asian Width (Unicode, UAX #11)
_PAIR = re.compile(f"{LEAD}(.)")
#: Vowels and finals of Hangul, also of the old one, and a filler: part of the letter before them.
_JOINED = frozenset((*range(0x1160, 0x1200), *range(0xD7B0, 0xD7FC), 0xFFA0))
#: One cell or two, by the version of Unicode that a terminal knows, or its font.
_DOUBTFUL = frozenset(
    (
        *range(0x2630, 0x2638),  # trigrams
        *range(0x268A, 0x2690),  # monograms and digrams
        *range(0x3248, 0x3250),  # numbers in black squares
        *range(0x4DC0, 0x4E00),  # hexagrams
        *range(0x1D300, 0x1D357),  # tetragrams
        *range(0x1D360, 0x1D377),  # counting rods
        *range(0x1F1E6, 0x1F200),  # two of them are a flag
    )
)
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
    if unicodedata.category(char)[0] == "M" or ord(char) in _JOINED:
        return ""
    wide = unicodedata.east_asian_width(char) in _WIDE or ord(char) in _DOUBTFUL
    return LEAD + char if wide else char


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
