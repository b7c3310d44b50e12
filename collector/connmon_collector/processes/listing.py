"""Which processes there are, and which of them are new."""

import os
from collections.abc import Iterable

from connmon_collector.processes.descriptors import birth


class Listing:
    """Lists the processes in `proc`.

    Attributes:
        hidden: whether there are processes that we may not see, or not look into.
    """

    def __init__(self, proc: str) -> None:
        self.hidden = False
        self._proc = proc
        self._births: dict[int, int] = {}  # by pid

    def pids(self) -> list[int]:
        """Return the numbers of all processes."""
        names = os.listdir(self._proc)  # noqa: PTH208 - names are what is wanted
        self.hidden = self.hidden or "1" not in names  # hidepid
        pids = [int(name) for name in names if name.isdecimal()]
        self._births = {pid: self._births[pid] for pid in pids if pid in self._births}
        return pids

    def newest_first(self, pids: Iterable[int]) -> list[int]:
        """Return these by when they began. Their numbers do not tell: those are used again."""
        return sorted(pids, key=self._birth, reverse=True)

    def died(self, pid: int) -> None:
        """Forget a process: its number may be another's soon."""
        self._births.pop(pid, None)

    def _birth(self, pid: int) -> int:
        if pid not in self._births:
            self._births[pid] = birth(self._proc, pid)
        return self._births[pid]
