"""When a stage that has ended is started again, and when that is of no use. Pure."""

import signal

_SHORT_PAUSE = 0.2  # seconds, after it had worked
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 10.0  # seconds; twice as long each time in between
_MAX_FAILURES = 5  # in a row; then there is no sense in another start
_STEADY_SECONDS = 10.0  # a stage that lived so long had worked, whatever has ended it
_FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_BY_SIGNAL = 128  # plus the signal's number is how a stage or sudo tells of it


class Restarts:
    """What the ends of one stage so far lead to."""

    def __init__(self) -> None:
        self._failures = 0

    def pause(self, code: int, lived: float, *, ready: bool) -> float | None:
        """Return how many seconds to wait before the next start; None: no more.

        Args:
            code: how it has ended: its exit code, or minus the number of a signal.
            lived: for how many seconds it ran.
            ready: whether it had begun to work.
        """
        killed = (-code if code < 0 else code - _BY_SIGNAL) in _FROM_OUTSIDE
        if ready and (killed or lived > _STEADY_SECONDS):
            self._failures = 0
            return _SHORT_PAUSE
        self._failures += 1
        if self._failures >= _MAX_FAILURES:
            return None
        return min(_FIRST_PAUSE * 2.0 ** (self._failures - 1), _LAST_PAUSE)
