"""What the terminal shows now, and the fewest bytes that make it show something else.

A frame is a list of lines; a line is its text, exactly one cell for each character, and as many
style numbers. Frames are compared cell by cell and written in one piece, inside a synchronised
update; the screen is never cleared. A terminal that does not read is not waited for: while
bytes are pending nothing new is composed, and the next difference covers what was skipped.
"""

import os
from collections.abc import Iterator
from itertools import compress
from typing import NamedTuple

from connmon_display.refresh.cells import LEAD, written
from connmon_display.stretches import stretches

GAP = 4  # bytes; to write so much that is there already is no longer than to move the cursor
SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"  # ignored where it is not known
#: To the next line, of which the last one has none, and so many cells back; the usual one first.
#: With four cells it would be no shorter than a move along the line.
_MOVES_DOWN = tuple((back, "\x1bD" + "\b" * back) for back in (1, 0, 2, 3))


class Cells(NamedTuple):
    """The cells of one line of the screen."""

    text: str
    styles: bytes  # one number for each character, an index into the palette


Frame = list[Cells]
_Stretches = dict[tuple[int, int], int]  # line and column where each begins, column where it ends


class Screen:
    """A window of the terminal, written through a non-blocking descriptor."""

    def __init__(self, descriptor: int, palette: list[str]) -> None:
        self._descriptor = descriptor
        self._palette = palette
        self._shown: Frame = []
        self._pending = b""

    @property
    def busy(self) -> bool:
        """Whether the terminal has not taken all of the last frame yet."""
        return bool(self._pending)

    def forget(self) -> None:
        """Draw everything anew next time: the screen was resized, or somebody wrote on it."""
        self._shown = []

    def dress(self, palette: list[str]) -> None:
        """Show every style as `palette` says from the next frame on."""
        self._palette = palette
        self.forget()

    def draw(self, frame: Frame) -> None:
        """Make the terminal show `frame`, unless it is still busy with the last one."""
        self.flush()
        if self._pending:
            return
        body = difference(self._shown, frame, self._palette)
        self._shown = frame
        if body:
            self._pending = f"{SYNC_BEGIN}{body}{SYNC_END}".encode()
            self.flush()

    def tell(self, sequence: str) -> None:
        """Write what changes nothing on the screen, behind what is pending."""
        self._pending += sequence.encode()
        self.flush()

    def flush(self) -> None:
        """Write as much as the terminal takes now."""
        try:
            while self._pending:
                self._pending = self._pending[os.write(self._descriptor, self._pending) :]
        except BlockingIOError:
            return  # the poller says when it takes more
        except OSError:  # it has hung up, which a signal or the keyboard tells as well
            self._pending = b""


def difference(shown: Frame, frame: Frame, palette: list[str]) -> str:
    """Return the control sequences that turn `shown` into `frame`.

    A frame of another size than the one shown is written whole, every cell of it. Else the cells
    that change are written one style after the other: each step of a timeline changes single cells
    of several styles, and most of the bytes would be changes of style.
    """
    if [len(line.text) for line in shown] != [len(line.text) for line in frame]:
        return "".join(_whole(frame, palette))
    pens: dict[int, _Stretches] = {}  # by style
    for y, (old, new) in enumerate(zip(shown, frame, strict=True)):
        if old != new:
            for start, end in _stretches(old, new):
                pens.setdefault(new.styles[start], {})[y, start] = end
    plain = pens.pop(0, {})  # at the end, when the terminal is as it was
    styled = [palette[style] + "".join(_written(frame, pens[style])) for style in sorted(pens)]
    return "".join([*styled, palette[0] if styled else "", *_written(frame, plain)])


def _whole(frame: Frame, palette: list[str]) -> Iterator[str]:
    """Yield what writes every cell, line by line."""
    style = -1
    for y, line in enumerate(frame, start=1):
        yield f"\x1b[{y};1H"
        for new, start, end in stretches(line.styles):
            if new != style:
                style = new
                yield palette[style]
            yield written(line.text[start:end], start)
    yield palette[0]


def _written(frame: Frame, left: _Stretches) -> Iterator[str]:
    """Yield what writes the stretches in `left`, and take them from there.

    What happened at once stands below each other: after a stretch comes the one on the next line
    that the cursor reaches in the fewest bytes, if there is one, and else the next on the line.
    """
    line = column = -1
    for y, x in [*left]:
        end: int | None = left.pop((y, x), None)
        if end is None:  # it was below another
            continue
        yield f"\x1b[{x - column}C" if y == line and x > column else f"\x1b[{y + 1};{x + 1}H"
        line, column = y, x
        while end is not None:
            text = frame[line].text
            yield written(text[column:end], column)
            column = end
            if end == len(text):  # there the cursor is not behind what was written
                break
            for back, move in _MOVES_DOWN:
                end = left.pop((line + 1, column - back), None)
                if end is not None:
                    yield move
                    line, column = line + 1, column - back
                    break


def _stretches(old: Cells, new: Cells) -> Iterator[tuple[int, int]]:
    """Yield the stretches of one style to write, near ones joined if between them is no other."""
    styles = new.styles
    start, end = 0, -1
    for x in _changed(old, new):
        if end < 0:
            start = x
        elif styles[x] != styles[start] or (x != end and not _joined(new, start, end, x)):
            yield start, end
            start = x
        end = x + 1
    if end >= 0:
        yield start, end


def _joined(line: Cells, start: int, end: int, x: int) -> bool:
    """Return whether it is shorter to go on writing from `end` to `x`, in the style of `start`."""
    if x - end > GAP or len(line.text[end:x].encode()) > GAP:
        return False
    return line.styles.count(line.styles[start], end, x) == x - end


def _changed(old: Cells, new: Cells) -> list[int]:
    """Return the cells that differ, in order; all are compared at once, as two long numbers."""
    width = len(new.text)
    texts = _number(old.text.encode("utf-32-le")) ^ _number(new.text.encode("utf-32-le"))
    texts |= texts >> 8
    texts |= texts >> 16  # now the lowest of the four bytes of a cell tells of all
    differ = _number(texts.to_bytes(4 * width, "little")[::4])
    differ |= _number(old.styles) ^ _number(new.styles)
    changed = [*compress(range(width), differ.to_bytes(width, "little"))]
    return (
        _whole_letters(changed, old.text, new.text)
        if LEAD in old.text or LEAD in new.text
        else changed
    )


def _whole_letters(changed: list[int], *texts: str) -> list[int]:
    """Return the cells that differ, with the other halves of letters that are two cells wide."""
    halves = {x + 1 for x in changed for text in texts if text[x] == LEAD}
    halves |= {x - 1 for x in changed for text in texts if x and text[x - 1] == LEAD}
    return sorted(halves.union(changed))


def _number(cells: bytes) -> int:
    return int.from_bytes(cells, "little")
