"""When to look again for sockets that nobody seems to hold: ever less often.

They may be another user's, or the kernel's own; or somebody has taken them over by then.
"""

from collections.abc import Callable, Iterable, KeysView
from typing import NamedTuple

_FIRST, _LAST = 1.0, 64.0  # seconds; doubled in between


class _Retry(NamedTuple):
    due: float  # seconds of the clock
    delay: float


class Retries:
    """Remembers inodes that were looked for in vain; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._retries: dict[int, _Retry] = {}

    @property
    def waiting(self) -> KeysView[int]:
        """The inodes."""
        return self._retries.keys()

    def due(self) -> set[int]:
        """Return those to be looked for now."""
        now = self._clock()
        return {inode for inode, retry in self._retries.items() if retry.due <= now}

    def put_off(self, inodes: Iterable[int]) -> None:
        """Look for these later. Times fall on a common grid, so that one look serves many."""
        now = self._clock()
        for inode in inodes:
            before = self._retries.get(inode)
            delay = min(before.delay * 2, _LAST) if before else _FIRST
            self._retries[inode] = _Retry((now // delay + 1) * delay, delay)

    def forget(self, inodes: Iterable[int]) -> None:
        """Look for these no longer: they were found, or are closed."""
        for inode in inodes:
            self._retries.pop(inode, None)
