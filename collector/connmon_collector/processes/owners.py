"""Which process holds a socket: /proc/PID/fd, read as little as possible.

A look is taken only when a socket turns up whose holder is not known. It goes through the
newest processes first and ends as soon as everybody asked for is found. Of each process only
descriptors that were not seen before, or whose socket is gone, are resolved: listing one costs
a quarter of resolving it. Sockets that nobody seems to hold (another user's, the kernel's own)
are looked for again ever less often, and then without trust in what was remembered.
"""

import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

from connmon_collector.processes.descriptors import descriptors, socket_inode
from connmon_collector.processes.listing import Listing
from connmon_collector.processes.retries import Retries
from connmon_shared.text import clean


class Owner(NamedTuple):
    """The process that holds a socket."""

    pid: int = 0  # 0: not known
    name: str = ""


NOBODY = Owner()


class Owners:
    """Finds the holders of sockets by their inodes.

    Attributes:
        looks: how often processes were gone through.
    """

    def __init__(
        self, proc: Path = Path("/proc"), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.looks = 0
        self._proc = str(proc)
        self._listing = Listing(self._proc)
        self._owners: dict[int, Owner] = {}  # by inode
        self._descriptors: dict[int, dict[str, int]] = {}  # pid → descriptor → inode
        self._retries = Retries(clock)

    @property
    def hidden(self) -> bool:
        """Whether there are processes that we may not look into."""
        return self._listing.hidden

    def owner(self, inode: int) -> Owner:
        """Return the holder of a socket as far as it is known."""
        return self._owners.get(inode, NOBODY)

    def update(self, arrived: AbstractSet[int], present: Callable[[], set[int]]) -> set[int]:
        """Look for the holders of sockets that have none yet, and return those that changed.

        Args:
            arrived: inodes that were not in the dump before.
            present: returns all inodes in the dump; called only when processes are looked at.
        """
        pids = self._listing.pids()
        orphans = self._forget_dead(pids)
        due = self._retries.due()
        if not (orphans or due or arrived - self._owners.keys()):
            return set()
        inodes = present()
        orphans &= inodes
        self._prune(inodes)
        wanted = ((arrived - self._owners.keys()) | orphans | due) & inodes
        found = self._look(wanted, inodes, pids, trusting=not due) if wanted else {}
        self._owners.update(found)
        self._retries.forget(found)
        self._retries.put_off(wanted - found.keys())
        return found.keys() | orphans

    def _forget_dead(self, pids: list[int]) -> set[int]:
        """Forget processes that ended, and return the sockets that they were known to hold."""
        orphans = set()
        for pid in self._descriptors.keys() - set(pids):
            for inode in self._descriptors.pop(pid).values():
                if self.owner(inode).pid == pid:
                    del self._owners[inode]
                    orphans.add(inode)
        return orphans

    def _prune(self, inodes: set[int]) -> None:
        self._owners = {inode: who for inode, who in self._owners.items() if inode in inodes}
        self._retries.forget(self._retries.waiting - inodes)

    def _look(
        self, wanted: set[int], inodes: set[int], pids: list[int], *, trusting: bool
    ) -> dict[int, Owner]:
        self.looks += 1
        hoped = wanted | self._retries.waiting
        missing = set(wanted)
        found: dict[int, Owner] = {}
        for pid in self._listing.newest_first(pids):  # what is new, new ones hold
            if not missing:
                break
            known = self._descriptors.get(pid, {}) if trusting else {}
            held = self._sockets(pid, known, inodes)
            if not held:
                self._descriptors.pop(pid, None)
                continue
            self._descriptors[pid] = held
            mine = (hoped & set(held.values())) - found.keys()
            if mine:
                found.update(dict.fromkeys(mine, Owner(pid, self._name(pid))))
                missing -= mine
        return found

    def _sockets(self, pid: int, known: dict[str, int], inodes: set[int]) -> dict[str, int]:
        """Return the sockets of the dump that a process holds, by descriptor."""
        held = {}
        try:
            for descriptor in descriptors(self._proc, pid):
                inode = known.get(descriptor, 0)
                if inode not in inodes:
                    inode = socket_inode(self._proc, pid, descriptor)
                if inode in inodes:
                    held[descriptor] = inode
        except PermissionError:
            self._listing.hidden = True
        return held

    def _name(self, pid: int) -> str:
        try:
            return clean(Path(self._proc, str(pid), "comm").read_bytes().rstrip(b"\n"))
        except (FileNotFoundError, ProcessLookupError):
            return ""  # it has ended meanwhile
