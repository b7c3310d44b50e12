"""What the terminal shows now, and the fewest bytes that make it show something else.

A frame is a list of lines; a line is its text, exactly one cell for each character, and as many
style numbers. Frames are compared cell by cell and written in one piece, inside a synchronised
update; the screen is never cleared. A terminal that does not read is not waited for: while
bytes are pending nothing new is composed, and the next difference covers what was skipped.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator

from connmon_display.refresh.layout.cells import LEAD, Cells, Frame, written
from connmon_display.stretches import stretches

GAP = 4  # bytes; to write so much that is there already is no longer than to move the cursor
SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"  # ignored where it is not known
#: To the next line, of which the last one has none, and so many cells back; the usual one first.
#: With four cells it would be no shorter than a move along the line.
#: Terminals take VT for a LF, and unlike that a tty leaves it as it is (DEC STD 070, POSIX ONLCR).
_MOVES_DOWN = tuple((back, "\v" + "\b" * back) for back in (1, 0, 2, 3))


_Stretches = dict[int, int]  # cells of a sheet: where each begins, and where it ends

#: Between two lines of a sheet, in no style of a palette: it never changes, and nothing joins it.
#: No move down goes back by more cells, so it never ends on the line where it began.
_EDGE, _NO_STYLES = "\n" * 3, b"\xff" * 3
_CHANGED = re.compile(rb"[^\0]+")


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

    def begin(self, sequence: str) -> None:
        """Write `sequence`, and after it all anew; the rest of the last frame does not count."""
        self._pending = sequence.encode()
        self.forget()
        self.flush()

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
    lines = range(1, len(frame) + 1)
    until = max((y for y in lines if shown[y - 1] != frame[y - 1]), default=0)
    sheet = _sheet(frame[:until])
    pens = _stretches(sheet.text, sheet.styles, _changed(_sheet(shown[:until]), sheet))
    plain = pens.pop(0, {})  # at the end, when the terminal is as it was
    stride = len(frame[0].text) + len(_EDGE)
    styled = [
        palette[style] + "".join(_written(sheet.text, stride, pens[style]))
        for style in sorted(pens)
    ]
    return "".join([*styled, palette[0] if styled else "", *_written(sheet.text, stride, plain)])


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


def _sheet(frame: Frame) -> Cells:
    """Return the lines of a frame as one."""
    text = _EDGE.join([line.text for line in frame])
    return Cells(text, _NO_STYLES.join([line.styles for line in frame]))


def _changed(old: Cells, new: Cells) -> bytes:
    """Return 0 for each cell that is the same in both, and else another number.

    All cells are compared at once, as two long numbers.
    """
    size = len(new.text)
    unit, texts = 2, [cells.text.encode("utf-16-le") for cells in (old, new)]
    if sum(map(len, texts)) > 2 * unit * size:  # there are characters that need more
        unit, texts = 4, [cells.text.encode("utf-32-le") for cells in (old, new)]
    differ = _number(texts[0]) ^ _number(texts[1])
    for bits in (8, 16)[: unit // 2]:
        differ |= differ >> bits
    changed = _number(differ.to_bytes(unit * size, "little")[::unit])  # the lowest tells of all
    changed |= _number(old.styles) ^ _number(new.styles)
    return _whole_letters(changed.to_bytes(size, "little"), old.text, new.text)


def _whole_letters(changed: bytes, *texts: str) -> bytes:
    """Return `changed` with the other halves of letters that are two cells wide."""
    if not any(LEAD in text for text in texts):
        return changed
    cells = bytearray(changed)
    for text in texts:
        for lead in re.finditer(LEAD, text):
            letter = slice(lead.start(), lead.start() + 2)
            cells[letter] = max(cells[letter]).to_bytes() * 2
    return bytes(cells)


def _stretches(text: str, styles: bytes, changed: bytes) -> dict[int, _Stretches]:
    """Return by style what is to be written, near ones joined if between them is no other."""
    pens: defaultdict[int, _Stretches] = defaultdict(dict)
    pen = first = end = -1
    for found in _CHANGED.finditer(changed):
        start, stop = found.span()
        while start < stop:  # a thousand times for a frame
            style = styles[start]
            if style != pen or start - end > GAP or not _joined(text, styles, end, start):
                pen, first = style, start
            end = start + 1
            while end < stop and styles[end] == pen:
                end += 1
            pens[pen][first] = start = end
    return pens


def _joined(text: str, styles: bytes, end: int, start: int) -> bool:
    """Return whether it is shorter to go on writing from `end` than to move to `start`."""
    alike = styles.count(styles[start], end, start) == start - end
    return alike and len(text[end:start].encode()) <= GAP


def _written(text: str, stride: int, left: _Stretches) -> list[str]:
    """Return what writes the stretches in `left`, and take them from there.

    What happened at once stands below each other: after a stretch comes the one on the next line
    that the cursor reaches in the fewest bytes, if there is one, and else the next on the line.

    Args:
        text: of the sheet.
        stride: cells from one line of it to the next.
        left: the stretches.
    """
    out: list[str] = []
    add, take = out.append, left.pop  # a thousand times for a frame
    wide, width = LEAD in text, stride - len(_EDGE)
    line = cursor = -1
    for first in [*left]:
        start, end = first, take(first, None)
        if end is None:  # it was below another
            continue
        y, x = divmod(start, stride)
        along = y == line and start > cursor
        add(f"\x1b[{start - cursor}C" if along else f"\x1b[{y + 1};{x + 1}H")
        line = y
        while end is not None:
            cells = text[start:end]
            add(written(cells, start % stride) if wide else cells)
            cursor, end = end, None
            if cursor % stride == width:  # there it is not behind what was written
                break
            for back, move in _MOVES_DOWN:
                start = cursor + stride - back
                end = take(start, None)
                if end is not None:
                    add(move)
                    line += 1
                    break
    return out


def _number(cells: bytes) -> int:
    return int.from_bytes(cells, "little")
