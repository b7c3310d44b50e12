"""Which processes hold sockets that no event has told the process of.

Events name the process of nearly every connection. What remains is what was there before us, what
one of several workers has accepted, and listening sockets, which may be shared: those are looked
for in /proc, the newest processes first. Of each process only descriptors that were not known to
be an open socket are resolved: listing one costs a quarter of resolving it.
"""

import itertools
import time
from array import array
from collections.abc import Callable, Collection, Container, Iterable

from connmon_collector.processes.descriptors import descriptors, socket_inode
from connmon_collector.processes.listing import Listing
from connmon_collector.processes.retries import Retries

_SHARE = 200  # a look that took 20 ms is followed by 4 s without one: 0.5 % of a core
_MAX_CLOSED = 100_000  # remembered; past that every descriptor is resolved anew
#: Numbers up to so many times the count of a process's descriptors are remembered, and a few: a
#: process with one descriptor and a high number must not cost megabytes.
_SPARSE, _FEW = 4, 256


class Holders:
    """Finds the holders of sockets by their inodes.

    Args:
        proc: where the processes are.
        clock: seconds.
    """

    def __init__(self, proc: str = "/proc", clock: Callable[[], float] = time.monotonic) -> None:
        self._proc = proc
        self._listing = Listing(proc)
        self._clock = clock
        self._known: dict[int, array[int]] = {}  # pid → inode by descriptor; 0: no socket
        self._places: dict[int, tuple[int, str]] = {}  # inode → (pid, descriptor), of servers
        self._retries = Retries(clock)
        self._closed: set[int] = set()  # their descriptors may be others' now
        self._not_before = 0.0

    @property
    def hidden(self) -> bool:
        """Whether there are processes that we may not look into."""
        return self._listing.hidden

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
        due = self._retries.due()
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
        self._retries.forget(found)
        self._retries.put_off(missing)
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

    def forget(self, inodes: Collection[int]) -> None:
        """Forget sockets that are closed."""
        for inode in inodes:
            self._closed.add(inode)
            self._places.pop(inode, None)
        self._retries.forget(inodes)
        if len(self._closed) > _MAX_CLOSED:
            self._known.clear()
            self._closed.clear()

    def died(self, pid: int) -> None:
        """Forget a process: its number may be another's soon."""
        self._known.pop(pid, None)
        self._listing.died(pid)

    def _newest_first(self) -> list[int]:
        pids = self._listing.pids()
        for pid in self._known.keys() - set(pids):
            del self._known[pid]
        return self._listing.newest_first(pids)

    def _sockets(self, pid: int, *, trusting: bool) -> Iterable[tuple[int, str]]:
        """Yield the sockets (inode, descriptor) of a process.

        With `trusting` a descriptor that was a socket is still that one, unless that is closed.
        What is looked for again in vain may hide behind one that was used again.
        """
        try:
            numbers = descriptors(self._proc, pid)
        except PermissionError:
            self._listing.hidden = True
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
            self._listing.hidden = True
            return 0
