"""The characters a terminal can show: Unicode, or ASCII where that is not safe."""

import codecs
import locale
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from connmon_shared.messages import Direction
from connmon_shared.timelines.timeline import Mark


@dataclass(frozen=True, slots=True, eq=False)  # each set is there once
class Glyphs:
    """One set of characters, each one cell wide.

    Attributes:
        marks: the character of each Mark.
        levels: nothing, what stands for eight heights of a bar, from the lowest on, and not known.
        arrows: what stands for each Direction in a line of text.
    """

    marks: str
    ellipsis: str
    arrows: tuple[str, str, str]
    rule: str
    tick: str
    cursor: str
    levels: str
    only_ascii: bool = False

    def draw(self, marks: bytes | bytearray) -> str:
        """Return the characters of `marks`."""
        # Ten times as fast as `str.translate`: a day of seconds takes 0.1 ms.
        return codecs.charmap_decode(marks, "strict", self.marks)[0]


ARROWS: Mapping[int, str] = {Direction.OUT: "→", Direction.IN: "←"}  # who began
_BY_DIRECTION = ("-", ARROWS[Direction.OUT], ARROWS[Direction.IN])
_ASCII_LEVELS = ".:-=+*#%@ "
UNICODE = Glyphs(" ·○■×▲", "…", _BY_DIRECTION, "─", "┬", "▸", "·▁▂▃▄▅▆▇█ ")
#: The Linux console's font has no ○, and few heights of bars.
LINUX_CONSOLE = Glyphs(" ·o■×▲", "…", _BY_DIRECTION, "─", "┬", ">", _ASCII_LEVELS)
ASCII = Glyphs(" .o#x^", "~", ("-", "->", "<-"), "-", "+", ">", _ASCII_LEVELS, only_ascii=True)
_SUBSTITUTES = str.maketrans("…←→↑↓×≥–“”\0", '~<>^vx>-""?')

LEGEND = (
    (Mark.NEW, "opened"),
    (Mark.ACTIVE, "open"),
    (Mark.CLOSED, "closed"),
    (Mark.LISTEN, "listening"),
    (Mark.EMPTY, "nothing"),
)
NOT_OBSERVED = "not observed"  # what a blank means


def in_ascii(text: str) -> str:
    """Return `text` with an ASCII character for each of its characters."""
    return text.translate(_SUBSTITUTES).encode("ascii", "replace").decode("ascii")


def output_encoding() -> str:
    """Return the encoding that whoever reads our output expects.

    In the C locale Python itself writes UTF-8 all the same (PEP 540).
    """
    return locale.getencoding() if sys.flags.utf8_mode else sys.stdout.encoding or "ascii"


def is_utf8(encoding: str) -> bool:
    """Return whether `encoding` is a name of UTF-8."""
    return encoding.lower().replace("-", "") == "utf8"


def glyphs_for(encoding: str, term: str, *, ascii_only: bool) -> Glyphs:
    """Return the set for an output `encoding` and a terminal type."""
    if ascii_only or not is_utf8(encoding):
        return ASCII
    return LINUX_CONSOLE if term.startswith("linux") else UNICODE
