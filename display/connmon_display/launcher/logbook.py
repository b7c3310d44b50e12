"""The one log of all stages: each says its lines into a pipe, and only we write the file.

No stage ever waits for us: while we wait for the disk, or are stopped, a pipe gathers 64 KiB, and
what finds it full is lost and counted. What comes from below a stage is taken in, too: tracebacks,
and the last words of libraries that abort.
"""

import contextlib
import os
import re
import time
from itertools import pairwise
from pathlib import Path

from connmon_display.start_error import StartError
from connmon_shared.stage.exits import Exit
from connmon_shared.stage.log import line

_MAX_BYTES = 1_000_000  # of a file; then it is put aside
_PAUSE_SECONDS = 600.0  # before it is tried to put aside again
_KEPT_FILES = 2  # of those put aside
_CHUNK = 65_536  # bytes: what a pipe holds
_MAX_LINE = 4_096  # bytes; what is longer is cut
_STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\S+ [a-z]+\[\d+\] [A-Z]+ ")


class Logbook:
    """The log file. It is put aside when it is large, and so are the ones before it.

    Raises:
        StartError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lost = 0  # lines since the last one that was written
        self._turn_at = 0.0  # by the monotonic clock: not looked at the size before
        try:
            self._file = self._open()
        except OSError as error:
            text = f"cannot write the log {path}: {error.strerror}; name another with --log-file"
            raise StartError(text, Exit.WRITE_ERROR) from error

    def write(self, text: str) -> None:
        """Write one line as it is; what the disk has no room for is lost, and counted."""
        if time.monotonic() >= self._turn_at:
            self._turn()
        try:
            if self._lost:
                lost = line(
                    time.time(), "connmon", os.getpid(), "WARNING", f"{self._lost} lines lost"
                )
                os.write(self._file, f"{lost}\n".encode())
                self._lost = 0
            os.write(self._file, f"{text}\n".encode())
        except OSError:
            self._lost += 1

    def tell(self, text: str, who: str = "connmon", pid: int = 0, level: str = "INFO") -> None:
        """Write a line of our own, or for somebody who has not put it into its form."""
        self.write(line(time.time(), who, pid or os.getpid(), level, text))

    def _turn(self) -> None:
        """Put the file aside if it is large. If it cannot be, it grows on: better than no log."""
        try:
            if os.fstat(self._file).st_size >= _MAX_BYTES:
                self._begin_anew()
        except OSError as error:
            self._turn_at = time.monotonic() + _PAUSE_SECONDS
            said = f"cannot put {self.path} aside: {error.strerror}; it grows on"
            self.tell(said, level="WARNING")

    def _begin_anew(self) -> None:
        kept = [self.path.with_name(f"{self.path.name}.{n}") for n in range(_KEPT_FILES, 0, -1)]
        for older, newer in pairwise([*kept, self.path]):
            with contextlib.suppress(FileNotFoundError):
                newer.replace(older)
        full, self._file = self._file, self._open()
        os.close(full)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)


class Voice:
    """What one process says, also the next ones that take its place.

    Attributes:
        pid: of the process.
        last_words: what it said last that was no line of a log.
        end: the end of the pipe that it writes into.
    """

    def __init__(self, name: str, book: Logbook) -> None:
        self.pid = 0
        self.last_words = ""
        self._name = name
        self._book = book
        self._rest = b""
        self._ours, self.end = os.pipe()
        for end in (self._ours, self.end):
            os.set_blocking(end, False)

    def fileno(self) -> int:
        """Return what to wait for."""
        return self._ours

    def take_in(self) -> None:
        """Put what it has said into the log."""
        try:
            *lines, self._rest = (self._rest + os.read(self._ours, _CHUNK)).split(b"\n")
        except BlockingIOError:
            return
        if len(self._rest) > _MAX_LINE:
            lines.append(self._rest)
            self._rest = b""
        for said in lines:
            self._put(said)

    def finish(self) -> None:
        """Take in the last of it: the process has ended."""
        self.take_in()
        if self._rest:
            self._put(self._rest)
            self._rest = b""

    def _put(self, said: bytes) -> None:
        text = said.decode("utf-8", "replace")
        if _STAMPED.match(text) and text.isprintable():
            self._book.write(text)
        elif text.strip():
            self.last_words = text.strip()
            self._book.tell(text, self._name, self.pid, "ERROR")
