"""What a program tells of its work: one line each, written at once and never waited for.

    2026-11-23T14:30:15.123+01:00 enricher[4242] INFO following the collector on 'web1'

Alone a stage writes to standard error. `connmon` gives each a pipe in its place and puts what
comes into the one log file: so nobody but `connmon` opens, rotates or closes that.
"""

import logging
import os
from datetime import datetime

from connmon_shared.text import clean

MAX_TEXT = 900  # characters: so a line has less than PIPE_BUF bytes (pipe(7)), and is one write
_STDERR = 2


def line(moment: float, who: str, pid: int, level: str, text: str) -> str:
    """Return a line of the log; `moment` is in seconds since 1970."""
    stamp = datetime.fromtimestamp(moment).astimezone().isoformat(timespec="milliseconds")
    return f"{stamp} {who}[{pid}] {level} {clean(text, MAX_TEXT)}"


def begin(program: str, *, verbose: bool, descriptor: int = _STDERR) -> None:
    """Let the logger named `program`, and the warnings of all others, be written."""
    logging.getLogger().addHandler(_Lines(program, descriptor))
    logging.getLogger(program).setLevel(logging.DEBUG if verbose else logging.INFO)


class _Lines(logging.Handler):
    """Writes each record as a line. What cannot be written is counted, and told of later."""

    def __init__(self, program: str, descriptor: int) -> None:
        super().__init__()
        self._who = program.removeprefix("connmon-")
        self._descriptor = descriptor
        self._missing = 0

    def emit(self, record: logging.LogRecord) -> None:
        lines = [self._line(record, record.levelname, record.getMessage())]
        if self._missing:
            text = f"{self._missing} lines before this one could not be written"
            lines.insert(0, self._line(record, "WARNING", text))
        try:
            os.write(self._descriptor, "".join(lines).encode())
            self._missing = 0
        except OSError:  # a full disk or pipe, or nobody there: no reason to stop
            self._missing += 1

    def _line(self, record: logging.LogRecord, level: str, text: str) -> str:
        return line(record.created, self._who, os.getpid(), level, text) + "\n"
