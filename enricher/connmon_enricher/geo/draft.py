"""A table that is not whole yet: a file beside the one whose place it takes in one step."""

import fcntl
import os
import threading
from pathlib import Path
from typing import BinaryIO

_NEW = ".new"  # behind the name of the table
_MODE = 0o600
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW


class Draft:
    """Only the process that holds the lock on the file writes, renames or removes it.

    All that write a table give it one name, so that nothing is left behind that the next one does
    not use again.

    Args:
        table: whose place it is to take.
    """

    def __init__(self, table: Path) -> None:
        self._table = table
        self._path = table.with_name(table.name + _NEW)
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()  # `discard` may be another thread's

    def open(self) -> BinaryIO:
        """Return the file, empty, once no other process holds it.

        Raises:
            OSError: it cannot be made.
        """
        while True:
            file = self._reopened()
            fcntl.flock(file, fcntl.LOCK_EX)
            if self._is_named(file):
                file.truncate()
                return file

    def keep(self, file: BinaryIO) -> None:
        """Let `file`, which `open` returned, be the table, and close it.

        Raises:
            OSError: it cannot be written.
        """
        file.flush()
        os.fsync(file.fileno())
        with self._lock:
            self._path.replace(self._table)
            file.close()
            self._file = None

    def discard(self) -> None:
        """Remove the file, unless another process holds it; the table stays as it was."""
        with self._lock:
            if self._file is not None and self._is_held(self._file):
                self._path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a process that was killed has left, unless another one holds it by now.

        Raises:
            OSError: that cannot be done.
        """
        with self._reopened():
            self.discard()

    def _reopened(self) -> BinaryIO:
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = open(os.open(self._path, _FLAGS, _MODE), "r+b")  # noqa: PTH123, SIM115
            return self._file

    def _is_held(self, file: BinaryIO) -> bool:
        """Return whether `file` is locked by us, from now on if need be, and not renamed yet."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return self._is_named(file)

    def _is_named(self, file: BinaryIO) -> bool:
        """Return whether `file` still has its name: who held it before us may have renamed it."""
        try:
            named = self._path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(named, os.fstat(file.fileno()))
