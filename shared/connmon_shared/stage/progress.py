"""How far long work is, for who waits at a terminal: one line of standard error, drawn over."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import Self, TextIO

from connmon_shared.stage.clock import Monotonic, boottime
from connmon_shared.text import clean

_PAUSE = 0.1  # seconds between two drawings
_SURE = 2.0  # seconds of work, from which on it is guessed how long the rest takes
_COLUMNS = 80  # of a terminal that does not say


class Progress:
    """Shows on a terminal how far a piece of work is; elsewhere, and afterwards, nothing.

    Entered, it can be called at every step, however small: it draws at most ten times a second.

    Args:
        what: the work, in a few words.
        words: how an amount is said, in what `done` and `total` count; None: it is not said.
        stream: what people read if it is a terminal; None: standard error.
        now: a monotonic clock.
    """

    def __init__(
        self,
        what: str,
        words: Callable[[float], str] | None = None,
        *,
        stream: TextIO | None = None,
        now: Monotonic = boottime,
    ) -> None:
        self._what = clean(what)
        self._words = words
        self._stream = stream or sys.stderr
        self._now = now
        self._shown = self._stream is not None and self._stream.isatty()
        self._began = now()
        self._due = self._began
        self._drawn = 0  # characters on the line

    def __enter__(self) -> Self:
        return self

    def __call__(self, done: float, total: float = 0) -> None:
        """Show that `done` of `total` is done; 0: nobody knows of how much."""
        now = self._now()
        if self._shown and (now >= self._due or done >= total > 0):
            self._due = now + _PAUSE
            self._draw("  ".join((self._what, *self._figures(done, total, now - self._began))))

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._draw("")
            self._write("\r")

    def _figures(self, done: float, total: float, spent: float) -> list[str]:
        """Return what is known of the amounts, and of the time that the rest will take."""
        if total <= 0:
            return [self._words(done)] if self._words is not None else []
        of = f" of {self._words(total)}" if self._words is not None else ""
        share = min(done / total, 1.0)
        left = [f"{spent / share - spent:.0f} s left"] if spent >= _SURE and 0 < share < 1 else []
        return [f"{share:.0%}{of}", *left]

    def _draw(self, line: str) -> None:
        """Put `line` over the one from before, and as short as the terminal has it."""
        line = line[: self._columns() - 1]
        self._write(f"\r{line.ljust(self._drawn)}")
        self._drawn = len(line)

    def _columns(self) -> int:
        with contextlib.suppress(OSError):
            return os.get_terminal_size(self._stream.fileno()).columns or _COLUMNS
        return _COLUMNS

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone, the work goes on
            self._shown, self._drawn = False, 0
