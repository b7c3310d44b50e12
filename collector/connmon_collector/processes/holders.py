"""Which processes hold sockets that no event has told the process of.

Events name the process of nearly every connection. What remains is what was there before us, what
one of several workers has accepted, and listening sockets, which may be shared: those are looked
for in /proc, the newest processes first. Of each process only descriptors that were not known to
be an open socket are resolved: listing one costs a quarter of resolving it.
"""

import itertools
import os
import time
from array import array
from collections.abc import Callable, Collection, Container, Iterable
from typing import NamedTuple

from connmon_collector.processes.descriptors import birth, descriptors, socket_inode

_SHARE = 200  # a look that took 20 ms is followed by 4 s without one: 0.5 % of a core
_FIRST_RETRY, _LAST_RETRY = 1.0, 64.0  # seconds; doubled in between
_MAX_CLOSED = 100_000  # remembered; past that every descriptor is resolved anew
#: Numbers up to so many times the count of a process's descriptors are remembered, and a few: a
#: process with one descriptor and a high number must not cost megabytes.
_SPARSE, _FEW = 4, 256


class _Retry(NamedTuple):
    due: float  # seconds of the clock
    delay: float


class Holders:
    """Finds the holders of sockets by their inodes.

    Args:
        proc: where the processes are.
        clock: seconds.

    Attributes:
        hidden: whether there are processes that we may not look into.
    """

    def __init__(self, proc: str = "/proc", clock: Callable[[], float] = time.monotonic) -> None:
        self.hidden = False
        self._proc = proc
        self._clock = clock
        self._known: dict[int, array[int]] = {}  # pid → inode by descriptor; 0: no socket
        self._births: dict[int, int] = {}
        self._places: dict[int, tuple[int, str]] = {}  # inode → (pid, descriptor), of servers
        self._missing: dict[int, _Retry] = {}  # inodes that nobody seems to hold
        self._closed: set[int] = set()  # their descriptors may be others' now
        self._not_before = 0.0

    def find(
        self, wanted: Collection[int], servers: Container[int], first: Collection[int] = ()
    ) -> dict[int, int]:
        """Return which process (pid) holds each of the inodes `wanted`, as far as is known.

        Sockets that were not found earlier are looked for anew, ever less often.

        Args:
            wanted: inodes.
            servers: inodes for which `sharers` is to work later.
            first: pids to look at before all others: there they probably are.
        """
        now = self._clock()
        due = {inode for inode, retry in self._missing.items() if retry.due <= now}
        enough = now < self._not_before  # of looks at everybody, for a while
        missing = (set(wanted) if enough else set(wanted) | due) - {0}
        if not missing:
            return {}
        began = time.thread_time()
        found: dict[int, int] = {}
        everybody = [] if enough else self._newest_first()
        for pid in itertools.chain(first, everybody):
            for inode, descriptor in self._sockets(pid, trusting=not due):
                if inode in missing:
                    missing.discard(inode)
                    found[inode] = pid
                    if inode in servers:
                        self._places[inode] = pid, descriptor
            if not missing:
                break
        else:
            if everybody:
                self._closed.clear()  # no process remembers any of them now
        if everybody:
            self._not_before = now + (time.thread_time() - began) * _SHARE
        self._put_off(missing, found, now)
        return found

    def sharers(self, inode: int, among: Iterable[int] | None = None) -> list[int]:
        """Return which processes (of `among`, or of all) hold a server's socket, oldest first.

        A socket that is shared was opened by one process and inherited by those that it forked,
        under the same descriptor; so one link of each process tells.
        """
        if inode not in self._places:
            return []
        _, descriptor = self._places[inode]
        pids = list(among) if among is not None else self._newest_first()[::-1]
        return [pid for pid in pids if self._resolve(pid, descriptor) == inode]

    def forget(self, inodes: Iterable[int]) -> None:
        """Forget sockets that are closed."""
        for inode in inodes:
            self._closed.add(inode)
            self._places.pop(inode, None)
            self._missing.pop(inode, None)
        if len(self._closed) > _MAX_CLOSED:
            self._known.clear()
            self._closed.clear()

    def died(self, pid: int) -> None:
        """Forget a process: its number may be another's soon."""
        self._known.pop(pid, None)
        self._births.pop(pid, None)

    def _newest_first(self) -> list[int]:
        pids = self._pids()
        for pid in self._births.keys() - set(pids):
            del self._births[pid]
            self._known.pop(pid, None)
        for pid in pids:
            if pid not in self._births:
                self._births[pid] = birth(self._proc, pid)
        return sorted(pids, key=self._births.__getitem__, reverse=True)

    def _pids(self) -> list[int]:
        names = os.listdir(self._proc)  # noqa: PTH208 - names are what is wanted
        self.hidden = self.hidden or "1" not in names  # hidepid
        return [int(name) for name in names if name.isdecimal()]

    def _sockets(self, pid: int, *, trusting: bool) -> Iterable[tuple[int, str]]:
        """Yield the sockets (inode, descriptor) of a process.

        With `trusting` a descriptor that was a socket is still that one, unless that is closed.
        What is looked for again in vain may hide behind one that was used again.
        """
        try:
            numbers = descriptors(self._proc, pid)
        except PermissionError:
            self.hidden = True
            return
        known = self._known.get(pid) or array("Q")
        most = len(numbers) * _SPARSE + _FEW
        for descriptor in numbers:
            number = int(descriptor)
            inode = known[number] if trusting and number < len(known) else 0
            if not inode or inode in self._closed:
                inode = self._resolve(pid, descriptor)
                if number < most:
                    if number >= len(known):
                        known.extend([0] * (number + 1 - len(known)))
                    known[number] = inode
            if inode:
                yield inode, descriptor
        if any(known):
            self._known[pid] = known

    def _resolve(self, pid: int, descriptor: str) -> int:
        try:
            return socket_inode(self._proc, pid, descriptor)
        except PermissionError:
            self.hidden = True
            return 0

    def _put_off(self, missing: set[int], found: Container[int], now: float) -> None:
        """Look for what was not found later. Times fall on a grid, so that one look serves many."""
        self._missing = {n: retry for n, retry in self._missing.items() if n not in found}
        for inode in missing:
            before = self._missing.get(inode)
            delay = min(before.delay * 2, _LAST_RETRY) if before else _FIRST_RETRY
            self._missing[inode] = _Retry((now // delay + 1) * delay, delay)
