"""What memory this process keeps."""

import contextlib

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
