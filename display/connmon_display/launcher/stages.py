"""The two stages in the background: started, watched, started again, ended.

Each holds the reading end of a pipe, its lifeline, as standard input, and ends when that
closes. So they are gone a moment after us however we end: signals would not do, for we may not
signal a child that runs as root, and nobody sends any when we are killed.
"""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from connmon_shared.clock import boottime
from connmon_shared.exits import Exit

_FIRST_PAUSE, _LAST_PAUSE = 0.5, 10.0  # seconds before a stage is started again
_STEADY_SECONDS = 30.0  # a stage that lived that long begins again with the first pause
_MAX_FAILURES = 5  # then there is no sense in another start
_SUDO_REFUSED = 1  # sudo's own exit code
_LARGE_LOG = 1_000_000  # bytes
_PATIENCE = 3.0  # seconds a stage gets to end after its lifeline has closed
_PERMANENT = {Exit.USAGE, Exit.UNAVAILABLE, Exit.ALREADY_RUNNING, Exit.NO_PERMISSION}


class StageError(Exception):
    """A stage cannot run; the text says why."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Stage:
    """One background process."""

    def __init__(self, name: str, command: list[str], log: Path, prefix: list[str]) -> None:
        self.name = name
        self._command = command
        self._prefix = prefix
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline = -1
        self._started = 0.0
        self._pause = _FIRST_PAUSE
        self._failures = 0  # in a row, each soon after the start
        self._restart_at = 0.0

    def start(self) -> None:
        """Start the process.

        Raises:
            StageError: it cannot be started.
        """
        reading, self._lifeline = os.pipe()
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    [*self._prefix, *self._command],
                    stdin=reading,
                    stdout=log,
                    stderr=log,
                    process_group=0,
                )
        except OSError as error:
            text = f"cannot start the {self.name}: {error.filename}: {error.strerror}"
            raise StageError(text, Exit.SOFTWARE) from error
        finally:
            os.close(reading)
        self._started = boottime()

    def begin_log(self) -> None:
        """Put a large log of earlier runs aside; one that is small goes on."""
        if self._log.exists() and self._log.stat().st_size > _LARGE_LOG:
            self._log.replace(self._log.with_suffix(".log.1"))

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
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def wait(self) -> None:
        """Wait until the process has ended; after a while make it."""
        if self._process is None:
            return
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(PermissionError, subprocess.TimeoutExpired):
                self._process.kill()  # not permitted for root's: that one has only its lifeline
                self._process.wait(_PATIENCE)

    def _bury(self, code: int) -> None:
        self._process = None
        self.end()
        lived = boottime() - self._started
        if code in _PERMANENT:
            raise StageError(self._last_words(), code)
        if code == _SUDO_REFUSED:  # the ticket has expired, say: on without, the stage tells
            self._prefix = []
        self._failures = 1 if lived > _STEADY_SECONDS else self._failures + 1
        if self._failures >= _MAX_FAILURES:
            raise StageError(f"{self._last_words()} (ended {code} each time)", Exit.SOFTWARE)
        self._pause = _FIRST_PAUSE if lived > _STEADY_SECONDS else self._pause
        self._restart_at = boottime() + self._pause
        self._pause = min(2 * self._pause, _LAST_PAUSE)

    def _last_words(self) -> str:
        """Return its last complaint; lines with a time before them are only notes."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        prefix = f"connmon-{self.name}: "
        said = [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]
        return said[-1] if said else f"the {self.name} has ended; see {self._log}"


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs `module` isolated from the folder and the environment.

    Without -I, a root-run `python -m` would import a psutil.py that lies in the current folder.
    """
    return [sys.executable, "-I", "-m", module, *arguments]
