"""Standard output as a good citizen of a pipeline."""

import os
import sys
from collections.abc import Iterable

from connmon_display.words.glyphs import is_utf8, output_encoding
from connmon_shared.stage.exits import Exit


class OutputClosedError(Exception):
    """Nobody reads our output any more, or it cannot be written.

    Attributes:
        code: the exit code for it: 0 when the reader has left, 74 when writing fails.
    """

    def __init__(self, text: str, code: Exit) -> None:
        super().__init__(text)
        self.code = code


class Output:
    """Writes lines, those of one batch at once.

    Attributes:
        encoding: of the lines.

    Args:
        encoding: None for what the terminal or the locale wants.
    """

    def __init__(self, encoding: str | None = None) -> None:
        self._out = sys.stdout
        self.encoding = encoding or output_encoding()
        self._out.reconfigure(  # type: ignore[union-attr] # a text file, as Python opens it
            line_buffering=False,
            encoding=self.encoding,
            errors="strict" if is_utf8(self.encoding) else "backslashreplace",
            newline="\n",
        )

    @property
    def descriptor(self) -> int:
        """The descriptor, to watch for a reader that leaves."""
        return self._out.fileno()

    def write(self, lines: Iterable[str]) -> None:
        """Write `lines`, and have them on their way when this returns.

        Raises:
            OutputClosedError: they cannot be written.
        """
        try:
            for line in lines:
                self._out.write(f"{line}\n")
            self._out.flush()
        except BrokenPipeError:
            raise self.closed() from None
        except OSError as error:
            self._discard()
            text = f"cannot write output: {error.strerror}"
            raise OutputClosedError(text, Exit.WRITE_ERROR) from error

    def closed(self) -> OutputClosedError:
        """Return the error for a reader that has left: the normal end of a pipeline."""
        self._discard()
        return OutputClosedError("", Exit.OK)

    def _discard(self) -> None:
        """Point the output to nowhere, or Python complains when it flushes at the end."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.descriptor)
        os.close(nowhere)
