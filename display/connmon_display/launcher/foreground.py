"""The display in the foreground: it has the terminal, and its end is ours."""

import os
import signal
import subprocess
import sys
import termios

from connmon_display.handover import BELOW, MOUSE_OFF, PASTE_OFF, Modes, give_back
from connmon_display.launcher.logbook import Voice
from connmon_display.private import inheritable, private_descriptor
from connmon_shared.stage.clock import boottime
from connmon_shared.stage.exits import by_signal

_CHANGES = os.WNOHANG | os.WUNTRACED | os.WCONTINUED
_PATIENCE = 600.0  # seconds: it may be writing a large report
#: What people and terminals ask a program with to end; whoever did knows why it ended.
_ASKING = {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM}
#: End the synchronised update, styles, the mouse and brackets around what is pasted, leave the
#: alternate screen, show the cursor.
_RESTORE = f"\x1b[?2026l\x1b[m{MOUSE_OFF}{PASTE_OFF}{BELOW}\x1b[?1049l\x1b[?25h"


class Foreground:
    """The display's process.

    Attributes:
        death: by which signal it was killed, and when, in words; empty: it was not.

    Args:
        command: runs it.
        voice: takes its log; standard error is the terminal's.
    """

    def __init__(self, command: list[str], voice: Voice) -> None:
        self.death = ""
        self._modes = _modes()
        self._began = boottime()
        reading, self._lifeline = os.pipe()
        command = [*command, f"--lifeline={reading}", f"--log-fd={voice.end}"]
        try:
            # A list may be one of them: `<(…)`.
            handed_on = (reading, voice.end, *inheritable())
            self._process = subprocess.Popen(command, pass_fds=handed_on)  # noqa: S603
        finally:
            os.close(reading)

    def ended(self) -> int | None:
        """Return the exit code once it has ended; stop together with it when it stops itself.

        SIGSTOP is somebody else's, and for it alone: we could not see it go on.
        """
        if self._process.returncode is None:
            self._follow()
        code = self._process.returncode
        if code is None:
            return None
        if code < 0:
            self._restore()
            if -code not in _ASKING:
                lived = boottime() - self._began
                self.death = f"the viewer was killed by {_called(-code)} after {lived:.1f} s"
            return by_signal(-code)
        return code

    def pass_on(self, number: int) -> None:
        """Send signal `number` to it, and let it go on: it may be stopped."""
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Close its lifeline and wait until it has given the terminal back."""
        os.close(self._lifeline)
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)  # it may be stopped
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            self._restore()

    def _follow(self) -> None:
        """Take in what has become of it: after Ctrl-Z it gives the terminal back, then stops.

        We stop then, too, and whoever lets us go on lets it go on. A shell lets both, and by the
        time we see that it may have stopped again, or have been asked to, which SIGCONT undoes.
        """
        stopped = False
        while True:
            pid, status = os.waitpid(self._process.pid, _CHANGES)
            if not pid:
                break
            if os.WIFSTOPPED(status):
                if stopped := os.WSTOPSIG(status) != signal.SIGSTOP:
                    os.kill(os.getpid(), signal.SIGSTOP)
            elif os.WIFCONTINUED(status):
                stopped = False
            else:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                return
        if stopped:
            self._process.send_signal(signal.SIGCONT)

    def _restore(self) -> None:
        """Give the terminal back for a display that could not: it was killed."""
        if self._modes is not None:
            give_back(private_descriptor(sys.stdout.fileno()), _RESTORE, self._modes)


def _called(number: int) -> str:
    name = next((each.name for each in signal.Signals if each == number), "")
    return f"signal {number} ({name})" if name else f"signal {number}"


def _modes() -> Modes | None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    return termios.tcgetattr(0)
