"""Ctrl-C ends a program without a traceback, from its first moment to its last.

Its modules take 0.1 s to import, and Python waits for threads when all is done; then nothing is
open that would have to be closed, and the process just ends. In between Ctrl-C is an exception,
or what a `Loop` makes of it.
"""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from connmon_shared.stage.exits import by_signal


def end_quietly() -> None:
    """Let Ctrl-C end this process at once, unless it is ignored (nohup, `cmd &`)."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)


def run(work: Callable[[], object]) -> None:
    """Do `work`; if Ctrl-C breaks it off, exit with its code."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        work()
    except KeyboardInterrupt:
        sys.exit(by_signal(signal.SIGINT))
    finally:
        end_quietly()


def _end(number: int, _frame: FrameType | None) -> None:
    os._exit(by_signal(number))
