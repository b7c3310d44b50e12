"""The two stages in the background: started, watched, started again, ended.

Each holds one end of a socket pair, its lifeline, as standard input, and ends when the other one
closes. So they are gone a moment after us however we end: signals would not do, for we may not
signal a child that runs as root, and nobody sends any when we are killed. The other way a stage
says there that it has begun to work.
"""

import contextlib
import socket
import subprocess
import sys

from connmon_display.launcher.logbook import Logbook, Voice
from connmon_display.launcher.restarts import Restarts
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.exits import Exit

_SUDO_REFUSED = 1  # sudo's own exit code
_PATIENCE = 3.0  # seconds a stage gets to end after its lifeline has closed
_DEATH = 60.0  # seconds it gets to be gone once it is killed: a kernel may have much to let go of
_PERMANENT = {Exit.USAGE, Exit.UNAVAILABLE, Exit.ALREADY_RUNNING, Exit.NO_PERMISSION}


class StageError(Exception):
    """A stage cannot run; the text says why."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Stage:
    """One background process.

    Attributes:
        name: of the stage.
        voice: what it says.

    Args:
        name: of the stage.
        command: runs it.
        prefix: what gives it a privilege.
        book: where its log goes.
    """

    def __init__(self, name: str, command: list[str], prefix: list[str], book: Logbook) -> None:
        self.name = name
        self.voice = Voice(name, book)
        self._book = book
        self._command = command
        self._prefix = prefix
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: socket.socket | None = None
        self._started = 0.0
        self._restarts = Restarts()
        self._restart_at = 0.0

    def start(self) -> None:
        """Start the process.

        Raises:
            StageError: it cannot be started.
        """
        self._lifeline, theirs = socket.socketpair()
        self._lifeline.settimeout(0)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*self._prefix, *self._command],
                stdin=theirs.fileno(),
                stdout=self.voice.end,
                stderr=self.voice.end,
                process_group=0,
            )
        except OSError as error:
            text = f"cannot start the {self.name}: {error.filename}: {error.strerror}"
            raise StageError(text, Exit.SOFTWARE) from error
        finally:
            theirs.close()
        self._started = boottime()
        self.voice.pid = self._process.pid
        self._book.tell(f"started the {self.name}, process {self._process.pid}")

    def tend(self) -> float | None:
        """Start the process again if it has ended; return the moment to look again, if any.

        Raises:
            StageError: it ended in a way that a new start would not mend.
        """
        if self._process is not None:
            code = self._process.poll()
            if code is None:
                return None
            self._bury(code)
        if boottime() < self._restart_at:
            return self._restart_at
        self.start()
        return None

    def end(self) -> None:
        """Close the lifeline; the process ends by itself."""
        if self._lifeline is not None:
            self._lifeline.close()
            self._lifeline = None

    def wait(self, patience: float = _PATIENCE) -> None:
        """Wait until the process has ended; after `patience` seconds make it."""
        if self._process is None:
            return
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._make_end(self._process)

    def _make_end(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(PermissionError):  # root's: that one has only its lifeline
            process.kill()
            try:
                process.wait(_DEATH)
            except subprocess.TimeoutExpired:
                text = f"the {self.name}, process {process.pid}, was killed, but is not gone"
                self._book.tell(text, level="WARNING")

    def _bury(self, code: int) -> None:
        lived = boottime() - self._started
        ready = self._was_ready()
        self._process = None
        self.end()
        self.voice.finish()
        if code in _PERMANENT:
            raise StageError(self._last_words(), code)
        if code == _SUDO_REFUSED and self._prefix and not ready:
            self._prefix = []  # the ticket has expired, say: on without, the stage tells
        pause = self._restarts.pause(code, lived, ready=ready)
        if pause is None:
            raise StageError(f"{self._last_words()} (ended {code} each time)", Exit.SOFTWARE)
        self._restart_at = boottime() + pause
        self._book.tell(
            f"the {self.name} has ended ({code}) after {lived:.1f} s; it is started again",
            level="WARNING",
        )

    def _was_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return self._lifeline is not None and bool(self._lifeline.recv(1))
        return False

    def _last_words(self) -> str:
        """Return why it has ended, in its own words if it had any."""
        words, prefix = self.voice.last_words, f"connmon-{self.name}: "
        if words.startswith(prefix):
            return words.removeprefix(prefix)
        return f"the {self.name} has ended{words and f': {words}'}; see {self._book.path}"


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs `module` isolated from the folder and the environment.

    Without -I, a root-run `python -m` would import a psutil.py that lies in the current folder.
    """
    return [sys.executable, "-I", "-m", module, *arguments]
