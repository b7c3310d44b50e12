"""The real viewer on a terminal: keys in, a screen out."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

import pyte

from connmon_shared.stage.runtime import Runtime

_QUIET = 0.3  # seconds without output: a frame is whole
_DEADLINE = 30.0  # seconds for everything to come up
_CHUNK = 65_536


class Viewer:
    """A viewer of what runs in a runtime directory.

    Args:
        runtime: that place.
        size: columns and lines of its terminal.
        options: of `connmon-display`.

    Attributes:
        screen: what it shows.
    """

    def __init__(self, runtime: Runtime, size: tuple[int, int], *options: str) -> None:
        self.screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.screen)
        where = (f"--runtime-dir={runtime.directory}", "--wait", "--no-config")
        command = [sys.executable, "-I", "-m", "connmon_display", *where, *options]
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", PYTHONUTF8="1", TZ="UTC")
            os.execv(command[0], command)  # noqa: S606 - no shell wanted
        lines = struct.pack("HHHH", size[1], size[0], 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, lines)

    def until(self, *wanted: str, without: tuple[str, ...] = ()) -> None:
        """Return once all that is `wanted` is on the screen, and the frame is whole."""
        limit = time.monotonic() + _DEADLINE
        while not all(map(self._shows, wanted)) or any(map(self._shows, without)):
            if time.monotonic() > limit:
                shown = "\n".join(self.screen.display)
                sys.exit(f"the viewer did not show {wanted}:\n{shown}")
            self._read(0.1)
        self.settle()

    def settle(self) -> None:
        """Return once a frame is whole."""
        while self._read(_QUIET):
            pass

    def press(self, keys: str) -> None:
        """Press `keys`, and wait for what comes of them."""
        os.write(self._terminal, keys.encode())
        self.settle()

    def close(self) -> None:
        """Quit."""
        os.write(self._terminal, b"q")
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _shows(self, text: str) -> bool:
        return any(text in line for line in self.screen.display)

    def _read(self, patience: float) -> bool:
        if not select.select([self._terminal], [], [], patience)[0]:
            return False
        self._stream.feed(os.read(self._terminal, _CHUNK))
        return True
