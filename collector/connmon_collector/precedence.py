"""Being served first: who is kept waiting for a processor does not see what happens meanwhile.

What listens to the kernel runs at the lowest real-time priority, where this host allows it. With
ordinary ones, however high, Linux 6.18 was seen to let it wait for nine seconds beside a busy
client and its server. So that it can never hold a processor up itself, the kernel counts how long
it works without a pause (RLIMIT_RTTIME, getrlimit(2)); then it steps back.
"""

import contextlib
import os
import signal
import sys
from types import FrameType

if sys.platform == "linux":
    import resource
    from pathlib import Path

    _NICENESS = -5  # where that is not allowed, three quarters of a busy processor
    _PRIORITY = 1  # the lowest of 99
    _LONGEST = 1_000_000  # microseconds of work without a pause; a dump of 100,000 takes half
    STEP_BACK = 10.0  # seconds
    _THREADS = Path("/proc/self/task")

    def serve_first(step_back: float = STEP_BACK) -> None:
        """Be served before others from now on, as far as that is allowed.

        To be called before root is given up; threads made later inherit it. Uses SIGXCPU, SIGALRM
        and the timer of the latter.

        Args:
            step_back: seconds to be served like all others after too long a stretch of work; it is
                for good where the limit on real-time priorities (RLIMIT_RTPRIO) cannot be raised.
        """

        def enough(_number: int, _frame: FrameType | None) -> None:
            _schedule(os.SCHED_OTHER, 0)
            signal.setitimer(signal.ITIMER_REAL, step_back)

        def again(_number: int, _frame: FrameType | None) -> None:
            _schedule(os.SCHED_RR, _PRIORITY)

        with contextlib.suppress(OSError):
            os.nice(_NICENESS)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_RTPRIO, (_PRIORITY, _PRIORITY))
        signal.signal(signal.SIGXCPU, enough)
        signal.signal(signal.SIGALRM, again)
        _, most = resource.getrlimit(resource.RLIMIT_RTTIME)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_RTTIME, (_LONGEST, most))
            _schedule(os.SCHED_RR, _PRIORITY)

    def _schedule(policy: int, priority: int) -> None:
        for thread in _THREADS.iterdir():
            with contextlib.suppress(OSError):  # not allowed, or it has just ended
                os.sched_setscheduler(int(thread.name), policy, os.sched_param(priority))

else:

    def serve_first() -> None:
        """Do nothing: nothing is lost elsewhere because it was not seen in time."""
