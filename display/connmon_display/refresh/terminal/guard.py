"""The guard: a tiny process that gives the terminal back when the view is killed (`kill -9`).

`connmon` does that for its view; one that was started alone has nobody. So a shell waits at a pipe:
a line says that all is well, its end without one that the view is gone.

Reasons for what looks odd here:
- The guard has a session of its own: what ends or stops the job does not reach it, and it may
  write to the terminal whoever has it by then.
- A shell with job control sets the modes itself after a job that was killed, and reads keys with
  modes of its own then: nobody may set others. So the guard lets it go first, and only ever sets
  modes that are still ours. In a script or a Makefile nobody else does it, so there it waits for
  nothing; where the script ends at once its shell is faster, and keeps our modes (`make view` gives
  the guard the time).
- The screen must be back before a shell prompts, so nothing is started before that is written.
- The terminal may take nothing more: writing does not wait, and is tried once more a second later;
  modes that cannot be set are given up, by killing the whole session of the guard.
"""

import contextlib
import os
import termios
import time
from typing import Any

from connmon_display.handover import Modes
from connmon_display.private import inheritable

_SHELL = "/bin/sh"
#: Our modes: Ctrl-C is no signal, yet Enter is what it was; who edits lines has changed that, too.
_SCRIPT = """read -r line && exit
exec <&1
printf "$BACK" || { sleep 1; printf "$BACK"; }
(sleep 3; kill -9 0) &
sleep "$PATIENCE"
modes=$(stty -a)
case $modes in *'intr = <undef>'*) case $modes in *" $ICRNL"*) stty "$@";; esac;; esac
kill -9 0"""
_SHELL_SECONDS = 0.3  # that a shell with job control has to set its own modes
_END_SECONDS = 0.2  # that the guard has to end; a millisecond is usual
_LOOK_SECONDS = 0.001  # between two looks whether it has
_IFLAG = 0  # place in termios attributes
_ASCII = 0x80
_SPACE, _DELETE, _CONTROL = 0x20, 0x7F, 0x40  # ^C is the C without this bit, ^? has it alone


class Guard:
    """Keeps the promise to give the terminal back, between `begin` and `end`.

    Without a /bin/sh there is none.

    Args:
        terminal: a descriptor of its own, which does not block.
    """

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._pid = 0
        self._pipe = -1

    def begin(self, sequence: str, modes: Modes) -> None:
        """Let `sequence` be written, and `modes` be set, if we are gone before `end`.

        It may have been begun already: a shell may have changed the modes since.
        """
        self.end()
        with contextlib.suppress(OSError, NotImplementedError):  # no shell, no room; no sessions
            self._begin(sequence, modes)

    def end(self) -> None:
        """Tell it that all is well; the terminal has been given back."""
        if not self._pid:
            return
        with contextlib.suppress(OSError):  # somebody has ended it
            os.write(self._pipe, b"\n")
        os.close(self._pipe)
        with contextlib.suppress(ChildProcessError):  # where nobody waits for children
            limit = time.monotonic() + _END_SECONDS
            while not os.waitpid(self._pid, os.WNOHANG)[0] and time.monotonic() < limit:
                time.sleep(_LOOK_SECONDS)
        self._pid = 0

    def _begin(self, sequence: str, modes: Modes) -> None:
        reading, writing = os.pipe()
        try:
            self._pid = _spawn(reading, self._terminal, sequence, modes)
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        self._pipe = writing


def _spawn(pipe: int, terminal: int, sequence: str, modes: list[Any]) -> int:
    """Start the guard, with nothing open but the pipe and the terminal; return its process id."""
    leads = os.getpgrp() == os.getpid()  # as the job of a shell with job control
    return os.posix_spawn(
        _SHELL,
        ["sh", "-c", _SCRIPT, "sh", *settings(modes)],
        {
            "PATH": os.environ.get("PATH", os.defpath),
            "BACK": "".join(f"\\{byte:03o}" for byte in sequence.encode()),
            "ICRNL": "icrnl" if modes[_IFLAG] & termios.ICRNL else "-icrnl",
            "PATIENCE": str(_SHELL_SECONDS if leads else 0),
        },
        file_actions=[
            (os.POSIX_SPAWN_DUP2, pipe, 0),
            (os.POSIX_SPAWN_DUP2, terminal, 1),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            *((os.POSIX_SPAWN_CLOSE, each) for each in inheritable() if each > 2),  # noqa: PLR2004 - standard error
        ],
        setsid=True,
    )


def settings(modes: list[Any]) -> list[str]:
    """Return what of `modes` a view changes, as arguments of `stty`; it knows no keys but ASCII."""
    iflag, _, _, lflag, _, _, keys = modes
    flags = {
        "ixon": iflag & termios.IXON,
        "echo": lflag & termios.ECHO,
        "icanon": lflag & termios.ICANON,
    }
    keys = {"intr": keys[termios.VINTR], "susp": keys[termios.VSUSP]}
    known = {name: key for name, key in keys.items() if key[0] < _ASCII}
    named = [word for name, key in known.items() for word in (name, _called(key))]
    return [*(name if on else f"-{name}" for name, on in flags.items()), *named]


def _called(key: bytes) -> str:
    """Return what `stty` calls a key; `^-` is none."""
    code = key[0]
    if code == os.fpathconf(0, "PC_VDISABLE"):
        return "^-"
    return f"^{chr(code ^ _CONTROL)}" if code < _SPACE or code == _DELETE else chr(code)
