"""What the terminal shows now, and the fewest bytes that make it show something else.

A frame is a list of rows; a row is its text, exactly one cell for each character, and as many
style numbers. Frames are compared cell by cell and written in one piece, inside a synchronised
update; the screen is never cleared. A terminal that does not read is not waited for: while
bytes are pending nothing new is composed, and the next difference covers what was skipped.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

GAP = 6  # cells; rewriting that many unchanged ones is shorter than moving the cursor
SYNC_BEGIN, SYNC_END = "\x1b[?2026h", "\x1b[?2026l"  # ignored where it is not known
_RUN = re.compile(rb"(.)\1*", re.DOTALL)  # a stretch of one style


class Row(NamedTuple):
    """One line of the screen."""

    text: str
    styles: bytes  # one number for each character, an index into the palette


Frame = list[Row]


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

    A frame of another size than the one shown is written whole, every cell of it.
    """
    whole = [len(row.text) for row in shown] != [len(row.text) for row in frame]
    out: list[str] = [palette[0]] if whole else []
    style = 0
    for y, row in enumerate(frame):
        if not whole and row == shown[y]:
            continue
        spans = [(0, len(row.text))] if whole else _spans(shown[y], row)
        for start, end in spans:
            out.append(f"\x1b[{y + 1};{start + 1}H")
            for run in _RUN.finditer(row.styles, start, end):
                if run[0][0] != style:
                    style = run[0][0]
                    out.append(palette[style])
                out.append(row.text[run.start() : run.end()])
    if style:
        out.append(palette[0])
    return "".join(out)


def _spans(old: Row, new: Row) -> Iterator[tuple[int, int]]:
    """Yield the stretches in which the rows differ, near ones joined."""
    cells = enumerate(zip(old.text, new.text, old.styles, new.styles, strict=True))
    start = end = -1
    for x, (old_char, new_char, old_style, new_style) in cells:
        if old_char == new_char and old_style == new_style:
            continue
        if start >= 0 and x - end > GAP:
            yield start, end
            start = x
        start = x if start < 0 else start
        end = x + 1
    if start >= 0:
        yield start, end
