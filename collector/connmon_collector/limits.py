"""What this process may have, and what it keeps."""

import contextlib
import sys

from connmon_collector import syscalls

_MMAP_THRESHOLD = -3  # malloc.h
_LARGE = 64 << 10  # bytes


def return_memory() -> None:
    """Let the C library give large pieces of memory back as soon as they are free.

    A keyframe of 100,000 sockets leaves 9 MB behind otherwise: glibc takes what was large once for
    small the next time.
    """
    with contextlib.suppress(OSError):  # another C library
        syscalls.mallopt(_MMAP_THRESHOLD, _LARGE)


if sys.platform != "win32":
    import resource

    def allow_descriptors() -> None:
        """Allow ourselves as many descriptors as we may have: each CPU and namespace takes some."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(OSError, ValueError):  # macOS names no end, and means less
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

else:

    def allow_descriptors() -> None:
        """Do nothing: Windows has no such limit."""
