"""What this process takes of the host: figures that every stage tells of itself."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from connmon_shared.messages import Figure

_STATM = Path("/proc/self/statm")  # proc(5): sizes in pages, the second is what is resident


def usage() -> Iterator[Figure]:
    """Yield the processor time (seconds) and, where the system tells it, the memory (bytes)."""
    yield Figure("cpu", time.process_time())
    memory = _resident()
    if memory is not None:
        yield Figure("memory", memory)


if sys.platform == "linux":
    import resource

    def _resident() -> int | None:
        try:
            pages = int(_STATM.read_bytes().split()[1])
        except OSError:  # /proc is not there
            return None
        return pages * resource.getpagesize()

elif sys.platform == "win32":

    def _resident() -> int | None:
        return None

else:
    import resource

    def _resident() -> int | None:
        """Return the most that ever was resident (getrusage(2)): what is now is not told."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
