"""A moment in words."""

import time


def local_time(seconds: float, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """Return the moment `seconds` since 1970 in local time."""
    return time.strftime(pattern, time.localtime(seconds))
