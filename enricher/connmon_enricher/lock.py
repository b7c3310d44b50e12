"""One enricher per runtime directory: ZeroMQ lets a second binder steal a path silently."""

import fcntl
import os
from pathlib import Path


class AlreadyRunningError(Exception):
    """Another enricher holds the runtime directory."""

    def __init__(self, pid: str) -> None:
        super().__init__(f"already running (process {pid or 'unknown'})")


def acquire(path: Path) -> int:
    """Lock `path`, write our process id into it, and return its descriptor.

    The kernel lets go of the lock when the process ends, however it ends.

    Raises:
        AlreadyRunningError: another process holds it.
        OSError: the file cannot be opened.
    """
    held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(held, 20).decode("ascii", "replace").strip()
        os.close(held)
        raise AlreadyRunningError(pid) from None
    os.ftruncate(held, 0)
    os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
    return held
