"""SIGHUP: has our terminal gone, or does somebody ask us to read our lists again?"""

import os
import signal
import sys


class Hangup:
    """Tells the two meanings of the signal apart.

    Args:
        heed_it: whether it is to count even where it is ignored (nohup), though only as a request:
            to be asked for before the loop is made.
    """

    def __init__(self, *, heed_it: bool = False) -> None:
        self._had_terminal = _has_terminal()
        self._ignored = heed_it and heed()

    @property
    def final(self) -> bool:
        """Whether the terminal that we had is gone, and that is our end."""
        return self._had_terminal and not self._ignored and not _has_terminal()


if sys.platform == "win32":

    def heed() -> bool:
        """Return False: there is no such signal here."""
        return False

    def _has_terminal() -> bool:
        return False

else:

    def heed() -> bool:
        """Let the signal count, and return whether it was ignored until now (nohup).

        It is to be called before the loop is made.
        """
        ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        if ignored:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        return ignored

    def _has_terminal() -> bool:
        """Return whether our session has a terminal that has not hung up."""
        try:
            os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
        except OSError:
            return False
        return True
