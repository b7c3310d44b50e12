"""Styles by their meaning, and the sequences (ECMA-48 SGR) that a terminal shows them with."""

from enum import IntEnum

from connmon_shared.timelines.timeline import Mark

_NORMAL = "\x1b[m"
THEMES = ("default", "colour-blind", "light", "mono")


class Style(IntEnum):
    """What a cell means; the number is its index in the palette."""

    NORMAL = 0
    EMPTY = 1
    NEW = 2
    ACTIVE = 3
    LISTEN = 4
    CLOSED = 5
    BOLD = 6
    HEADING = 7
    DIM = 8
    TITLE = 9
    SELECTED = 10


#: What is the same with every theme.
_COMMON = {
    Style.BOLD: "1",
    Style.HEADING: "7",
    Style.TITLE: "1;37;44",
    Style.SELECTED: "7",
}
_COLORED = (Style.NEW, Style.ACTIVE, Style.LISTEN, Style.CLOSED, Style.EMPTY, Style.DIM)
#: What these look like, by theme and from how many colours on. With eight there are no bright
#: ones: on TERM=linux those are no valid sequences.
_COLORS = {
    "default": {
        256: ("1;38;5;40", "38;5;33", "38;5;220", "1;38;5;196", "38;5;240", "38;5;245"),
        16: ("1;92", "94", "93", "1;91", "90", "37"),
        8: ("1;32", "34", "33", "1;31", "2", "2"),
    },
    "colour-blind": {
        256: ("1;38;5;86", "38;5;33", "38;5;227", "1;38;5;202", "38;5;240", "38;5;245"),
        16: ("1;96", "94", "93", "31", "90", "37"),
        8: ("1;36", "34", "1;33", "31", "2", "2"),
    },
    "light": {
        256: ("1;38;5;28", "38;5;25", "38;5;94", "1;38;5;160", "38;5;245", "38;5;240"),
        16: ("1;32", "34", "35", "1;31", "37", "90"),
        8: ("1;32", "34", "35", "1;31", "2", "2"),
    },
}
_NONE = {
    Style.NEW: "1",
    Style.CLOSED: "1",
    Style.BOLD: "1",
    Style.HEADING: "7",
    Style.TITLE: "7",
    Style.SELECTED: "7",
}

STYLE_OF_MARK = {
    Mark.BLANK: Style.NORMAL,
    Mark.EMPTY: Style.EMPTY,
    Mark.LISTEN: Style.LISTEN,
    Mark.ACTIVE: Style.ACTIVE,
    Mark.CLOSED: Style.CLOSED,
    Mark.NEW: Style.NEW,
}
_MARK_STYLES = bytes(STYLE_OF_MARK[mark] for mark in Mark) + bytes(256 - len(Mark))
STYLE_OF_STATE = {
    "NEW": Style.NEW,
    "ACTIVE": Style.ACTIVE,
    "LISTEN": Style.LISTEN,
    "FAILED": Style.CLOSED,
    "CLOSED": Style.EMPTY,
}


def palette(colors: int, theme: str = THEMES[0]) -> list[str]:
    """Return the sequence for each Style on a terminal with that many colours (0: none)."""
    shades = _COLORS.get(theme, {})
    found = next((shades[least] for least in shades if colors >= least), None)
    table = _NONE if found is None else _COMMON | dict(zip(_COLORED, found, strict=True))
    return [f"\x1b[0;{table[style]}m" if style in table else _NORMAL for style in Style]


def styles_of(marks: bytes | bytearray) -> bytes:
    """Return the style of each mark."""
    return bytes(marks).translate(_MARK_STYLES)
