"""Writing a recording, in a thread of its own: no disk can make a view wait."""

import contextlib
import math
import os
import queue
import stat
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from connmon_display.recording.blocks import (
    FIRST_LINE,
    Entry,
    Kind,
    RecordingError,
    length_of,
    pack,
)
from connmon_display.recording.reading import Reading
from connmon_shared.stage.clock import boottime

if sys.platform == "win32":
    _FLAGS = os.O_BINARY
else:
    import fcntl

    _FLAGS = os.O_NONBLOCK  # opening a pipe must not hang us

BLOCK_SECONDS = 2.0  # what comes in this time is one block: so much a crash costs
_BLOCK_BYTES = 1 << 18  # one that is as long is closed before its time
_MAX_WAITING = 1 << 25  # bytes that may wait for the disk, beside a state
_LAST_SECONDS = 5.0  # that the end waits for the disk
_MODE = 0o600  # it holds command lines
_NEXT = {Kind.SESSION: Kind.MESSAGES, Kind.STATE: Kind.MORE}  # what a block is followed by

_Item = Entry | Kind | None  # Kind: what comes next is of that kind; None: nothing does


class RecordingFile:
    """A recording that is open to be added to, by us alone.

    What an interrupted write has left at its end is cut off: nobody can read it.

    Attributes:
        path: of the file; it may be new.

    Raises:
        RecordingError: it is something else, or somebody is recording to it.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _FLAGS, _MODE)
        try:
            self._lock()
            self._end = self._whole()
            self._close_to_others()
            os.ftruncate(self._descriptor, self._end)
            if not self._end:
                self.write(FIRST_LINE)
        except BaseException:
            os.close(self._descriptor)
            raise

    def write(self, data: bytes) -> None:
        """Add `data`, all of it or nothing.

        Raises:
            OSError: it cannot be written.
        """
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)
            raise
        self._end += len(data)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _lock(self) -> None:
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise RecordingError("not a regular file")
        if sys.platform != "win32":
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RecordingError("somebody is recording to it") from None

    def _close_to_others(self) -> None:
        """Let nobody else read it, whoever made it; the file of another user stays as it is."""
        if sys.platform != "win32" and os.fstat(self._descriptor).st_uid == os.geteuid():
            os.fchmod(self._descriptor, _MODE)

    def _whole(self) -> int:
        """Return how many bytes of the file can be read."""
        if not os.fstat(self._descriptor).st_size:
            return 0
        with contextlib.closing(Reading(self.path)) as reading:
            return max((block.end for block in reading.blocks()), default=len(FIRST_LINE))


class Writer:
    """Takes messages from a view, and writes them when it can.

    Attributes:
        failure: why nothing more is recorded; empty while all is well.
    """

    def __init__(self, file: RecordingFile) -> None:
        self.failure = ""
        self._file = file
        self._items: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._taken = self._written = 0  # bytes of messages; each is changed by one thread
        self._allowed = _MAX_WAITING
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Record a message."""
        self._taken += length_of(entry.frames)
        if self._taken - self._written > self._allowed:
            self._fail("the disk is too slow")
        if not self.failure:
            self._items.put(entry)

    def put_state(self, entries: Sequence[Entry]) -> None:
        """Record a state with which a viewer can begin."""
        self._allowed = _MAX_WAITING + sum(length_of(entry.frames) for entry in entries)
        self._items.put(Kind.STATE)
        for entry in entries:
            self.put(entry)
        self._items.put(Kind.MESSAGES)

    def close(self) -> None:
        """Write what is left, unless that takes too long."""
        self._items.put(None)
        self._thread.join(_LAST_SECONDS)
        if self._thread.is_alive():
            self._fail("the disk is too slow")

    def _run(self) -> None:
        try:
            for kind, entries in _blocks(self._items):
                if self.failure:
                    break
                self._file.write(pack(kind, entries))
                self._written += sum(length_of(entry.frames) for entry in entries)
        except OSError as error:
            self._fail(str(error.strerror))
        self._file.close()

    def _fail(self, why: str) -> None:
        self.failure = (
            self.failure or f"cannot write {self._file.path}: {why}; recording has stopped"
        )


def _blocks(items: "queue.SimpleQueue[_Item]") -> Iterator[tuple[Kind, list[Entry]]]:
    """Yield blocks of what comes in, until nothing more does."""
    kind, entries, size, due = Kind.SESSION, list[Entry](), 0, math.inf
    item: _Item = kind
    while item is not None:
        try:
            left = None if due == math.inf else max(0.0, due - boottime())
            item = items.get(timeout=left)
        except queue.Empty:
            item = _NEXT.get(kind, kind)
        if isinstance(item, Entry):
            entries.append(item)
            size += length_of(item.frames)
            due = min(due, boottime() + BLOCK_SECONDS)
            if size < _BLOCK_BYTES:
                continue
            item = _NEXT.get(kind, kind)
        if entries:
            yield kind, entries
            entries, size, due = [], 0, math.inf
        kind = kind if item is None else item
