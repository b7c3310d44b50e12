"""Which processes share a listening socket: all of them are its owners. Pure but for /proc.

Workers inherit it by being forked, so after one look at all processes only the children of those
that hold it need looking at, and the dead are struck off.
"""

from collections.abc import Callable, Iterable

from connmon_collector.sources.events.entry import Entry
from connmon_collector.sources.events.table import Table

#: (inode, processes to look at or None for all) → those of them that hold it
Sharers = Callable[[int, Iterable[int] | None], list[int]]
_MAX_HOLDERS = 256  # told of one socket


class Servers:
    """The listening sockets and their holders."""

    def __init__(self, table: Table, sharers: Sharers) -> None:
        self._table = table
        self._sharers = sharers
        self._holders: dict[int, set[int]] = {}  # by the entry's id
        self._entries: dict[int, Entry] = {}
        self._new: list[Entry] = []
        self._born: dict[int, set[int]] = {}  # children of holders that were not looked at yet

    def add(self, entry: Entry) -> None:
        """Look for all holders of a listening socket whose inode and owner are known now."""
        self._entries[entry.id] = entry
        self._hold(entry, set(self._sharers(entry.inode, None)))

    def forked(self, pid: int, parent: int) -> None:
        """Note a new process."""
        for number, holders in self._holders.items():
            if parent in holders or parent in self._born.get(number, ()):
                self._born.setdefault(number, set()).add(pid)

    def exited(self, pid: int) -> None:
        """Note that a process has ended."""
        for number, holders in self._holders.items():
            if pid in holders and number in self._entries:
                self._hold(self._entries[number], holders - {pid})

    def opened(self, entry: Entry) -> None:
        """Note that a socket listens whose inode is not known yet."""
        self._new.append(entry)

    def settle(self) -> bool:
        """Look whether new processes hold what their parents hold; forget what is closed.

        Returns:
            Whether a dump is needed, to get at the inodes of new ones.
        """
        for number in [n for n, entry in self._entries.items() if entry.ended]:
            del self._entries[number], self._holders[number]
        born, self._born = self._born, {}
        for number, pids in born.items():
            entry = self._entries.get(number)
            if entry is not None:
                found = self._sharers(entry.inode, pids)
                self._hold(entry, self._holders[number] | set(found))
        self._new = [entry for entry in self._new if not (entry.inode or entry.ended)]
        return bool(self._new)

    def _hold(self, entry: Entry, holders: set[int]) -> None:
        self._holders[entry.id] = holders
        several = tuple(sorted(holders)[:_MAX_HOLDERS]) if len(holders) > 1 else ()
        self._table.share(entry, several)
