"""The processors that we listen to: the kernel drops what listens to one that goes offline."""

import errno
import time
from collections.abc import Sequence

from connmon_collector.sources.events import perf

_NAP = 1.0  # seconds between two clocks, more than their reading can differ by
_DEAF = "a processor was switched off or on, or the machine slept: events are not heard any more"


class Processors:
    """Notices when what we listen to is gone.

    All processors but one go offline when the machine sleeps. The kernel never takes up again
    what it dropped then, and to open it anew takes a privilege: only a new start helps.

    Args:
        heard: the numbers of those that we listen to.
    """

    def __init__(self, heard: Sequence[int]) -> None:
        self._heard = heard
        self._slept = _slept()

    def check(self) -> None:
        """Give up when it is gone.

        Raises:
            OSError: it is.
        """
        if _slept() - self._slept > _NAP or perf.online_cpus() != self._heard:
            raise OSError(errno.ESTALE, _DEAF)


def _slept() -> float:
    """Return for how many seconds the machine has slept since it was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
