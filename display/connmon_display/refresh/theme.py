"""Styles by their meaning, and the sequences (ECMA-48 SGR) that a terminal shows them with."""

from enum import IntEnum

from connmon_shared.timelines.timeline import Mark

_NORMAL = "\x1b[m"
_MANY_COLORS = 256
_SOME_COLORS = 8


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


_256 = {
    Style.EMPTY: "38;5;240",
    Style.NEW: "1;38;5;40",
    Style.ACTIVE: "38;5;33",
    Style.LISTEN: "38;5;220",
    Style.CLOSED: "1;38;5;196",
    Style.BOLD: "1",
    Style.HEADING: "7",
    Style.DIM: "38;5;245",
    Style.TITLE: "1;37;44",
    Style.SELECTED: "7",
}
#: Eight colours, no bright ones: on TERM=linux those are no valid sequences.
_8 = _256 | {
    Style.EMPTY: "2",
    Style.NEW: "1;32",
    Style.ACTIVE: "34",
    Style.LISTEN: "33",
    Style.CLOSED: "1;31",
    Style.DIM: "2",
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


def palette(colors: int) -> list[str]:
    """Return the sequence for each Style on a terminal with that many colours (0: none)."""
    tables = ((_MANY_COLORS, _256), (_SOME_COLORS, _8), (0, _NONE))
    table = next(table for least, table in tables if colors >= least)
    return [f"\x1b[0;{table[style]}m" if style in table else _NORMAL for style in Style]


def styles_of(marks: bytes | bytearray) -> bytes:
    """Return the style of each mark."""
    return bytes(marks).translate(_MARK_STYLES)
