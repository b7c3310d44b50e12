"""Standard output as a good citizen of a pipeline: a reader that is slow, or has gone."""

import os
import sys
from collections.abc import Iterable

from connmon_display.private import private_descriptor
from connmon_display.room import has_room
from connmon_display.words.glyphs import is_utf8, output_encoding
from connmon_shared.stage.exits import Exit

_PIECE = 4_096  # bytes that a pipe takes without waiting if it has room at all (PIPE_BUF)


class OutputClosedError(Exception):
    """Nobody reads our output any more, or it cannot be written.

    Attributes:
        code: the exit code for it: 0 when the reader has left, 74 when writing fails.
    """

    def __init__(self, text: str, code: Exit) -> None:
        super().__init__(text)
        self.code = code


class Output:
    """Writes lines, and never waits for who reads them: what has no room is kept.

    Attributes:
        descriptor: to wait for room, or for a reader that leaves.
        encoding: of the lines.
        stuck: whether nothing could be written although there was room.

    Args:
        encoding: None for what the terminal or the locale wants.
    """

    def __init__(self, encoding: str | None = None) -> None:
        self.descriptor = _descriptor()
        self.encoding = encoding or output_encoding()
        self._errors = "strict" if is_utf8(self.encoding) else "backslashreplace"
        self.stuck = False
        self._kept = bytearray()

    @property
    def full(self) -> bool:
        """Whether something is kept for which there was no room."""
        return bool(self._kept)

    def write(self, lines: Iterable[str]) -> None:
        """Write `lines`, as far as there is room for them, at once.

        Raises:
            OutputClosedError: they cannot be written.
        """
        for line in lines:
            self._kept += f"{line}\n".encode(self.encoding, self._errors)
        self.go_on()

    def go_on(self) -> None:
        """Write what is kept, as far as there is room.

        Raises:
            OutputClosedError: it cannot be written.
        """
        try:
            while self._kept and has_room(self.descriptor):
                self.stuck = True
                del self._kept[: os.write(self.descriptor, self._piece())]
                self.stuck = False
        except BlockingIOError:  # a terminal with room for one byte takes no end of a line
            pass
        except BrokenPipeError:
            raise self.closed() from None
        except OSError as error:
            text = f"cannot write output: {error.strerror}"
            raise OutputClosedError(text, Exit.WRITE_ERROR) from error

    def _piece(self) -> bytearray:
        """Return what is written next: whole lines, so that the end of us cuts none off."""
        return self._kept[: self._kept.rfind(b"\n", 0, _PIECE) + 1 or _PIECE]

    def closed(self) -> OutputClosedError:
        """Return the error for a reader that has left: the normal end of a pipeline."""
        return OutputClosedError("", Exit.OK)


if sys.platform == "win32":

    def _descriptor() -> int:
        return sys.stdout.fileno()

else:

    def _descriptor() -> int:
        """Return the one of standard output; of a terminal one that never waits."""
        out = sys.stdout.fileno()
        return private_descriptor(out) if os.isatty(out) else out
