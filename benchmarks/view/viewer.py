"""A real viewer on a pseudo terminal, under observation from outside."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from connmon_display.refresh.terminal.screen import SYNC_BEGIN, SYNC_END
from connmon_shared.stage.runtime import Runtime

WIDE = (200, 50)  # columns and lines of the bars
_CHUNK = 65_536
_PATIENCE = 30.0  # seconds until what must be seen counts as never
_KIBI = 1_024
_ASKED, _ANSWER = b"\x1b[6n", b"\x1b[2;2R"  # where the cursor is: behind a narrow character
#: What `pty.fork` does not do for a command that is not ours.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Written(NamedTuple):
    """Some bytes, and when they were read."""

    time: float  # seconds of time.monotonic()
    data: bytes


class Viewer:
    """A program on a terminal of its own, whose output is only stamped and kept.

    Args:
        command: of the program.
        size: columns and lines.
        rate: bytes a second that the terminal takes; 0: all at once.
        answers: whether the terminal answers what it is asked.

    Attributes:
        written: all that it has written.
        began: when it was started, seconds of time.monotonic().
    """

    def __init__(
        self,
        command: list[str],
        size: tuple[int, int] = WIDE,
        *,
        rate: int = 0,
        answers: bool = True,
    ) -> None:
        self.written: list[Written] = []
        self._rate = rate
        self._answers = answers
        self._ended = threading.Event()
        self._news = threading.Condition()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        env = os.environ | {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        for name in ("NO_COLOR", "TMUX", "STY", "TERM_PROGRAM"):
            env.pop(name, None)
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-ISc", _TAKE_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def count(self) -> int:
        """How many bytes it has written so far."""
        return sum(len(piece.data) for piece in self.written)

    def cpu(self) -> float:
        """Return the seconds of processor time used so far: by all threads, and ended children."""
        used = 0
        for path in Path(f"/proc/{self._process.pid}/task").glob("*/schedstat"):
            used += int(path.read_text(encoding="ascii").split()[0])  # nanoseconds
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        of_children = stat.rpartition(")")[2].split()[13:15]
        return used / 1e9 + sum(map(int, of_children)) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> float:
        """Return the MiB that it holds in memory now."""
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / _KIBI

    def press(self, keys: str) -> float:
        """Type `keys`, and return when that was, seconds of time.monotonic()."""
        now = time.monotonic()
        os.write(self._master, keys.encode())
        return now

    def until(self, wanted: Callable[[bytes], bool], since: int = 0) -> float:
        """Return when a whole frame was there that is `wanted`.

        Args:
            wanted: judges all bytes from `since` to the end of the last whole frame.
            since: an index into `written`.
        """
        limit = time.monotonic() + _PATIENCE
        with self._news:
            while True:
                data = b"".join(piece.data for piece in self.written[since:])
                whole = data[: data.rfind(SYNC_END.encode()) + len(SYNC_END)]
                if SYNC_END.encode() in data and wanted(whole):
                    return self.written[-1].time
                left = limit - time.monotonic()
                assert left > 0, f"it did not show what was waited for: {data[-300:]!r}"
                self._news.wait(left)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._process.kill()
        self._process.wait()
        self._ended.set()
        self._reader.join()
        os.close(self._master)

    def _read(self) -> None:
        while not self._ended.is_set():
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self._master, self._rate // 20 or _CHUNK)
            except OSError:  # nobody has the other end any more
                return
            if self._answers and _ASKED in data:
                os.write(self._master, _ANSWER)
            with self._news:
                self.written.append(Written(time.monotonic(), data))
                self._news.notify()
            if self._rate:
                time.sleep(len(data) / self._rate)


def display(runtime: Runtime, *options: str) -> list[str]:
    """Return the command of a viewer."""
    return [sys.executable, "-I", "-m", "connmon_display", str(runtime.directory), *options]


@contextlib.contextmanager
def viewer(command: list[str], size: tuple[int, int] = WIDE, **how: object) -> Iterator[Viewer]:
    """Give a viewer that has drawn its first frame."""
    seen = Viewer(command, size, **how)  # type: ignore[arg-type] # passed through
    try:
        seen.until(lambda data: b"LIVE" in data)
        yield seen
    finally:
        seen.close()


def frames_of(written: bytes) -> list[bytes]:
    """Return the whole frames among `written`, each from its begin to its end."""
    begin, end = SYNC_BEGIN.encode(), SYNC_END.encode()
    pieces = written.split(begin)[1:]
    return [begin + piece[: piece.index(end)] + end for piece in pieces if end in piece]
