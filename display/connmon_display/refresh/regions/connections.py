"""The connections of the selected row: their columns, and what stands on a second line."""

from collections.abc import Callable
from typing import NamedTuple

from connmon_display.refresh.layout.cells import in_cells
from connmon_display.refresh.layout.fitting import fit
from connmon_display.refresh.regions.line import Line
from connmon_display.words.connections import ConnectionWords
from connmon_display.words.glyphs import Glyphs
from connmon_display.words.theme import Style

_WIDE, _MIDDLE = 100, 78  # cells, from which all stands on one line, and at least the bytes
_ADDRESS = 16  # cells; where several addresses are told apart
_PROCESS = 15  # cells at most: a comm has no more characters
_GAP = "  "
_MIN_COMMAND = 12


class Column(NamedTuple):
    """One column."""

    title: str
    width: int
    read: Callable[[ConnectionWords], str]
    right: bool = False


def _ends(words: ConnectionWords) -> str:
    return f"{words.protocol:<3} {words.local:>5}{words.arrow or ' '}{words.remote:<5}"


_FIXED = (
    Column("PID", 7, lambda words: words.pid, right=True),
    Column("USER", 8, lambda words: words.user),
    Column("   LOCAL REMOTE", 15, _ends),
    Column("STATE", 10, lambda words: words.state),
    Column("AGE", 7, lambda words: words.age, right=True),
)
_BYTES = (
    Column("SENT", 6, lambda words: words.sent, right=True),
    Column("RECVD", 6, lambda words: words.received, right=True),
)
_TRAFFIC = (
    *_BYTES,
    Column("RATE", 11, lambda words: f"{words.out:<5} {words.back}"),
    Column("RTT", 7, lambda words: words.rtt, right=True),
)


def lines_each(width: int, *, telling: bool, several: bool) -> int:
    """Return how many lines a connection takes.

    Args:
        width: of the screen.
        telling: whether there is anything for a second line.
        several: whether there are several addresses: theirs stand there, too.
    """
    return 2 if (telling or several) and width < _WIDE else 1


def heading(width: int, *, several: bool) -> Line:
    """Return the titles of the columns."""
    line = Line(width).add(" ")
    for column in _columns(width, several=several):
        title = column.title.rjust(column.width) if column.right else column.title
        line.add(fit(title, column.width, ""), Style.HEADING).add(" ", Style.HEADING)
    return line


def first_line(words: ConnectionWords, width: int, glyphs: Glyphs, *, several: bool) -> Line:
    """Return what everybody wants to know, and where there is room all else."""
    style = Style.NORMAL if words.is_open else Style.EMPTY
    line = Line(width).add(" ")
    for column in _columns(width, several=several):
        text = column.read(words)
        text = text.rjust(column.width) if column.right else text
        line.add(fit(text, column.width, glyphs.ellipsis), style).add(" ")
    return line


def second_line(words: ConnectionWords, width: int, glyphs: Glyphs, *, several: bool) -> Line:
    """Return what has no room on the first line of a narrow screen; the command is cut if need be.

    All else is whole or absent.
    """
    told = (
        ("", words.address if several else ""),
        ("sent ", words.sent if width < _MIDDLE else ""),
        ("received ", words.received if width < _MIDDLE else ""),
        ("rate " * (words.out == "0"), f"{words.out} {words.back}".strip()),
        ("rtt ", words.rtt),
        ("retransmits ", words.retransmits),
        ("", words.where),
    )
    line = Line(width).add(" ")
    for text in (f"{_GAP}{name}{value}" for name, value in told if value):
        if len(in_cells(text)) <= line.room:
            line.add(text, Style.DIM)
    return line.add(fit(_GAP + words.command, line.room, glyphs.ellipsis), Style.DIM)


def _columns(width: int, *, several: bool) -> list[Column]:
    """Return the columns for a screen of `width` cells, the process as wide as there is room."""
    columns = [*_FIXED, *(_TRAFFIC if width >= _WIDE else _BYTES if width >= _MIDDLE else ())]
    if several and width >= _WIDE:
        columns.insert(2, Column("REMOTE IP", _ADDRESS, lambda words: words.address))
    room = width - 1 - sum(column.width + 1 for column in columns)
    process = Column("PROCESS", min(room, _PROCESS), lambda words: words.process)
    left = room - process.width - 1
    told = [Column("COMMAND", left, _command)] if left >= _MIN_COMMAND else []
    return [process, *columns, *told]


def _command(words: ConnectionWords) -> str:
    return _GAP.join(filter(None, (words.where, words.command)))
